"""Who would qualify as a key account by the rules in force (T8): proposals for people to judge."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query

from services.tiering_svc.core.dependencies import AsOf, instant_or_now, not_for_partners
from services.tiering_svc.core.repository.as_of import PointInTime
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot, requests_as_of
from services.tiering_svc.indicators.repository.snapshots import load_snapshots
from services.tiering_svc.key_accounts.domain.rules import (
    HUNDRED,
    AccountRules,
    Criterion,
    Examination,
    examine,
    in_words,
    values_of,
)
from services.tiering_svc.key_accounts.repository import figures as account_figures
from services.tiering_svc.key_accounts.repository.rules import KEY_ACCOUNT_RULES
from services.tiering_svc.key_accounts.schemas import CandidateRead, CandidatesRead, ExaminationRead, KeyAccountKindCode
from shared.chassis import Cursor, Limit, Tx, allow, page_of, read_cursor, service_router
from shared.errors import not_found
from shared.messaging import Transaction
from shared.rule_sets import load_in_force

router = service_router(prefix="/v1/key-accounts", tags=["key accounts"], dependencies=[not_for_partners])

Language = Annotated[Literal["en", "zh"], Query(alias="lang")]


@router.get("/candidates", dependencies=[allow("tiers:read")])
async def list_candidates(
    tx: Tx, kind: KeyAccountKindCode = "economic", as_of: AsOf = None, language: Language = "en", cursor: Cursor = None,
    limit: Limit = 50,
) -> CandidatesRead:  # fmt: skip
    """Who meets the criterion of the kind and no exclusion rule, and is not one already nor nominated."""
    at = instant_or_now(as_of, tx, "/as_of")
    rules = (await load_in_force(tx, KEY_ACCOUNT_RULES)).rules
    criterion = next((one for one in rules.candidates if one.kind == kind), None)
    if criterion is None:
        raise not_found("no_criterion", "The rules in force propose nobody of this kind: people do.")
    seen = PointInTime(at, at, now=True)
    rows, following = await _ranked(tx, seen, rules, criterion, cursor, limit)
    known = await _known(tx, seen, rules, criterion, rows)
    everybody = await account_figures.read_everybody(tx, seen, rules.months)
    items = [
        found
        for customer_id, one in zip(rows, known, strict=True)
        if (found := _candidate(customer_id, one, everybody, rules, criterion, language)) is not None
    ]
    if criterion.top_percent is None:
        items.sort(key=lambda one: (-(one.amount or Decimal(0)), one.customer_id))
    return CandidatesRead(
        as_of=at, kind=kind, rules_version=rules.version, months=rules.months, passed_over=len(rows) - len(items),
        items=items, next=following,
    )  # fmt: skip


async def _ranked(
    tx: Transaction, seen: PointInTime, rules: AccountRules, criterion: Criterion, cursor: str | None, limit: int
) -> tuple[list[UUID], str | None]:
    """One page of those to look at: the first by amount, or (a group without a share) the heads of groups."""
    if criterion.kind == "group":
        after = read_cursor(cursor, UUID)
        roots = await account_figures.list_group_roots(
            tx, seen.as_of, criterion.kind, after[0] if after else None, limit + 1
        )
        page = page_of([*roots], limit, lambda one: (one,))
        return list(page.items), page.next
    ranked = await account_figures.list_ranked(
        tx, seen, rules.months, criterion.top_percent or HUNDRED, criterion.kind, read_cursor(cursor, Decimal, UUID),
        limit + 1,
    )  # fmt: skip
    shown = page_of(ranked, limit, lambda one: (one.amount, one.customer_id))
    return [one.customer_id for one in shown.items], shown.next


async def _known(
    tx: Transaction, seen: PointInTime, rules: AccountRules, criterion: Criterion, rows: Sequence[UUID]
) -> list[CustomerSnapshot]:
    if criterion.kind == "group":
        return [await account_figures.read_known(tx, one, seen.as_of, rules.months, group=True) for one in rows]
    return await load_snapshots(tx, requests_as_of(rows, seen.as_of, rules.months))


def _candidate(
    customer_id: UUID,
    known: CustomerSnapshot,
    everybody: Decimal,
    rules: AccountRules,
    criterion: Criterion,
    language: str,
) -> CandidateRead | None:
    values = values_of(known, everybody)
    because = examine(criterion, values)
    disqualifications: list[Examination] = [examine(rule, values) for rule in rules.disqualifications]
    if because.met is not True or any(finding.met for finding in disqualifications):
        return None
    return CandidateRead(
        customer_id=customer_id,
        kind=criterion.kind,
        amount=known.figures.amount,
        because=ExaminationRead.model_validate(because.as_data()),
        disqualifications_not_known=[finding.code for finding in disqualifications if finding.met is None],
        words=in_words(because.as_data(), language),
    )
