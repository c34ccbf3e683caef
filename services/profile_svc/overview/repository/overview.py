"""The overview in the database (G3): a hot path, so hand-written statements; one per batch of one type.

Every upsert goes through the customers in the order of their ids, the order in which `lock_overviews` took them.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, get_args
from uuid import UUID

from services.profile_svc.overview.domain.standing import OpenFacts
from services.profile_svc.overview.domain.totals import OrderTotals, ReversalTotals
from services.profile_svc.overview.tables import overview
from shared.chassis import Actor, DataScope
from shared.chassis.access.purpose import purpose_of_request
from shared.chassis.audit import name_in_trail
from shared.events import CustomerStageChanged, PointsPosted, SatisfactionMeasured, SettlementWithdrawn, TierChanged
from shared.messaging import Database, Transaction
from shared.sql import Upsert, insert_columns, unnest

Columns = Mapping[str, Sequence[Any]]
OpenColumn = Literal["open_warnings", "account_classes", "risk_flags"]  # of what lasts until it is ended

LOCK = "select from overview where customer_id = any($1::uuid[]) order by customer_id for no key update"

# a row that is there is locked and left as it is
LEAVE = Upsert(expressions={"updated_at": "overview.updated_at"}, where="false")

ADD_ORDERS = Upsert(
    add=("orders_count", "revenue_total"),
    expressions={
        "first_order_at": "least(overview.first_order_at, excluded.first_order_at)",
        "last_order_at": "greatest(overview.last_order_at, excluded.last_order_at)",
        # two orders of the same instant: the greater id is the last one
        "last_order_id": """case
            when overview.last_order_at > excluded.last_order_at then overview.last_order_id
            when overview.last_order_at = excluded.last_order_at
                then greatest(overview.last_order_id, excluded.last_order_id)
            else excluded.last_order_id end""",
    },
)
ADD_RETURNS = Upsert(
    add=("returns_count", "revenue_returned"),
    expressions={"last_return_at": "greatest(overview.last_return_at, excluded.last_return_at)"},
)
ADD_CANCELLATIONS = Upsert(add=("cancelled_count", "revenue_cancelled"))
KEEP_LAST_DELIVERY = Upsert(
    expressions={"last_delivery_at": "greatest(overview.last_delivery_at, excluded.last_delivery_at)"}
)
REPLACE = Upsert()
# of two answers of the same instant the greater one is the last, in every batch
KEEP_LAST_ANSWER = Upsert(
    where="overview.satisfaction_at is null or (overview.satisfaction_at, overview.satisfaction_index) < "
    "(excluded.satisfaction_at, excluded.satisfaction_index)"
)

KEEP_LAST_WITHDRAWAL = Upsert(
    where="overview.settlement_withdrawn_at is null or (overview.settlement_withdrawn_at, "
    "overview.settlement_withdrawn_points) < (excluded.settlement_withdrawn_at, excluded.settlement_withdrawn_points)"
)

END = {
    column: f"""
update overview o set {column} = o.{column} - string_to_array(given.ended, ' '), updated_at = $3::timestamptz
from {unnest("given", customer_id=overview.c.customer_id, ended="text")}
where o.customer_id = given.customer_id
"""
    for column in get_args(OpenColumn)
}

READ = """
with seen as (
    select c.id, c.kind, (c.facts -> 'names')::text as names, c.facts ->> 'region' as region,
           c.facts ->> 'industry' as industry, c.completeness, c.registered_at, c.root_id, o.*,
           o.open_warnings::text as warnings, o.account_classes::text as classes, o.risk_flags::text as risks,
           m.name as manager_name, m.phone_extension as manager_extension,
           case when o.oldest_due_on < $3 then (
               select sum(r.outstanding) from receivable_copy r
               where r.customer_id = c.id and r.outstanding > 0 and r.due_on < $3
           ) else 0 end as overdue_amount
    from customer c
    left join overview o on o.customer_id = c.id
    left join employee m on m.employee_id = o.account_manager
    where c.id = $1 and not exists (
        select from erased_customer e where e.customer_id = c.id and e.person_id is null
    ) and {within}
), trail as (
    insert into access_trail (at, actor, customer_id, action, purpose) select $4, $2, id, 'overview', $5 from seen
)
select * from seen
"""
READ_ANY = READ.format(within="true")  # the hot path puts no text together


async def lock_overviews(tx: Transaction, customer_ids: Sequence[UUID]) -> None:
    """Lock the rows of these customers that exist, in the order of their ids."""
    await tx.raw.execute(LOCK, customer_ids)


async def lock_or_open_overviews(tx: Transaction, customer_ids: Sequence[UUID]) -> None:
    """Lock the rows of these customers, and open those that are missing: before anything is counted up for them.

    A statement that counts and then waits for the row writes what it saw before the wait. One that comes after the lock
    sees all that was committed by then, and whoever counts later waits for it.
    """
    await _save(tx, {"customer_id": customer_ids}, LEAVE)


async def save_orders(tx: Transaction, by_customer: Mapping[UUID, OrderTotals]) -> None:
    """Add new orders to the overviews of their customers."""
    totals = by_customer.values()
    columns: Columns = {
        "customer_id": list(by_customer),
        "orders_count": [total.orders for total in totals],
        "revenue_total": [total.amount for total in totals],
        "first_order_at": [total.first_at for total in totals],
        "last_order_at": [total.last_at for total in totals],
        "last_order_id": [total.last_id for total in totals],
    }
    await _save(tx, columns, ADD_ORDERS)


async def save_returns(tx: Transaction, by_customer: Mapping[UUID, ReversalTotals]) -> None:
    """Add returns to the overviews of their customers."""
    totals = by_customer.values()
    columns: Columns = {
        "customer_id": list(by_customer),
        "returns_count": [total.times for total in totals],
        "revenue_returned": [total.amount for total in totals],
        "last_return_at": [total.last_at for total in totals],
    }
    await _save(tx, columns, ADD_RETURNS)


async def save_cancellations(tx: Transaction, by_customer: Mapping[UUID, ReversalTotals]) -> None:
    """Add cancellations to the overviews of their customers."""
    totals = by_customer.values()
    columns: Columns = {
        "customer_id": list(by_customer),
        "cancelled_count": [total.times for total in totals],
        "revenue_cancelled": [total.amount for total in totals],
    }
    await _save(tx, columns, ADD_CANCELLATIONS)


async def save_deliveries(tx: Transaction, by_customer: Mapping[UUID, datetime]) -> None:
    """Keep the latest delivery of each customer."""
    columns: Columns = {"customer_id": list(by_customer), "last_delivery_at": list(by_customer.values())}
    await _save(tx, columns, KEEP_LAST_DELIVERY)


async def save_tiers(tx: Transaction, by_customer: Mapping[UUID, TierChanged]) -> None:
    """Write the tier now; none where it was withdrawn (P12)."""
    changes = by_customer.values()
    columns: Columns = {
        "customer_id": list(by_customer),
        "tier": [None if change.withdrawn else change.tier for change in changes],
        "tier_rank": [None if change.withdrawn else change.rank for change in changes],
        "tier_since": [None if change.withdrawn else change.effective_from for change in changes],
        "tier_kind": [None if change.withdrawn else change.kind for change in changes],
    }
    await _save(tx, columns, REPLACE)


async def save_points(tx: Transaction, by_customer: Mapping[UUID, PointsPosted]) -> None:
    """Write the balance of points after the last posting."""
    postings = by_customer.values()
    columns: Columns = {
        "customer_id": list(by_customer),
        "points_balance": [posting.balance for posting in postings],
        "points_held": [posting.held for posting in postings],
        "points_debt": [posting.debt for posting in postings],
    }
    await _save(tx, columns, REPLACE)


async def save_open(tx: Transaction, column: OpenColumn, by_customer: Mapping[UUID, OpenFacts]) -> None:
    """Add what lasts until it is ended, by its id, or write over what is there of it."""
    columns: Columns = {"customer_id": list(by_customer), column: list(by_customer.values())}
    await _save(tx, columns, Upsert(expressions={column: f"overview.{column} || excluded.{column}"}))


async def save_ended(tx: Transaction, column: OpenColumn, by_customer: Mapping[UUID, Sequence[str]]) -> None:
    """Take what has ended, by its ids, off the overviews."""
    customers = sorted(by_customer)
    await tx.raw.execute(END[column], customers, [" ".join(by_customer[id]) for id in customers], tx.at)


async def save_stages(tx: Transaction, by_customer: Mapping[UUID, CustomerStageChanged]) -> None:
    """Write the stage and the relationship that the last sweep found."""
    changes = by_customer.values()
    columns: Columns = {
        "customer_id": list(by_customer),
        "life_stage": [change.stage for change in changes],
        "life_stage_since": [change.since for change in changes],
        "relationship": [change.relationship for change in changes],
    }
    await _save(tx, columns, REPLACE)


async def save_satisfaction(tx: Transaction, by_customer: Mapping[UUID, SatisfactionMeasured]) -> None:
    """Keep the latest answer of each customer: experience less expectation."""
    answers = by_customer.values()
    columns: Columns = {
        "customer_id": list(by_customer),
        "satisfaction_index": [answer.experience - answer.expectation for answer in answers],
        "satisfaction_at": [answer.answered_at for answer in answers],
    }
    await _save(tx, columns, KEEP_LAST_ANSWER)


async def save_withdrawals(tx: Transaction, by_customer: Mapping[UUID, SettlementWithdrawn]) -> None:
    """Keep the latest settlement that was taken back of each customer."""
    withdrawals = by_customer.values()
    columns: Columns = {
        "customer_id": list(by_customer),
        "settlement_withdrawn_points": [withdrawal.points for withdrawal in withdrawals],
        "settlement_withdrawn_at": [withdrawal.withdrawn_at for withdrawal in withdrawals],
    }
    await _save(tx, columns, KEEP_LAST_WITHDRAWAL)


async def _save(tx: Transaction, columns: Columns, on_conflict: Upsert) -> None:
    """Into the rows of customers, opened where they are missing."""
    await insert_columns(tx, overview, columns, shared={"updated_at": tx.at}, on_conflict=on_conflict)


async def write_account_managers(tx: Transaction, customer_ids: Sequence[UUID]) -> None:
    """Write who is the account manager of these customers now, as their teams say."""
    await tx.raw.execute(
        """insert into overview (customer_id, account_manager, updated_at)
           select customer_id, employee_id, $2 from team_assignment
           where customer_id = any($1::uuid[]) and role = 'account_manager' and released_at is null
           order by customer_id
           on conflict (customer_id) do update set account_manager = excluded.account_manager""",
        customer_ids,
        tx.at,
    )


async def find_overview(database: Database, customer_id: UUID, actor: Actor, today: date) -> Mapping[str, Any] | None:
    """One read with its own line in the access trail; a file nobody did anything with yet has an empty overview. Where
    `root_id` is not null the customer was merged, and this is its own part alone.

    One statement is a transaction by itself, all or nothing; a BEGIN and a COMMIT around it would be two round trips
    more on the path that a ringing telephone waits for.
    """
    now, statement = database.clock(), READ_ANY
    values: list[Any] = [customer_id, name_in_trail(actor), today, now, purpose_of_request.get()]
    if not actor.sees_every_customer:
        statement = READ.format(within=DataScope(actor, now).where("c.id", values))
    async with database.engine.connect() as sql:
        try:
            raw: Any = (await sql.get_raw_connection()).driver_connection
            row: Mapping[str, Any] | None = await raw.fetchrow(statement, *values)
        except BaseException:
            await sql.invalidate()  # whatever state it is in, nobody else gets it
            raise
    return row
