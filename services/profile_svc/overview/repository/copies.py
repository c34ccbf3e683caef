"""Copies of other services' cases and receivables, kept so that the overview counts them right (G3)."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from services.profile_svc.overview.domain.cases import INSTANTS, STAGES, CaseCopy
from services.profile_svc.overview.domain.totals import ReceivableCopy
from services.profile_svc.overview.repository.overview import lock_or_open_overviews
from services.profile_svc.overview.tables import case_copy, receivable_copy
from shared.messaging import Transaction
from shared.sql import Upsert, insert_many, unnest

LATER_STEP = """excluded.customer_id is not null
    and (case_copy.customer_id is null or excluded.customer_step >= case_copy.customer_step)"""

# later instants and steps count, whatever order they come in
MERGE_CASES = Upsert(
    expressions={
        "customer_id": f"case when {LATER_STEP} then excluded.customer_id else case_copy.customer_id end",
        "customer_step": f"case when {LATER_STEP} then excluded.customer_step else case_copy.customer_step end",
        **{name: f"greatest(case_copy.{name}, excluded.{name})" for name in INSTANTS},
        "satisfaction": """case
            when excluded.satisfied_at >= case_copy.satisfied_at or case_copy.satisfied_at is null
            then coalesce(excluded.satisfaction, case_copy.satisfaction) else case_copy.satisfaction end""",
        "satisfied_at": "greatest(case_copy.satisfied_at, excluded.satisfied_at)",
    }
)

IS_OPEN = "opened_at is not null and (closed_at is null or opened_at > closed_at)"

ROUND = "coalesce(reopened_at, '-infinity')"

IS_OVERDUE = " or ".join(
    f"({breach} > {ROUND} and coalesce({done}, '-infinity') <= {ROUND})" for breach, done in STAGES
)

COUNT_CASES = f"""
insert into overview as o (customer_id, open_cases, overdue_cases, last_case_at, last_satisfaction, updated_at)
select given.customer_id,
       count(*) filter (where {IS_OPEN}),
       count(*) filter (where {IS_OPEN} and ({IS_OVERDUE})),
       max(filed_at),
       (array_agg(satisfaction order by satisfied_at desc, case_id) filter (where satisfaction is not null))[1],
       $2::timestamptz
from {unnest("given", customer_id=case_copy.c.customer_id)}
left join case_copy on case_copy.customer_id = given.customer_id
group by given.customer_id order by given.customer_id
on conflict (customer_id) do update set
    open_cases = excluded.open_cases, overdue_cases = excluded.overdue_cases, last_case_at = excluded.last_case_at,
    last_satisfaction = excluded.last_satisfaction, updated_at = excluded.updated_at
"""

KNOWN = "select customer_id from overview where customer_id = any($1::uuid[])"

REPLACE_RECEIVABLES = Upsert(expressions={"due_on": "coalesce(excluded.due_on, receivable_copy.due_on)"})

SUM_RECEIVABLES = f"""
insert into overview as o (customer_id, outstanding_amount, oldest_due_on, updated_at)
select given.customer_id, coalesce(sum(r.outstanding), 0), min(r.due_on), $2::timestamptz
from {unnest("given", customer_id=receivable_copy.c.customer_id)}
left join receivable_copy r on r.customer_id = given.customer_id and r.outstanding > 0
group by given.customer_id order by given.customer_id
on conflict (customer_id) do update set
    outstanding_amount = excluded.outstanding_amount, oldest_due_on = excluded.oldest_due_on,
    updated_at = excluded.updated_at
"""


async def delete_copies(tx: Transaction, customer_ids: Sequence[UUID]) -> None:
    """Delete the overviews of these customers with the cases and receivables they are counted from; of cases whose
    customer is not known, those of these ids."""
    await tx.raw.execute(
        "delete from case_copy where customer_id = any($1::uuid[]) or (customer_id is null and case_id = any($1))",
        customer_ids,
    )
    await tx.raw.execute("delete from receivable_copy where customer_id = any($1::uuid[])", customer_ids)
    await tx.raw.execute("delete from overview where customer_id = any($1::uuid[])", customer_ids)


async def list_cases(tx: Transaction, customer_ids: Sequence[UUID]) -> list[UUID]:
    """The cases of these customers."""
    rows = await tx.raw.fetch("select case_id from case_copy where customer_id = any($1::uuid[])", customer_ids)
    return [row["case_id"] for row in rows]


async def save_cases(tx: Transaction, by_case: Mapping[UUID, CaseCopy], former: Collection[UUID] = ()) -> None:
    """Merge what a batch says, then count again for the customers it concerns, those of `former` among them: whose
    these cases were taken for until then. Of these only who has an overview: an erased one gets none again."""
    copies = list(by_case.values())
    rows = await insert_many(tx, case_copy, copies, on_conflict=MERGE_CASES, returning=("customer_id",))
    known = [row["customer_id"] for row in await tx.raw.fetch(KNOWN, former)] if former else []
    concerned = sorted({*known, *(row["customer_id"] for row in rows if row["customer_id"] is not None)})
    if concerned:
        # their rows are not locked yet where the batch came under the cases' own keys
        await lock_or_open_overviews(tx, concerned)
        await tx.raw.execute(COUNT_CASES, concerned, tx.at)


async def save_receivables(tx: Transaction, by_receivable: Mapping[UUID, ReceivableCopy]) -> None:
    """Take over the state of each, then sum up again for the customers they are of."""
    copies = list(by_receivable.values())
    await insert_many(tx, receivable_copy, copies, on_conflict=REPLACE_RECEIVABLES)
    concerned = sorted({copy.customer_id for copy in copies})
    await lock_or_open_overviews(tx, concerned)
    await tx.raw.execute(SUM_RECEIVABLES, concerned, tx.at)
