"""SQL that grades a batch of customers at once (T10): who certainly stays is counted, the others are decided one by
one.

The tiers' `domain/review.py` is the truth; this only says for whom it needs not be called. A customer certainly stays
when nothing about it was recorded later than what counts, the open row is the one in force, no watch and no override is
on, and the sums of whole months give the same level. A property test holds it against the domain.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from services.tiering_svc.core.domain.calendar import first_month
from services.tiering_svc.core.repository.merged import has_merges, is_absorbed, is_merged
from services.tiering_svc.policies.domain.policy import Policy
from shared.messaging import Transaction

LAST = UUID(int=2**128 - 1)
SUMS = {  # what these indicators are, over the months of a window; unknown without orders where it is so in the domain
    "amount": "case when max(m.last_order_at) is not null then sum(m.amount) end",
    "orders": "coalesce(sum(m.orders), 0)",
    "margin": "sum(m.margin)",
    "largest_order": "max(m.largest_order)",
}


@dataclass(frozen=True, slots=True)
class ScreeningRequest:
    """What a batch is screened by: the policy with its cut-offs, and the run's two times."""

    policy: Policy
    as_of: datetime
    known_at: datetime
    last_month: date  # that of as_of
    regrades_later_orders: bool = False  # those after as_of are graded by another policy or cut-offs from now on
    grades_groups: bool = False  # a policy of some time grades heads of groups by all members

    @property
    def window(self) -> tuple[date, date]:
        """The first and the last month of the policy's window."""
        return first_month(self.last_month, self.policy.months), self.last_month


class StayingGroup(NamedTuple):
    """Customers of a tier who certainly stay where they are, and what they brought."""

    outcome: str  # kept, no_orders
    tier: str | None
    customers: int
    revenue: Decimal
    profit: Decimal | None
    profit_known_for: Decimal


class ScreenedBatch(NamedTuple):
    """The customers after one up to another: who certainly stays, and who has to be decided individually, in key
    order."""

    after: UUID | None
    end: UUID
    staying: list[StayingGroup]
    individual: list[UUID]


def can_screen(policy: Policy) -> bool:
    """Whether the policy grades by sums of whole months alone, so that SQL can do it."""
    return not policy.classes and not policy.conditions and policy.indicator in SUMS


async def find_end(tx: Transaction, after: UUID | None, size: int) -> UUID:
    """The last customer of a batch of so many; `LAST` when there are not that many left."""
    end: UUID | None = await tx.raw.fetchval(
        """select customer_id from standing where $1::uuid is null or customer_id > $1
           order by customer_id offset $2 limit 1""",
        after, size - 1,
    )  # fmt: skip
    return end or LAST


# $1, $2: after which customer, up to which; $3, $4: months; $5: as_of, $6: known_at.
SCAN = """
with sums as (
    select m.customer_id, {value} as value, max(m.last_order_at) as last_at, max(m.recorded_at) as known_from{figures}
    from indicator_month m
    where m.customer_id > $1 and m.customer_id <= $2 and m.month between $3 and $4
    group by m.customer_id
), batch as (
    select s.customer_id, s.tier, s.rank, s.ladder, s.known_from, {known} as value, u.last_at, {measures}
           s.since <= $5 and s.known_from <= $6 and s.below_since is null and s.overridden_until is null
               and (s.recovered_at is null or s.recovered_at <= $5){nothing_later}{unmerged} as steady,
           (u.customer_id is null or (u.last_at is null or u.last_at <= $5) and u.known_from <= $6)
               {alone}{unmerged} as settled
    from standing s left join sums u using (customer_id)
    where s.customer_id > $1 and s.customer_id <= $2{roots}
)
"""
# Heads of groups are graded by the figures of all members (P2), which the sums of their own months do not have.
ALONE = " and not exists (select from group_parent g where g.parent_id = s.customer_id)"
# A plan that knows no values merges two ranges of ids, 4 us a customer; one made for a short batch sometimes takes
# the sums for a single row and computes them once a customer (measured: 117 us).
BY_RANGE = "set local plan_cache_mode = force_generic_plan"
# Whom shares are counted of (T5), as `Policy.counts` says: a value that is not known is kept as null.
COUNTED = {"known": "value is not null", "buyers": "last_at is not null", "all": "(value is not null or has_file)"}
HAS_FILE = """exists (select from customer_file f where f.customer_id = s.customer_id
                   and f.opened_at <= $5 and f.recorded_at <= $6) or u.last_at is not null as has_file,"""
FIGURES = ", sum(m.amount) as revenue, sum(m.margin) as profit, sum(m.margin_known_amount) as profit_known_for"
GRADED = """
, graded as materialized (
    select *, case when tier is null and known_from is null and settled and last_at is null then 'no_orders'
                   when steady and settled and ladder = $7 and {grade} = rank then 'kept' end as outcome
    from batch
)
select outcome, case when outcome is not null then tier end, count(*)::int, {totals},
       array_agg(customer_id) filter (where outcome is null)
from graded group by 1, 2
"""
MEASURED = """
select array_agg(value) filter (where settled and {counted}),
       array_agg(customer_id) filter (where not settled), count(*)::int
from batch
"""


async def screen(
    tx: Transaction, request: ScreeningRequest, after: UUID | None, end: UUID, *, figures: bool
) -> ScreenedBatch:
    """The customers after one up to another, screened. `figures`: with what those who stay brought."""
    policy = request.policy
    grade, parameters = _grade(policy, 8)
    totals = "coalesce(sum(revenue), 0), sum(profit), coalesce(sum(profit_known_for), 0)" if figures else "0, null, 0"
    measures = "u.revenue, u.profit, u.profit_known_for," if figures else ""
    merges = await has_merges(tx)
    statement = _scan(request, measures, figures=figures, merges=merges) + GRADED.format(grade=grade, totals=totals)
    await tx.raw.execute(BY_RANGE)
    rows = await tx.raw.fetch(statement, *_parameters(request, after, end), policy.ladder, *parameters)
    staying = [StayingGroup(row[0], row[1], row[2], Decimal(row[3]), row[4], Decimal(row[5])) for row in rows if row[0]]
    return ScreenedBatch(after, end, staying, sorted(next((row[6] for row in rows if row[0] is None), ())))


async def measure(
    tx: Transaction, request: ScreeningRequest, after: UUID | None, end: UUID
) -> tuple[list[Decimal | None], list[UUID]]:
    """What a population's cut-offs are computed of (T5), of the customers after one up to another: the values (None:
    of somebody who counts though it is not known), and who has to be measured individually."""
    population = request.policy.population
    merges = await has_merges(tx)
    statement = _scan(request, HAS_FILE if population == "all" else "", figures=False, merges=merges)
    await tx.raw.execute(BY_RANGE)
    row = await tx.raw.fetchrow(
        statement + MEASURED.format(counted=COUNTED[population]), *_parameters(request, after, end)
    )
    assert row is not None  # an aggregate without groups
    return row[0] or [], row[1] or []


def _scan(request: ScreeningRequest, measures: str, *, figures: bool, merges: bool) -> str:
    """Only names from the tables above go into the text. Who was merged (P12) is decided individually, the root for all
    that are one with it as of the run's date."""
    policy = request.policy
    nothing_later = " and s.folded_until <= $5" if request.regrades_later_orders else ""
    assert policy.indicator is not None  # it can be screened
    value, known = SUMS[policy.indicator], "u.value"
    if policy.kind == "star" or policy.indicator == "orders":
        known = "coalesce(u.value, 0)"  # nothing ordered is known to be nothing
    if policy.kind == "star":  # the weakest of the full months; one without a row had no orders
        value = f"case when count(*) filter (where m.month < $4) = {policy.months - 1} " \
                "then min(m.amount) filter (where m.month < $4) else 0 end"  # fmt: skip
    return SCAN.format(
        value=value, known=known, figures=FIGURES if figures else "", measures=measures, nothing_later=nothing_later,
        alone=ALONE if policy.together else "",
        unmerged=f" and not {is_merged('s.customer_id')}" if merges else "",
        roots=f" and not {is_absorbed('s.customer_id', '$5', '$6')}" if merges else "",
    )  # fmt: skip


def _parameters(request: ScreeningRequest, after: UUID | None, end: UUID) -> Sequence[Any]:
    return (after or UUID(int=0), end, *request.window, request.as_of, request.known_at)


def _grade(policy: Policy, first: int) -> tuple[str, list[Decimal]]:
    """The bands as an expression; their beginnings are parameters from `$first` on."""
    reached = "<=" if policy.better == "less" else ">" if policy.kind == "star" else ">="
    bands = list(reversed(policy.bands or ()))  # the highest level first
    whens = [f"when value {reached} ${first + index}::numeric then {band.rank:d}" for index, band in enumerate(bands)]
    unknown = policy.rank_of(None)
    return f"case when value is null then {unknown:d} {' '.join(whens)} else 0 end", [band.start for band in bands]


async def list_batch(
    tx: Transaction, after: UUID | None, end: UUID, as_of: datetime, known_at: datetime | None
) -> list[UUID]:
    """The customers after one up to another, in key order; who was absorbed by then (P12), as known at an instant, is
    not one of them."""
    rows = await tx.raw.fetch(
        f"""select customer_id from standing where ($1::uuid is null or customer_id > $1) and customer_id <= $2
              and not {is_absorbed("customer_id", "$3", "$4")}
           order by customer_id""",
        after, end, as_of, known_at,
    )  # fmt: skip
    return [row[0] for row in rows]
