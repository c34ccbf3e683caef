"""Adjustments: loaded and saved under their customer's lock, summed up, and as they are shown."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date, timedelta
from uuid import UUID

from asyncpg import Record
from sqlalchemy import or_, select

from services.loyalty_svc.adjustments.domain import Adjustment, GrantedSettlement
from services.loyalty_svc.adjustments.tables import adjustment as adjustment_table
from services.loyalty_svc.adjustments.tables import settlement_move
from services.loyalty_svc.core.repository import Row, fetch_rows
from shared.authority import CountedPer, Gift
from shared.chassis import DataScope
from shared.errors import not_found
from shared.messaging import Transaction
from shared.sql import Upsert, insert_many

DECIDE = Upsert(replace=("state", "decided_by", "decided_at", "entry_id"))
COLUMNS = ", ".join(field.name for field in fields(Adjustment))
SUM = "select coalesce(sum(abs(points)), 0)::bigint from adjustment where alone and "


async def find_customers_of_adjustment(tx: Transaction, adjustment_id: UUID) -> list[UUID]:
    """Whose locks to take before the adjustment is loaded; nobody's when there is no such adjustment."""
    row: Record | None = await tx.raw.fetchrow(
        """select customer_id, to_customer, (select to_customer from settlement_move where resolution_id = $1
                                            order by step desc limit 1) as holder
           from adjustment where id = $1""",
        adjustment_id,
    )
    return [] if row is None else [customer for customer in row.values() if customer is not None]


async def load_adjustment(tx: Transaction, adjustment_id: UUID) -> Adjustment:
    """An adjustment to be decided, under its customers' locks and its own. 404 `adjustment_not_found`."""
    row: Record | None = await tx.raw.fetchrow(
        f"select {COLUMNS} from adjustment where id = $1 for update", adjustment_id
    )
    if row is None:
        raise not_found("adjustment_not_found", "There is no such adjustment.")
    return Adjustment(**{**dict(row), "limits_reached": tuple(row["limits_reached"])})


async def save_adjustment(tx: Transaction, adjustment: Adjustment, entry_id: UUID | None) -> None:
    """Store a new one, or what was decided about it."""
    decided_at = None if adjustment.state == "pending" else tx.at
    written = {"requested_at": tx.at, "decided_at": decided_at, "entry_id": entry_id}
    await insert_many(tx, adjustment_table, [adjustment], shared=written, on_conflict=DECIDE)


async def sum_given_alone(
    tx: Transaction, person: UUID, customers: Sequence[Sequence[UUID]], day: date, customer_days: int
) -> dict[CountedPer, Gift]:
    """What counts against an adjustment, by absolute value: all that the person gave on the day; and, of the customers,
    the greatest sum of what anybody adjusted or transferred, and this person granted, within these days. Each of the
    customers is all who are one."""
    of_person = await tx.raw.fetchval(f"{SUM} requester_id = $1 and counted_on = $2", person, day)
    of_customers = [
        await tx.raw.fetchval(
            f"""{SUM} (customer_id = any($1::uuid[]) or to_customer = any($1::uuid[])) and counted_on > $2
                and (kind <> 'settlement' or requester_id = $3)""",
            list(members), day - timedelta(days=customer_days), person,
        )
        for members in customers
    ]  # fmt: skip
    return {"day": Gift(of_person), "customer": Gift(max(of_customers))}


async def sum_settled_alone(
    tx: Transaction, person: UUID, members: Sequence[UUID], day: date
) -> dict[CountedPer, Gift]:
    """What counts against a settlement: settlements of the day that nobody approved, of the person and of the customer,
    which is all who are one."""
    settled = f"{SUM} kind = 'settlement' and counted_on = $2 and "
    return {
        "day": Gift(await tx.raw.fetchval(f"{settled} requester_id = $1", person, day)),
        "customer": Gift(await tx.raw.fetchval(f"{settled} customer_id = any($1::uuid[])", list(members), day)),
    }


async def list_known_settlements(tx: Transaction, resolution_ids: Sequence[UUID]) -> set[UUID]:
    """Those of these resolutions that were granted, held or refused here before."""
    rows = await tx.raw.fetch(
        "select id from adjustment where kind = 'settlement' and id = any($1::uuid[])", list(resolution_ids)
    )
    return {row["id"] for row in rows}


HOLDER = """
select a.id as resolution_id, a.case_id, a.points, a.occurred_at, coalesce(a.case_step, 0) as case_step,
       coalesce(m.to_customer, a.customer_id) as customer_id, coalesce(m.granted_by, a.entry_id) as entry_id
from adjustment a
left join lateral (select to_customer, granted_by from settlement_move m where m.resolution_id = a.id
                   order by m.step desc limit 1) m on true
"""


async def list_settlements_of_cases(tx: Transaction, case_ids: Sequence[UUID]) -> list[GrantedSettlement]:
    """The settlements of these cases where they are now, in the order of their resolutions; the cases are locked."""
    rows = await tx.raw.fetch(
        f"{HOLDER} where a.case_id = any($1::uuid[]) order by a.occurred_at, a.id", list(case_ids)
    )
    return [GrantedSettlement(**dict(row)) for row in rows]


async def find_holder(tx: Transaction, resolution_id: UUID) -> UUID:
    """Whose a settlement is now: the customer it was for, or whom its case turned out to be of."""
    [row] = await tx.raw.fetch(f"{HOLDER} where a.id = $1", resolution_id)
    holder: UUID = row["customer_id"]
    return holder


async def add_settlement_move(
    tx: Transaction, settlement: GrantedSettlement, to: UUID, step: int, entries: tuple[UUID, UUID] | None
) -> None:
    """Record that a settlement went to another customer, by which two entries where it had been granted."""
    row = {
        "resolution_id": settlement.resolution_id, "step": step, "case_id": settlement.case_id,
        "from_customer": settlement.customer_id, "to_customer": to, "points": settlement.points, "moved_at": tx.at,
        "withdrawn_by": entries[0] if entries else None, "granted_by": entries[1] if entries else None,
    }  # fmt: skip
    await insert_many(tx, settlement_move, [row])


async def list_adjustments(
    tx: Transaction,
    state: str | None,
    kind: str | None,
    members: Sequence[UUID] | None,
    before: UUID | None,
    limit: int,
    scope: DataScope,
) -> list[Row]:
    """Adjustments of a scope, the newest first, of one state, kind or customer if given; one row more than `limit`."""
    c = adjustment_table.c
    query = select(adjustment_table)
    if state is not None:
        query = query.where(c.state == state)
    if kind is not None:
        query = query.where(c.kind == kind)
    if members is not None:
        query = query.where(or_(c.customer_id.in_(members), c.to_customer.in_(members)))
    if scope.is_limited:
        receiver = or_(c.to_customer.is_(None), scope.clause("adjustment.to_customer"))
        query = query.where(scope.clause("adjustment.customer_id"), receiver)
    if before is not None:
        query = query.where(c.id < before)
    return await fetch_rows(tx, query.order_by(c.id.desc()).limit(limit + 1))


async def find_customer_of_adjustment(tx: Transaction, adjustment_id: UUID) -> UUID | None:
    """Whose points it changes; None where there is no such adjustment."""
    query = select(adjustment_table.c.customer_id).where(adjustment_table.c.id == adjustment_id)
    customer_id: UUID | None = (await tx.sql.execute(query)).scalar()
    return customer_id


async def find_adjustment(tx: Transaction, adjustment_id: UUID) -> Row:
    """One adjustment as it is shown; it has to exist."""
    query = select(adjustment_table).where(adjustment_table.c.id == adjustment_id)
    return dict((await tx.sql.execute(query)).mappings().one())
