"""Points: what is posted sums to zero, and a balance is its postings is what is left in its lots, never below zero."""

from deploy.verify.invariant import CUT, Within

NAMES = ("available", "held", "debt", "issued", "redeemed", "expired", "adjusted", "transferred", "lent")
ACCOUNTS = ", ".join(f"coalesce(sum(points) filter (where account = '{name}'), 0) as {name}" for name in NAMES)
SO_FAR = ", ".join(f"sum(m.{name}) over w as {name}_so_far" for name in ("available", "held", "debt"))

# Of each kind, which accounts it moves, and which way (L1): +, -, or either side of zero (>, <). What it does not name
# it leaves alone. A debt is negative in the postings: what comes in pays it first.
KINDS = {
    "earn": ({"issued": "-", "available": ">", "debt": ">"},),
    "grant": ({"issued": "-", "available": ">", "debt": ">"},),
    "reverse": ({"issued": "+", "expired": "<", "available": "<", "debt": "<"},),
    "withdraw": ({"issued": "+", "expired": "<", "available": "<", "debt": "<"},),
    "redeem": ({"redeemed": "+", "available": "-"},),
    "hold": ({"held": "+", "available": "-"},),
    "capture": ({"redeemed": "+", "held": "-"},),
    "release": ({"held": "-", "available": ">", "debt": ">"},),
    "reverse_redemption": ({"redeemed": "-", "available": ">", "debt": ">"},),
    "expire": ({"expired": "+", "available": "-"},),
    "adjust": ({"adjusted": "-", "available": ">", "debt": ">"}, {"adjusted": "+", "available": "-"}),
    "transfer": ({"transferred": "-", "available": ">", "debt": ">"}, {"transferred": "+", "available": "-"}),
    "borrow": ({"lent": "-", "available": "+"}, {"lent": "+", "available": "-"}),
    "give_back": ({"lent": "-", "available": ">", "debt": ">"}, {"lent": "+", "available": "-"}),
    "repay": ({"lent": "-", "available": ">", "debt": ">"}, {"lent": "+", "available": "-"}),
}
SIGNS = {"+": "> 0", "-": "< 0", ">": ">= 0", "<": "<= 0", "": "= 0"}
OF_KIND = "case e.kind {} end".format(
    " ".join(
        "when '{}' then {}".format(
            kind,
            " or ".join(
                "({})".format(" and ".join(f"m.{name} {SIGNS[way.get(name, '')]}" for name in NAMES)) for way in ways
            ),
        )
        for kind, ways in KINDS.items()
    )
)

INVARIANTS = (
    Within(
        "ledger_sums",
        "the postings of every entry, and of all together, sum to zero",
        ("loyalty",),
        checked="select count(*) from posting",
        offending="""
            select entry_id::text as entry, sum(points) as sum from posting group by entry_id having sum(points) <> 0
            union all
            select 'all', sum(points) from posting having sum(points) <> 0
        """,
    ),
    Within(
        "ledger_entries",
        "every entry has its postings and every posting its entry; entries count 1, 2, 3 … per customer",
        ("loyalty",),
        checked="select count(*) from entry",
        offending="""
            select e.customer_id, e.id as entry_id, e.number, 'no postings' as fault from entry e
            where not exists (select from posting p where p.entry_id = e.id and p.customer_id = e.customer_id)
            union all
            select p.customer_id, p.entry_id, null, 'no entry' from posting p
            where not exists (select from entry e where e.id = p.entry_id and e.customer_id = p.customer_id)
            union all
            select customer_id, null, a.entries, 'not 1..n' from wallet a
            full join (select customer_id, count(*) as entries, max(number) as last from entry group by customer_id) e
                using (customer_id)
            where coalesce(e.entries, 0) <> coalesce(a.entries, 0) or coalesce(e.last, 0) <> coalesce(a.entries, 0)
        """,
    ),
    Within(
        "ledger_balances",
        "every balance is the sum of its postings, is what is left in its lots and holds, and is not below zero",
        ("loyalty",),
        checked="select count(*) from wallet",
        offending="""
            with posted as (
                select customer_id,
                       coalesce(sum(points) filter (where account = 'available'), 0) as available,
                       coalesce(sum(points) filter (where account = 'held'), 0) as held,
                       -coalesce(sum(points) filter (where account = 'debt'), 0) as debt
                from posting group by customer_id
            ), lots as (
                select customer_id, sum(remaining) as remaining from lot group by customer_id
            ), holds as (
                select customer_id, sum(points) as points from hold where state = 'open' group by customer_id
            )
            select customer_id, a.available, a.held, a.debt, p.available as posted_available, p.held as posted_held,
                   p.debt as posted_debt, lots.remaining as in_lots, holds.points as in_holds
            from wallet a
            full join posted p using (customer_id)
            full join lots using (customer_id)
            full join holds using (customer_id)
            where coalesce(a.available, 0) <> coalesce(p.available, 0)
               or coalesce(a.held, 0) <> coalesce(p.held, 0)
               or coalesce(a.debt, 0) <> coalesce(p.debt, 0)
               or coalesce(a.available, 0) <> coalesce(lots.remaining, 0)
               or coalesce(a.held, 0) <> coalesce(holds.points, 0)
               or least(a.available, a.held, a.debt) < 0
        """,
    ),
    Within(
        "entry_balances",
        "the balances after every entry follow from those before it, by postings of the accounts of its kind",
        ("loyalty",),
        checked="select count(*) from entry",
        offending=f"""
            with moved as (
                select entry_id, {ACCOUNTS} from posting group by entry_id
            ), counted as (
                select e.id, e.customer_id, e.number, e.kind, e.points, e.available, e.held, e.debt,
                       m.available as available_moved, m.debt as debt_moved, {SO_FAR}, ({OF_KIND}) as of_kind,
                       -- borrowed points pass through a wallet that owes: they pay no debt of its own
                       (e.kind = 'borrow' and m.available > 0)
                       or coalesce(lead(e.kind) over w in ('give_back', 'borrow') , false) as passing
                from entry e join moved m on m.entry_id = e.id
                window w as (partition by e.customer_id order by e.number)
            )
            select id as entry_id, customer_id, number, kind, points, available, available_so_far, held, held_so_far,
                   debt, -debt_so_far as debt_so_far, of_kind from counted
            where points <> available_moved + debt_moved or available <> available_so_far or held <> held_so_far
               or debt <> -debt_so_far or least(available, held, debt) < 0
               or (available > 0 and debt > 0 and not passing)
               or of_kind is not true
        """,
    ),
    Within(
        "ledger_announced",
        "every entry was announced exactly once, with what it is about and the balances after it",
        ("loyalty",),
        checked="select count(*) from entry",
        offending=f"""
            with posted as materialized (  -- each payload is read once
                select payload::jsonb as p from outbox where type = 'loyalty.points_posted.v1'
            ), announced as (
                select (p ->> 'entry_id')::uuid as id, (p ->> 'points')::bigint as points,
                       (p ->> 'balance')::bigint as available, (p ->> 'held')::bigint as held,
                       (p ->> 'debt')::bigint as debt, (p ->> 'customer_id')::uuid as customer_id, p ->> 'kind' as kind,
                       (p ->> 'order_id')::uuid as order_id, (p ->> 'case_id')::uuid as case_id
                from posted
            )
            select id as entry_id, e.customer_id, e.number, 'not announced, or announced otherwise' as fault
            from entry e full join announced using (id)
            where e.id is null or (announced.id is null and e.recorded_at >= {CUT})
               or (announced.id is not null and (
                       e.points, e.available, e.held, e.debt, e.customer_id, e.kind, e.order_id, e.case_id
                   ) is distinct from (
                       announced.points, announced.available, announced.held, announced.debt, announced.customer_id,
                       announced.kind, announced.order_id, announced.case_id))
            union all
            select id, null, null, 'announced twice' from announced group by id having count(*) > 1
        """,
    ),
)
