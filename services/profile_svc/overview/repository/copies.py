"""Copies of other services' cases and receivables, kept so that the overview counts them right (G3)."""

from collections.abc import Mapping
from uuid import UUID

from services.profile_svc.overview.domain.cases import INSTANTS, STAGES, CaseCopy
from services.profile_svc.overview.domain.totals import ReceivableCopy
from services.profile_svc.overview.repository.overview import lock_or_open_overviews
from shared.messaging import Transaction

MERGED = ",\n    ".join(f"{name} = greatest(c.{name}, excluded.{name})" for name in INSTANTS)

INSTANT_ARRAYS = ", ".join(f"${number}::timestamptz[]" for number in range(3, 3 + len(INSTANTS)))

SAVE_CASES = f"""
insert into case_copy as c (case_id, customer_id, {", ".join(INSTANTS)}, satisfied_at, satisfaction)
select * from unnest($1::uuid[], $2::uuid[], {INSTANT_ARRAYS},
                     ${3 + len(INSTANTS)}::timestamptz[], ${4 + len(INSTANTS)}::smallint[])
on conflict (case_id) do update set
    customer_id = coalesce(excluded.customer_id, c.customer_id),
    {MERGED},
    satisfaction = case when excluded.satisfied_at >= c.satisfied_at or c.satisfied_at is null
                        then coalesce(excluded.satisfaction, c.satisfaction) else c.satisfaction end,
    satisfied_at = greatest(c.satisfied_at, excluded.satisfied_at)
returning customer_id
"""

IS_OPEN = "opened_at is not null and (closed_at is null or opened_at > closed_at)"

ROUND = "coalesce(reopened_at, '-infinity')"

IS_OVERDUE = " or ".join(
    f"({breach} > {ROUND} and coalesce({done}, '-infinity') <= {ROUND})" for breach, done in STAGES
)

COUNT_CASES = f"""
insert into overview as o (customer_id, open_cases, overdue_cases, last_case_at, last_satisfaction, updated_at)
select customer_id,
       count(*) filter (where {IS_OPEN}),
       count(*) filter (where {IS_OPEN} and ({IS_OVERDUE})),
       max(filed_at),
       (array_agg(satisfaction order by satisfied_at desc, case_id) filter (where satisfaction is not null))[1],
       $2::timestamptz
from case_copy where customer_id = any($1::uuid[]) group by customer_id order by customer_id
on conflict (customer_id) do update set
    open_cases = excluded.open_cases, overdue_cases = excluded.overdue_cases, last_case_at = excluded.last_case_at,
    last_satisfaction = excluded.last_satisfaction, updated_at = excluded.updated_at
"""

SAVE_RECEIVABLES = """
insert into receivable_copy as r (receivable_id, customer_id, outstanding, due_on)
select * from unnest($1::uuid[], $2::uuid[], $3::numeric[], $4::date[])
on conflict (receivable_id) do update
    set outstanding = excluded.outstanding, due_on = coalesce(excluded.due_on, r.due_on)
"""

SUM_RECEIVABLES = """
insert into overview as o (customer_id, outstanding_amount, oldest_due_on, updated_at)
select a.customer_id, coalesce(sum(r.outstanding), 0), min(r.due_on), $2::timestamptz
from unnest($1::uuid[]) as a(customer_id)
left join receivable_copy r on r.customer_id = a.customer_id and r.outstanding > 0
group by a.customer_id order by a.customer_id
on conflict (customer_id) do update set
    outstanding_amount = excluded.outstanding_amount, oldest_due_on = excluded.oldest_due_on,
    updated_at = excluded.updated_at
"""


async def save_cases(tx: Transaction, by_case: Mapping[UUID, CaseCopy]) -> None:
    """Merge what a batch says, then count again for the customers it concerns."""
    ids = sorted(by_case)
    copies = [by_case[id] for id in ids]
    instants = [[getattr(copy, name) for copy in copies] for name in INSTANTS]
    rows = await tx.raw.fetch(
        SAVE_CASES, ids, [copy.customer_id for copy in copies], *instants,
        [copy.satisfied_at for copy in copies], [copy.satisfaction for copy in copies],
    )  # fmt: skip
    concerned = sorted({row["customer_id"] for row in rows if row["customer_id"] is not None})
    if concerned:
        # their rows are not locked yet where the batch came under the cases' own keys
        await lock_or_open_overviews(tx, concerned)
        await tx.raw.execute(COUNT_CASES, concerned, tx.at)


async def save_receivables(tx: Transaction, by_receivable: Mapping[UUID, ReceivableCopy]) -> None:
    """Take over the state of each, then sum up again for the customers they are of."""
    ids = sorted(by_receivable)
    copies = [by_receivable[id] for id in ids]
    await tx.raw.execute(
        SAVE_RECEIVABLES, ids, [copy.customer_id for copy in copies], [copy.outstanding for copy in copies],
        [copy.due_on for copy in copies],
    )  # fmt: skip
    concerned = sorted({copy.customer_id for copy in copies})
    await lock_or_open_overviews(tx, concerned)
    await tx.raw.execute(SUM_RECEIVABLES, concerned, tx.at)
