"""Customers by the million, made inside the database: months of orders, standings, history, positions (B7, B8).

Each has one order a month; what it brings puts it in a tier of the shipped policy of annual spend. One in a hundred
has earned more than its tier, one in a hundred has been below it for longer than the grace period: these move.
"""

import asyncio
from collections.abc import Iterator, Sequence
from uuid import UUID

import asyncpg

FULL = 1_000_000
MONTHS = 6  # July to December 2025; the policy's window is a year
REVIEWED_AS_OF = "2025-12-31T23:00:00+00:00"
POLICY = "0198c5a0-0000-7000-8000-000000000001"
TIERS = ("basic", "silver", "gold", "platinum")
FIRST = 0x0192F0000000  # ids are ordered by time, as Patron's are: a customer every 20 milliseconds

CUSTOMER = f"(lpad(to_hex({FIRST} + 20 * n::bigint), 12, '0') || '70008000000000000000')::uuid"
ROW = f"(lpad(to_hex({FIRST} + 20 * n::bigint), 12, '0') || '70018000000000000000')::uuid"
ORDER = f"(lpad(to_hex({FIRST} + 20 * n::bigint), 12, '0') || '700280000000000000' || lpad(to_hex(m), 2, '0'))::uuid"
AMOUNT = "(20 + n % 997)::numeric"  # of each month: 120 to 6,096 in the window
EARNED = f"(case when {MONTHS} * {AMOUNT} >= 4800 then 3 when {MONTHS} * {AMOUNT} >= 2400 then 2 " \
         f"when {MONTHS} * {AMOUNT} >= 800 then 1 else 0 end)"  # fmt: skip
RISES = f"(n % 100 = 7 and {EARNED} > 0)"
FALLS = f"(n % 100 = 57 and {EARNED} < 3)"
RANK = f"({EARNED} - {RISES}::int + {FALLS}::int)"
BEGAN = "timestamptz '2025-07-15T12:00Z'"
BELOW = "timestamptz '2025-10-31T23:00Z'"
LAST = "timestamptz '2025-12-15T12:00Z' + n % 86400 * interval '1 second'"  # the newest order
MONTH = f"generate_series(0, {MONTHS - 1}) m cross join generate_series(1, {{customers}}) n"

STATEMENTS = (
    f"""insert into standing (customer_id, tier, rank, since, row_id, kind, policy_id, policy_version, ladder,
            below_since, grace_until, known_from, first_known, folded_until, decided_until)
        select {CUSTOMER}, ('{{{{{",".join(TIERS)}}}}}'::text[])[{RANK} + 1], {RANK}, {BEGAN}, {ROW}, 'first',
               '{POLICY}', 1, '{"<".join(TIERS)}', case when {FALLS} then {BELOW} end,
               case when {FALLS} then {BELOW} + interval '1 month' end, {BEGAN}, {BEGAN}, {LAST},
               case when {FALLS} then {BELOW} else {BEGAN} end
        from generate_series(1, {{customers}}) n""",
    """insert into tier_watch (customer_id, below_since, grace_until, known_from)
        select customer_id, below_since, grace_until, below_since from standing
        where below_since is not null""",
    """insert into tier_history (id, customer_id, tier, rank, kind, effective, recorded_at, known_from, policy_id,
            policy_version, reasons)
        select row_id, customer_id, tier, rank, kind, tstzrange(since, null), since, since, policy_id, policy_version,
               jsonb_build_object('trigger', 'order', 'value', rank) from standing order by customer_id""",
    f"""insert into indicator_month (customer_id, month, orders, amount, margin, margin_known_amount, largest_order,
            first_order_at, last_order_at, recorded_at)
        select {CUSTOMER}, month, 1, {AMOUNT}, {AMOUNT} / 4, {AMOUNT}, {AMOUNT}, at, at, at
        from {MONTH}, lateral (select (date '2025-07-01' + make_interval(months => m))::date as month) d,
             lateral (select d.month + interval '14 days 12 hours' + n % 86400 * interval '1 second' as at) t""",
    f"""insert into order_fact (customer_id, placed_at, order_id, month, amount, margin, quantity, recorded_at)
        select {CUSTOMER}, at, {ORDER}, month, {AMOUNT}, {AMOUNT} / 4, 1, at
        from {MONTH}, lateral (select (date '2025-07-01' + make_interval(months => m))::date as month) d,
             lateral (select d.month + interval '14 days 12 hours' + n % 86400 * interval '1 second' as at) t""",
    f"""insert into stream_head (topic, key, seq, last_event_id, changed_at)
        select 'patron.tiering', {CUSTOMER}::text, 1, {ROW}, {BEGAN} from generate_series(1, {{customers}}) n""",
    f"""insert into stream_seen (topic, key, epoch, last_seq, last_event_id)
        select 'patron.intake', {CUSTOMER}::text, '{{epoch}}', {MONTHS}, {ROW}
        from generate_series(1, {{customers}}) n""",
)


async def fill(url: str, customers: int, epoch: UUID) -> None:
    """Write the customers into tiering's database at this URL, with positions of that epoch.

    Two statements at a time, without checking foreign keys and triggers: what is made here is sound.
    """
    standings, facts = STATEMENTS[:3] + STATEMENTS[5:], STATEMENTS[3:5]

    async def one_after_another(statements: Sequence[str]) -> None:
        connection = await asyncpg.connect(url)
        await connection.execute("set session_replication_role = replica; set synchronous_commit = off")
        for statement in statements:
            await connection.execute(statement.format(customers=customers, epoch=epoch))
        await connection.close()

    await asyncio.gather(one_after_another(standings), one_after_another(facts))
    connection = await asyncpg.connect(url)
    await connection.execute("vacuum analyze")
    await connection.execute("checkpoint")
    await connection.close()


def expected_tier_changes(customers: int) -> tuple[int, int]:
    """How many of them a review raises, and how many it lowers: counted here, not by what is measured."""
    rises = sum(_earned(n) > 0 for n in range(7, customers + 1, 100))
    falls = sum(_earned(n) < 3 for n in range(57, customers + 1, 100))
    return rises, falls


def _earned(n: int) -> int:
    return sum(MONTHS * (20 + n % 997) >= start for start in (800, 2400, 4800))


def sample(customers: int, how_many: int) -> Iterator[UUID]:
    """So many of them, spread over all, each once."""
    for number in range(how_many):
        yield UUID(f"{FIRST + 20 * (1 + number * 7919 % customers):012x}70008000000000000000")
