"""SQL of calls, and of who is ringing (G4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.profile_svc.calls.domain.call import Call
from services.profile_svc.calls.tables import call
from shared.chassis import Actor, data_scope
from shared.messaging import Transaction

MAX_MATCHES = 10

# an exact number hides those that only end alike
FIND_CALLERS = """
with exact as (
    select customer_id, true as exact from customer_phone where e164 = any($1::text[])
), alike as (
    select customer_id, false as exact from customer_phone
    where last_digits = $2::text and not exists (select from exact)
), caller as (
    select customer_id, bool_or(exact) as exact from (select * from exact union all select * from alike) a group by 1
)
select c.id, c.root_id, c.kind, c.facts::text as facts, c.version, c.registered_at, c.updated_at, caller.exact,
       o.tier, o.tier_rank, o.tier_since, o.tier_kind, coalesce(o.open_cases, 0) as open_cases,
       coalesce(o.overdue_cases, 0) as overdue_cases, coalesce(o.points_balance, 0) as points_balance,
       coalesce(o.points_debt, 0) as points_debt, o.last_satisfaction,
       o.open_warnings::text as warnings, o.account_classes::text as classes, o.risk_flags::text as risks,
       o.life_stage, o.life_stage_since, o.relationship, o.satisfaction_index, o.satisfaction_at,
       o.settlement_withdrawn_points, o.settlement_withdrawn_at,
       coalesce((select sum(r.outstanding) from receivable_copy r
                 where r.customer_id = c.id and r.outstanding > 0 and r.due_on < $3), 0) as overdue_amount
from caller join customer c on c.id = caller.customer_id left join overview o on o.customer_id = c.id
where {within}
order by o.tier_rank desc nulls last, o.last_order_at desc nulls last, c.id
limit $4
"""

STATISTICS = """
with waited as (
    select answered_at, ended_at, extract(epoch from answered_at - ringing_at)::float8 as seconds
    from call where ringing_at >= $1 and ringing_at < $2
)
select count(*) as calls,
       count(answered_at) as answered,
       count(*) filter (where seconds <= $3) as answered_in_time,
       count(*) filter (where answered_at is null and ended_at is not null) as missed,
       count(*) filter (where answered_at is null and ended_at is null) as ringing,
       percentile_cont(0.5) within group (order by seconds) as median_seconds
from waited
"""


@dataclass(frozen=True, slots=True)
class CallStatistics:
    """Counts of the calls that rang in a period; `median_seconds` from ring to answer, None when none was answered."""

    calls: int
    answered: int
    answered_in_time: int
    missed: int
    ringing: int
    median_seconds: float | None


async def list_callers(
    tx: Transaction, e164: Sequence[str], last_digits: str | None, actor: Actor, today: date
) -> list[Mapping[str, Any]]:
    """The files a number belongs to, highest tier first: exactly this number, else the same last eight digits. Those of
    members of a merged customer (P12), with its `root_id`, each with its own part."""
    values: list[Any] = [e164, last_digits, today, MAX_MATCHES]
    within = data_scope(tx, actor).where("c.id", values)
    rows: list[Mapping[str, Any]] = await tx.raw.fetch(FIND_CALLERS.format(within=within), *values)
    return rows


async def find_customer_of_number(tx: Transaction, e164: Sequence[str]) -> UUID | None:
    """Whose number it is, when it is exactly one customer's."""
    rows = await tx.raw.fetch(
        """select distinct coalesce(c.root_id, c.id) as customer_id
           from customer_phone p join customer c on c.id = p.customer_id where e164 = any($1::text[]) limit 2""",
        e164,
    )
    return rows[0]["customer_id"] if len(rows) == 1 else None


async def load_call(tx: Transaction, call_id: str, number: str, customer_id: UUID | None) -> Call:
    """The call, opened here when this is the first that is heard of it."""
    new = {"call_id": call_id, "number": number, "customer_id": customer_id, "recorded_at": tx.at}
    await tx.sql.execute(upsert(call).values(new).on_conflict_do_nothing())
    row = (await tx.sql.execute(select(call).where(call.c.call_id == call_id).with_for_update())).one()
    return Call(
        row.call_id, row.number, row.customer_id, row.agent, row.ringing_at, row.answered_at, row.ended_at
    )  # fmt: skip


async def save_call(tx: Transaction, changed: Call) -> None:
    """Write the states and the agent of a call."""
    await tx.sql.execute(
        update(call)
        .where(call.c.call_id == changed.call_id)
        .values(
            agent=changed.agent,
            ringing_at=changed.ringing_at,
            answered_at=changed.answered_at,
            ended_at=changed.ended_at,
        )
    )


async def read_statistics(tx: Transaction, since: datetime, until: datetime, in_time: int) -> CallStatistics:
    """Of calls that rang in [since, until); `in_time`: seconds within which an answer counts as in time."""
    row = await tx.raw.fetchrow(STATISTICS, since, until, float(in_time))
    assert row is not None
    return CallStatistics(**row)
