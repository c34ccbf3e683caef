"""Who would qualify as a key account by the rules in force (T8): proposals for people to judge."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.tiering_svc.core.dependencies import AsOf, instant_or_now
from services.tiering_svc.core.domain.numbers import HUNDRED
from services.tiering_svc.core.repository.as_of import PointInTime
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot
from services.tiering_svc.key_accounts.domain.audience import readable_parts
from services.tiering_svc.key_accounts.domain.rules import AccountRules, Criterion, examine, values_of
from services.tiering_svc.key_accounts.repository import figures as account_figures
from services.tiering_svc.key_accounts.repository.rules import KEY_ACCOUNT_RULES
from services.tiering_svc.key_accounts.schemas import CandidateRead, CandidatesRead, ExaminationRead, KeyAccountKindCode
from services.tiering_svc.key_accounts.texts import Language, describe_finding
from shared.chassis import (
    CurrentActor,
    Cursor,
    DataScope,
    Limit,
    Tx,
    allow,
    data_scope,
    page_of,
    read_cursor,
    service_router,
    staff_only,
)
from shared.chassis.audience import hidden_fields
from shared.errors import not_found
from shared.messaging import Transaction
from shared.rule_sets import load_in_force

router = service_router(prefix="/v1/key-accounts", tags=["key accounts"], dependencies=[staff_only])

LanguageQuery = Annotated[Language, Query(alias="lang")]


@router.get("/candidates", dependencies=[allow("tiers:read")])
async def list_candidates(
    tx: Tx, actor: CurrentActor, kind: KeyAccountKindCode = "economic", as_of: AsOf = None,
    language: LanguageQuery = "en", cursor: Cursor = None, limit: Limit = 50,
) -> CandidatesRead:  # fmt: skip
    """Who meets the criterion of the kind and no disqualifying rule, and is not one already nor nominated; who
    sees only accounts of their own gets those of them."""
    at = instant_or_now(as_of, tx, "/as_of")
    rules = (await load_in_force(tx, KEY_ACCOUNT_RULES)).rules
    criterion = next((criterion for criterion in rules.candidates if criterion.kind == kind), None)
    if criterion is None:
        raise not_found("no_criterion", "The rules in force propose nobody of this kind: people do.")
    point = PointInTime(at, at, now=True)
    customers, following = await _list_page(tx, point, rules, criterion, cursor, limit, data_scope(tx, actor))
    snapshots = await _load_snapshots(tx, point, rules, criterion, customers)
    total = await account_figures.sum_amounts(tx, point, rules.months)
    hidden = hidden_fields(actor)
    items = [
        candidate
        for customer_id, snapshot in zip(customers, snapshots, strict=True)
        if (candidate := _candidate(customer_id, snapshot, total, rules, criterion, language, hidden)) is not None
    ]
    if criterion.top_percent is None:
        items.sort(key=lambda candidate: (-(candidate.amount or Decimal(0)), candidate.customer_id))
    return CandidatesRead(
        as_of=at, kind=kind, rules_version=rules.version, months=rules.months,
        passed_over=len(customers) - len(items), items=items, next=following,
    )  # fmt: skip


async def _list_page(
    tx: Transaction,
    point: PointInTime,
    rules: AccountRules,
    criterion: Criterion,
    cursor: str | None,
    limit: int,
    scope: DataScope,
) -> tuple[list[UUID], str | None]:
    """One page of those to examine: the first by amount, or (of groups) the heads of groups; and the next cursor."""
    if criterion.kind == "group":
        after = read_cursor(cursor, UUID)
        roots = await account_figures.list_group_roots(
            tx, point.as_of, criterion.kind, after[0] if after else None, limit + 1, scope
        )
        page = page_of([*roots], limit, lambda customer_id: (customer_id,))
        return list(page.items), page.next
    ranked = await account_figures.list_ranked(
        tx, point, rules.months, criterion.top_percent or HUNDRED, criterion.kind, read_cursor(cursor, Decimal, UUID),
        limit + 1, scope,
    )  # fmt: skip
    shown = page_of(ranked, limit, lambda customer: (customer.amount, customer.customer_id))
    return [customer.customer_id for customer in shown.items], shown.next


async def _load_snapshots(
    tx: Transaction, point: PointInTime, rules: AccountRules, criterion: Criterion, customers: Sequence[UUID]
) -> list[CustomerSnapshot]:
    if criterion.kind == "group":
        return [
            await account_figures.load_account_snapshot(tx, customer_id, point.as_of, rules.months, group=True)
            for customer_id in customers
        ]
    return await account_figures.load_account_snapshots(tx, customers, point.as_of, rules.months)


def _candidate(
    customer_id: UUID,
    snapshot: CustomerSnapshot,
    total: Decimal,
    rules: AccountRules,
    criterion: Criterion,
    language: Language,
    hidden: AbstractSet[str],
) -> CandidateRead | None:
    """None: the customer does not meet the criterion, or meets a disqualifying rule."""
    values = values_of(snapshot, total)
    finding = examine(criterion, values)
    disqualifications = [examine(rule, values) for rule in rules.disqualifications]
    if finding.met is not True or any(disqualification.met for disqualification in disqualifications):
        return None
    because = readable_parts(finding.as_data(), hidden)
    return CandidateRead(
        customer_id=customer_id,
        kind=criterion.kind,
        amount=snapshot.figures.amount,
        because=ExaminationRead.model_validate(because),
        disqualifications_not_known=[
            disqualification.code for disqualification in disqualifications if disqualification.met is None
        ],
        words=describe_finding(because, language),
    )
