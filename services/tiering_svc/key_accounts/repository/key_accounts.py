"""SQL of key accounts and excluded customers (T8): nominations, classes in time, what a decision looks at."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.tiering_svc.core.repository.merged import is_absorbed, root_of
from services.tiering_svc.key_accounts.domain.key_account import AccountClass, Nomination, Situation
from shared.chassis import DataScope
from shared.customers import list_members
from shared.errors import not_found
from shared.messaging import Transaction

NOMINATION = """nomination_id, customer_id, class as class_code, kinds, reason, evidence, figures, nominated_by,
                nominated_at, status, decided_by, decided_at, note, override_reason, findings"""
CLASS = """class_id, customer_id, class as class_code, kinds, lower(effective) as since, upper(effective) as until,
           ended_by, end_cause, end_reason"""


async def add_nomination(tx: Transaction, nomination: Nomination) -> None:
    """A nomination that is open. A customer has one open nomination a class: an index sees to it."""
    await tx.raw.execute(
        """insert into nomination (nomination_id, customer_id, class, kinds, reason, evidence, figures, status,
               nominated_by, nominated_at)
           values ($1, $2, $3, $4, $5, $6::jsonb, $7::jsonb, $8, $9, $10)""",
        nomination.nomination_id, nomination.customer_id, nomination.class_code, list(nomination.kinds),
        nomination.reason, _json(nomination.evidence), _json(nomination.figures), nomination.status,
        nomination.nominated_by, nomination.nominated_at,
    )  # fmt: skip


async def find_nomination(tx: Transaction, nomination_id: UUID, class_code: str) -> Nomination:
    """A nomination for a class; 404 `nomination_not_found`."""
    row = await tx.raw.fetchrow(
        f"select {NOMINATION} from nomination where nomination_id = $1 and class = $2", nomination_id, class_code
    )
    if row is None:
        raise not_found("nomination_not_found", "There is no such nomination.")
    return _nomination(row)


async def find_customer_of_nomination(tx: Transaction, nomination_id: UUID) -> UUID | None:
    """Who is nominated; None where there is no such nomination."""
    customer_id: UUID | None = await tx.raw.fetchval(
        "select customer_id from nomination where nomination_id = $1", nomination_id
    )
    return customer_id


async def load_nomination(tx: Transaction, nomination_id: UUID, class_code: str) -> Nomination:
    """A nomination for a class, locked; the customer's lock comes first. 404 `nomination_not_found`."""
    row = await tx.raw.fetchrow(
        f"select {NOMINATION} from nomination where nomination_id = $1 and class = $2 for update",
        nomination_id,
        class_code,
    )
    if row is None:
        raise not_found("nomination_not_found", "There is no such nomination.")
    return _nomination(row)


async def list_nominations(
    tx: Transaction, class_code: str, status: str | None, customer_id: UUID | None,
    before: tuple[datetime, UUID] | None, limit: int, scope: DataScope,
) -> list[Nomination]:  # fmt: skip
    """The nominations for a class of customers in a scope (of one customer: of all who are one with it), newest
    first."""
    members = None if customer_id is None else (await list_members(tx, [customer_id]))[customer_id]
    values: list[Any] = [class_code, status, members, *(before or (None, None)), limit]
    rows = await tx.raw.fetch(
        f"""select {NOMINATION} from nomination
            where class = $1 and ($2::text is null or status = $2) and ($3::uuid[] is null or customer_id = any($3))
              and ($4::timestamptz is null or (nominated_at, nomination_id) < ($4, $5::uuid))
              and {scope.where("nomination.customer_id", values)}
            order by nominated_at desc, nomination_id desc limit $6""",
        *values,
    )
    return [_nomination(row) for row in rows]


async def save_decision(tx: Transaction, nomination: Nomination) -> None:
    """What has been decided about a nomination."""
    await tx.raw.execute(
        """update nomination set status = $2, decided_by = $3, decided_at = $4, note = $5, override_reason = $6,
               findings = $7::jsonb
           where nomination_id = $1""",
        nomination.nomination_id, nomination.status, nomination.decided_by, nomination.decided_at, nomination.note,
        nomination.override_reason, None if nomination.findings is None else _json(nomination.findings),
    )  # fmt: skip


async def load_situation(tx: Transaction, customer_id: UUID) -> Situation:
    """What a decision about a customer looks at, of all who are one with it. They are locked, so nobody else decides
    meanwhile."""
    members = (await list_members(tx, [customer_id]))[customer_id]
    rows = await tx.raw.fetch(
        f"""select distinct on (customer_id) {CLASS} from account_class
            where customer_id = any($1::uuid[]) order by customer_id, lower(effective) desc""",
        members,
    )
    waiting = await tx.raw.fetch(
        "select class from nomination where customer_id = any($1::uuid[]) and status = 'open'", members
    )
    last = sorted(map(_class, rows), key=lambda each: members.index(each.customer_id))
    present = [each for each in last if each.until is None]
    return Situation(
        current=present[0] if present else None,
        free_from=max((each.until for each in last if each.until is not None), default=None),
        open_classes=frozenset(row["class"] for row in waiting),
        others=tuple(present[1:]),
    )


async def add_class(tx: Transaction, opened: AccountClass) -> None:
    """The beginning of a customer's time in a class."""
    await tx.raw.execute(
        """insert into account_class (class_id, customer_id, class, kinds, effective, recorded_at)
           values ($1, $2, $3, $4, tstzrange($5, null), $6)""",
        opened.class_id, opened.customer_id, opened.class_code, list(opened.kinds), opened.since, tx.at,
    )  # fmt: skip


async def save_ended(tx: Transaction, ended: AccountClass) -> None:
    """The end of a customer's time in a class, by whom and why."""
    await tx.raw.execute(
        """update account_class set effective = tstzrange(lower(effective), $2), ended_by = $3, ended_at = $4,
               end_cause = $5, end_reason = $6
           where class_id = $1""",
        ended.class_id, ended.until, ended.ended_by, tx.at, ended.end_cause, ended.end_reason,
    )  # fmt: skip


async def find_class_at(tx: Transaction, members: Sequence[UUID], at: datetime) -> AccountClass | None:
    """The class that any of these, who are one (P12), was in at an instant: of several the first one's, then the one
    that began first; None: in none."""
    row = await tx.raw.fetchrow(
        f"""select {CLASS} from account_class where customer_id = any($1::uuid[]) and effective @> $2::timestamptz
            order by customer_id <> $3, lower(effective), class_id limit 1""",
        members,
        at,
        members[0] if members else None,
    )
    return None if row is None else _class(row)


async def list_classes(
    tx: Transaction, class_code: str, kind: str | None, as_of: datetime, after: UUID | None, limit: int,
    scope: DataScope,
) -> list[AccountClass]:  # fmt: skip
    """Who of a scope was in a class at an instant (and, as a key account, of a kind), by customer; of who are one (P12)
    the root alone, where it was in it."""
    values: list[Any] = [class_code, kind, as_of, after, limit]
    rows = await tx.raw.fetch(
        f"""select {CLASS} from account_class
            where class = $1 and ($2::text is null or $2 = any(kinds)) and effective @> $3::timestamptz
              and ($4::uuid is null or customer_id > $4)
              and not ({is_absorbed("account_class.customer_id")} and exists (
                  select from account_class r where r.class = $1 and r.effective @> $3::timestamptz
                    and r.customer_id = {root_of("account_class.customer_id")}))
              and {scope.where("account_class.customer_id", values)}
            order by customer_id limit $5""",
        *values,
    )
    return [_class(row) for row in rows]


async def list_history(tx: Transaction, members: Sequence[UUID]) -> list[AccountClass]:
    """All times in which any of these, who are one (P12), was a key account or excluded, oldest first."""
    rows = await tx.raw.fetch(
        f"select {CLASS} from account_class where customer_id = any($1::uuid[]) order by lower(effective), class_id",
        members,
    )
    return [_class(row) for row in rows]


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False)


def _nomination(row: Mapping[str, Any]) -> Nomination:
    values = dict(row)
    findings = values.pop("findings")
    return Nomination(
        **values | {"kinds": tuple(row["kinds"]), "evidence": tuple(row["evidence"])},
        findings=None if findings is None else tuple(findings),
    )


def _class(row: Mapping[str, Any]) -> AccountClass:
    return AccountClass(**dict(row) | {"kinds": tuple(row["kinds"])})
