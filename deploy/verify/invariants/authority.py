"""Four eyes: what one person gave alone stays within the limits that held, added up again; beyond them two decided.

Sums and limits are worked out here from the rows themselves and from the documents of the rules, not by the services'
own functions. A case that became a customer's only after something was given in it is left out of that customer's sum:
who linked it had authority for both, which the case's and the day's sums do not need.
"""

import unicodedata
from typing import Any
from uuid import UUID, uuid5

from deploy.verify.invariant import Invariant, Scan, Within
from deploy.verify.snapshots import Snapshots

PEOPLE = UUID("6f9e4e53-6a0a-5a35-9d53-1d0c7f3e9a11")  # the name space of the opaque ids of subjects

# The widest limit of the roles by which something was proposed alone; a limit that is not given is that of the role
# itself, or nothing, and 'unlimited' is none.
LIMITS = """
    given as (
        select p.id, p.case_id, p.points, p.amount, p.proposer_id, p.counted_on, p.roles, p.authority_version,
               c.customer_id, exists (select from case_step s where s.case_id = p.case_id
                                      and s.name = 'identification') as identified
        from proposal p join complaint_case c on c.id = p.case_id
        where p.approved_by is null and p.accepted is distinct from false and (p.points > 0 or p.amount > 0)
          and p.proposed_by is not null
    ), role_limits as (
        select g.id, (v.document ->> 'customer_days')::int as customer_days, v.document -> 'roles' -> role as own,
               coalesce(v.document -> 'roles' -> role -> 'day', v.document -> 'roles' -> role) as of_day
        from given g cross join lateral unnest(g.roles) as role
        left join rule_set_version v on v.kind = 'authority-rules' and v.version = g.authority_version
    ), limits as (
        select id, coalesce(max(customer_days), 30) as customer_days,
               max(case when own ->> 'points' = 'unlimited' then 'infinity' else coalesce(own ->> 'points', '0')
                   end::numeric) as points,
               max(case when own ->> 'amount' = 'unlimited' then 'infinity' else coalesce(own ->> 'amount', '0')
                   end::numeric) as amount,
               max(case when of_day ->> 'points' = 'unlimited' then 'infinity' else coalesce(of_day ->> 'points', '0')
                   end::numeric) as day_points,
               max(case when of_day ->> 'amount' = 'unlimited' then 'infinity' else coalesce(of_day ->> 'amount', '0')
                   end::numeric) as day_amount
        from role_limits group by id
    )
"""

SETTLEMENTS_ALONE = f"""
    with {LIMITS}
    select g.id, 'a case' as counted, sum(o.points) as points, sum(o.amount) as amount
    from given g left join limits l using (id) join given o on o.case_id = g.case_id and o.id <= g.id
    group by g.id, l.points, l.amount
    having sum(o.points) > coalesce(l.points, 0) or sum(o.amount) > coalesce(l.amount, 0)
    union all
    select g.id, 'a customer', sum(o.points), sum(o.amount)
    from given g left join limits l using (id)
    join given o on o.customer_id = g.customer_id and o.id <= g.id and not o.identified
        and o.counted_on > g.counted_on - coalesce(l.customer_days, 30) and o.counted_on <= g.counted_on
    where not g.identified group by g.id, l.points, l.amount
    having sum(o.points) > coalesce(l.points, 0) or sum(o.amount) > coalesce(l.amount, 0)
    union all
    select g.id, 'a day of a person', sum(o.points), sum(o.amount)
    from given g left join limits l using (id)
    join given o on o.proposer_id = g.proposer_id and o.counted_on = g.counted_on and o.id <= g.id
    group by g.id, l.day_points, l.day_amount
    having sum(o.points) > coalesce(l.day_points, 0) or sum(o.amount) > coalesce(l.day_amount, 0)
"""

SETTLEMENTS_APPROVED = """
    select p.id, p.case_id, 'approved without a line of who decided what' as fault from proposal p
    left join settlement_approval a on a.id = p.id and a.case_id = p.case_id and a.state = 'approved'
        and a.points = p.points and a.amount = p.amount
        and a.requested_by = p.proposed_by and a.decided_by = p.approved_by
    where p.approved_by is not null and a.id is null
    union all
    select a.id, a.case_id, 'approved by who asked for it' from settlement_approval a
    where a.state = 'approved' and lower(trim(a.decided_by)) = lower(trim(a.requested_by))
    union all
    select a.id, a.case_id, 'approved, and never proposed' from settlement_approval a
    where a.state = 'approved' and not exists (select from proposal p where p.id = a.id and p.approved_by is not null)
    union all
    select a.id, a.case_id, 'approved by who proposed something in the case before' from settlement_approval a
    join proposal p on p.case_id = a.case_id and p.id < a.id and lower(trim(p.proposed_by)) = lower(trim(a.decided_by))
    where a.state = 'approved'
"""

# The limits of the programme that was in force when it was asked for; what a document does not say is as shipped.
PROGRAMME = """
    programme as (
        select effective_from, coalesce(effective_to, 'infinity') as effective_to,
               coalesce((document -> 'limits' ->> 'customer')::numeric, 1000) as customer,
               coalesce((document -> 'limits' ->> 'day')::numeric, 5000) as day,
               coalesce((document -> 'limits' ->> 'settlement')::numeric, 20000) as settlement,
               coalesce((document -> 'limits' ->> 'settlement_day')::numeric, 50000) as settlement_day,
               coalesce((document -> 'limits' ->> 'customer_days')::int, 30) as customer_days
        from rule_set_version where kind = 'programme' and effective_from is not null
    ), alone as (
        select a.*, p.customer, p.day, p.settlement, p.settlement_day, p.customer_days
        from adjustment a join programme p on p.effective_from <= a.requested_at and a.requested_at < p.effective_to
        where a.alone
    )
"""

# What is asked for at once is ordered by locks and not by instants; a settlement of just before may have come after.
ADJUSTMENTS_ALONE = f"""
    with {PROGRAMME}
    select a.id, 'a day of a person' as counted, sum(abs(o.points)) as points
    from alone a join alone o on o.requester_id = a.requester_id and o.counted_on = a.counted_on
        and (o.requested_at, o.id) <= (a.requested_at, a.id)
        and (o.kind <> 'settlement' or o.requested_at < a.requested_at - interval '5 s')
    where a.kind <> 'settlement' group by a.id, a.day having sum(abs(o.points)) > a.day
    union all
    select a.id, 'a customer', sum(abs(o.points)) from alone a
    cross join lateral (values (a.customer_id), (a.to_customer)) as whose(customer_id)
    join alone o on whose.customer_id in (o.customer_id, o.to_customer) and o.kind <> 'settlement'
        and o.counted_on > a.counted_on - a.customer_days and (o.requested_at, o.id) <= (a.requested_at, a.id)
    where a.kind <> 'settlement' group by a.id, whose.customer_id, a.customer having sum(abs(o.points)) > a.customer
    union all
    select null, 'settlements of a customer on a day: ' || customer_id, sum(points) from alone where kind = 'settlement'
    group by customer_id, counted_on having sum(points) > max(settlement)
    union all
    select null, 'settlements of a person on a day: ' || requester_id, sum(points) from alone where kind = 'settlement'
    group by requester_id, counted_on having sum(points) > max(settlement_day)
"""

ENTRIES = """
    select e.id, e.kind, e.points, a.state, a.points as decided from entry e
    full join (select * from adjustment where kind <> 'adjustment') a on a.entry_id = e.id
    left join lateral (  -- held for approval when its case turned out to be another customer's
        select to_customer from settlement_move m where m.resolution_id = a.id and m.granted_by is null
        order by step desc limit 1) m on true
    where (e.kind = 'grant' or e.kind = 'transfer' and e.points < 0 or a.entry_id is not null)
      and not exists (select from settlement_move m where m.granted_by = e.id)
      and (a.id is null or e.id is null or a.state <> 'posted' or a.points <> e.points
           or coalesce(m.to_customer, a.customer_id) <> e.customer_id
           or a.id is distinct from e.fact_id
           or e.kind <> case a.kind when 'settlement' then 'grant' else 'transfer' end)
"""

DECIDED = """
    select id, kind, requested_by, requester_id, decided_by, limits_reached, alone
    from adjustment where state = 'posted'
"""


async def _adjustments_by_two(snapshots: Snapshots) -> tuple[int, list[str]]:
    """What was posted beyond a limit was decided by another person than the one who asked for it, or granted it."""
    rows = await snapshots.now["loyalty"].fetch(DECIDED)
    return len(rows), [f"loyalty: {row['kind']} {row['id']} {fault}" for row in rows if (fault := _fault_of(row))]


def _fault_of(row: Any) -> str | None:
    from_a_case = row["kind"] == "settlement"
    if not from_a_case and row["requester_id"] != _person(row["requested_by"]):
        return "counts against another person than who asked for it"
    if row["alone"] or (from_a_case and not row["limits_reached"]):  # the second: approved in the case
        return "went beyond a limit, alone" if row["limits_reached"] else None
    if row["decided_by"] == row["requested_by"] or _person(row["decided_by"]) == row["requester_id"]:
        return "was approved by who asked for it"
    return None


def _person(subject: str) -> UUID:
    return uuid5(PEOPLE, unicodedata.normalize("NFKC", subject).strip().casefold())


INVARIANTS: tuple[Invariant, ...] = (
    Within(
        "settlements_within_authority",
        "what one person proposed alone in cases stays within the limits of its roles: of case, customer and day",
        ("complaint",),
        checked="select count(*) from proposal where approved_by is null",
        offending=SETTLEMENTS_ALONE,
    ),
    Within(
        "settlements_approved_by_two",
        "what went beyond the limits in a case was approved, as it is, by another person who proposed nothing in it",
        ("complaint",),
        checked="select count(*) from settlement_approval",
        offending=SETTLEMENTS_APPROVED,
    ),
    Within(
        "adjustments_within_limits",
        "what one person adjusted, transferred and granted alone stays within the programme's limits, counted together",
        ("loyalty",),
        checked="select count(*) from adjustment where alone",
        offending=ADJUSTMENTS_ALONE,
    ),
    Within(
        "given_points_have_a_decision",
        "every grant and transfer in the ledger is one that was decided, with its points, and the reverse",
        ("loyalty",),
        checked="select count(*) from adjustment where state = 'posted' and kind <> 'adjustment'",
        offending=ENTRIES,
    ),
    Scan(
        "adjustments_by_two",
        "whatever went beyond a limit was decided by another person than the one who asked for it or granted it",
        _adjustments_by_two,
    ),
)
