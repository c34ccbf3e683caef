"""The same facts end in the same history, whatever comes when (T10; K18, K20, K21, K22): the cases that once did not.

Each is driven through tiering's own handlers on a database, is compared with a history worked out by hand, and agrees
with the oracle.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from shared.events import TierChanged
from shared.messaging import Database
from tests import harness
from tests.tiering_svc.events import placed, returned
from tests.tiering_svc.reviews.policy_runs import a_draft, month_ago, replayed
from tests.tiering_svc.runs import listed
from tests.tiering_svc.shorthand import bands_document
from tests.tiering_svc.tiers.life_in_memory import LifeInMemory
from tests.tiering_svc.tiers.recorded_life import OrderFact, RecordedLife, utc
from tests.tiering_svc.tiers.tier_life_oracle import Row, Watch

SERVICE = "tiering"
ANN = UUID(int=1)
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
TWO_STEPS = bands_document(("silver", "50"), ("gold", "400"), lowest="basic")
GOLD_AT_550 = bands_document(("gold", "550"))
A_MONTH = bands_document(("gold", "550"), lowest="basic", months=1, grace_months=2)
KEPT = bands_document(("gold", "500"), ("platinum", "900"), lowest="basic", months=1, grace_months=0, keep_months=6)


async def life(database: Database, document: dict[str, Any], now: str) -> RecordedLife:
    """A policy in force since long ago; facts are recorded from `now` on."""
    recorded = RecordedLife(database, BEGINNING)
    await recorded.activate(document)
    recorded.now = utc(now)
    return recorded


def rows(*expected: tuple[str, str, str, str | None]) -> list[Row]:
    return [Row(utc(since), tier, kind, previous) for since, tier, kind, previous in expected]


@pytest.mark.parametrize("first_back", [0, 1])
@pytest.mark.parametrize("at_once", [True, False])
async def test_K21_two_orders_that_raised_step_by_step_and_came_back_leave_the_lowest_tier(
    database: Database, first_back: int, at_once: bool
) -> None:
    recorded = await life(database, TWO_STEPS, "2026-04-01")
    orders = [placed(ANN, utc("2026-01-10"), "60.00"), placed(ANN, utc("2026-02-10"), "400.00")]
    await recorded.record(*orders)
    assert [row.tier for row in await recorded.history(ANN)] == ["silver", "gold"]
    backs = [returned(orders[first_back], utc("2026-03-01")), returned(orders[1 - first_back], utc("2026-03-02"))]
    for batch in [backs] if at_once else [[back] for back in backs]:
        await recorded.record(*batch)
    lowest = rows(("2026-01-10", "basic", "correction", "silver"), ("2026-02-10", "basic", "correction", "gold"))
    assert await recorded.history(ANN) == lowest
    await recorded.record(placed(ANN, utc("2026-03-20"), "70"))
    assert await recorded.history(ANN) == [*lowest, *rows(("2026-03-20", "silver", "upgrade", "basic"))]
    await recorded.agrees()


@pytest.mark.parametrize("order_of_arrival", list(permutations(range(2))))
async def test_K20_an_order_of_last_year_and_one_of_this_year_in_both_orders(
    database: Database, order_of_arrival: Sequence[int]
) -> None:
    recorded = await life(database, GOLD_AT_550, "2026-11-20")
    orders = [placed(ANN, utc("2025-06-10"), "600"), placed(ANN, utc("2026-11-10"), "50")]
    for index in order_of_arrival:
        await recorded.record(orders[index])
    assert await recorded.history(ANN) == rows(("2025-06-10", "gold", "first", None))
    await recorded.agrees()


@pytest.mark.parametrize("order_of_arrival", [(2, 0, 1), *permutations(range(3))][:4])
async def test_K20_three_orders_that_arrive_third_first_second_begin_the_history_with_the_first(
    database: Database, order_of_arrival: Sequence[int]
) -> None:
    recorded = await life(database, GOLD_AT_550, "2026-02-01")
    orders = [
        placed(ANN, utc("2026-01-05"), "300"), placed(ANN, utc("2026-01-15"), "300"),
        placed(ANN, utc("2026-01-25"), "10"),
    ]  # fmt: skip
    for index in order_of_arrival:
        await recorded.record(orders[index])
    assert await recorded.history(ANN) == rows(
        ("2026-01-05", "silver", "first", None), ("2026-01-15", "gold", "upgrade", "silver")
    )
    await recorded.agrees()


async def test_K22_an_order_after_the_reviews_changes_no_review_before_it(database: Database) -> None:
    recorded = await life(database, bands_document(("gold", "550"), months=1, grace_months=0), "2026-05-01")
    await recorded.record(placed(ANN, utc("2026-01-10"), "600"))
    await recorded.review(utc("2026-01-31"))
    await recorded.review(utc("2026-02-28"))
    before = await recorded.history(ANN)
    assert before == rows(("2026-01-10", "gold", "first", None), ("2026-02-28", "silver", "downgrade", "gold"))
    await recorded.record(placed(ANN, utc("2026-03-10"), "600"))
    assert await recorded.history(ANN) == [*before, *rows(("2026-03-10", "gold", "upgrade", "silver"))]
    await recorded.agrees()


@pytest.mark.parametrize("review_first", [True, False])
async def test_K22_a_review_of_a_past_instant_ends_the_same_before_and_after_an_order_that_came_later(
    database: Database, review_first: bool
) -> None:
    recorded = await life(database, bands_document(("gold", "550"), months=1, grace_months=0), "2026-05-01")
    await recorded.record(placed(ANN, utc("2026-01-10"), "600"))
    if review_first:
        await recorded.review(utc("2026-02-28"))
    await recorded.record(placed(ANN, utc("2026-03-10"), "700"))
    if not review_first:
        await recorded.review(utc("2026-02-28"))
    assert await recorded.history(ANN) == rows(
        ("2026-01-10", "gold", "first", None), ("2026-02-28", "silver", "downgrade", "gold"),
        ("2026-03-10", "gold", "upgrade", "silver"),
    )  # fmt: skip
    await recorded.agrees()


async def test_K22_the_fold_takes_reviews_in_the_order_of_their_dates_whichever_came_first() -> None:
    """By the pure fold: the product applies no review before the last one that it applied."""
    in_memory = LifeInMemory(BEGINNING)
    await in_memory.activate(A_MONTH)
    in_memory.now = utc("2026-05-01")
    await in_memory.record(placed(ANN, utc("2026-01-10"), "600"))
    for as_of in ("2026-04-28", "2026-02-28", "2026-03-31"):
        await in_memory.review(utc(as_of))
    assert await in_memory.history(ANN) == rows(
        ("2026-01-10", "gold", "first", None), ("2026-04-28", "basic", "downgrade", "gold")
    )
    await in_memory.agrees()


async def test_K22_a_review_of_a_past_february_run_today_equals_its_back_test(client: Any, database: Database) -> None:
    """Orders of all five months are known before the first review runs; each review sees those of its own time."""
    shape: dict[str, Any] = {"lowest": "basic", "months": 2, "grace_months": 0, "up_at_once": False}
    bands = (("gold", "400"), ("platinum", "700"))
    recorded = RecordedLife(database, BEGINNING)
    await recorded.activate(bands_document(*bands, **shape))
    recorded.now = datetime.now(UTC)
    await recorded.record(
        *(
            placed(UUID(int=number), month_ago(months), str(100 * number + 100 * (number * months % 4)))
            for months in (11, 10, 9, 7, 5)
            for number in range(1, 9)
            if months == 11 or (number + months) % 4
        )
    )
    policy = await a_draft(client, *bands, **shape)
    back_test = await replayed(client, database, policy, 11, 9)
    runs = [await recorded.review(end) for end in month_ends(month_ago(9), 3)]
    url = f"/v1/tier-policies/{policy}/back-tests/{back_test['id']}/movers"
    items = (await client.get(url, params={"limit": 200})).json()["items"]
    outcomes = set()
    for months, run in zip((10, 9), runs[1:], strict=True):
        of_back_test = [
            (UUID(item["customer_id"]), item["outcome"], item["from_tier"], item["to_tier"])
            for item in items
            if item["month"].startswith(f"{month_ago(months):%Y-%m}") and not item["outcome"].endswith("_at_once")
        ]
        movers = [mover[:4] for mover in await listed(database, run)]
        assert movers == of_back_test
        outcomes |= {outcome for _, outcome, *_ in movers}
    assert outcomes == {"up", "down"}
    await recorded.agrees()


def month_ends(last: datetime, count: int) -> list[datetime]:
    """The last instants of so many months, `last`'s the last of them."""
    ends = []
    for back in range(count - 1, -1, -1):
        index = last.year * 12 + last.month - back
        ends.append(datetime.fromtimestamp(datetime(index // 12, index % 12 + 1, 1, tzinfo=UTC).timestamp() - 1, UTC))
    return ends


async def test_T10_a_retention_is_kept_when_a_rise_above_it_is_corrected(database: Database) -> None:
    recorded = await life(database, KEPT, "2026-01-26")
    base, above = placed(ANN, utc("2026-01-10"), "600"), placed(ANN, utc("2026-01-20"), "400")
    await recorded.record(base, above)
    assert (await recorded.watch(ANN)).retained_until == utc("2026-07-20")
    await recorded.record(returned(above, utc("2026-01-25")))
    assert (await recorded.watch(ANN)).retained_until == utc("2026-07-10")
    kept = rows(("2026-01-10", "gold", "first", None), ("2026-01-20", "gold", "correction", "platinum"))
    await recorded.pass_time(utc("2026-08-01"))
    await recorded.review(utc("2026-06-30"))
    assert await recorded.history(ANN) == kept
    await recorded.review(utc("2026-07-10"))
    assert await recorded.history(ANN) == [*kept, *rows(("2026-07-10", "basic", "downgrade", "gold"))]
    await recorded.agrees()


@pytest.mark.parametrize("reviewed_first", [True, False])
async def test_T10_a_grace_goes_on_when_the_order_that_ended_it_is_returned(
    database: Database, reviewed_first: bool
) -> None:
    recorded = await life(database, A_MONTH, "2026-03-25")
    first, rescue = placed(ANN, utc("2026-01-10"), "600"), placed(ANN, utc("2026-03-15"), "600")
    await recorded.record(first)
    if reviewed_first:
        await recorded.review(utc("2026-02-28"))
        assert (await recorded.watch(ANN))[:2] == (utc("2026-02-28"), utc("2026-04-28"))
    await recorded.record(rescue)
    if not reviewed_first:
        await recorded.review(utc("2026-02-28"))
    assert await recorded.watch(ANN) == Watch(None, None, None)
    await recorded.record(returned(rescue, utc("2026-03-20")))
    assert (await recorded.watch(ANN))[:2] == (utc("2026-02-28"), utc("2026-04-28"))
    await recorded.pass_time(utc("2026-05-01"))
    await recorded.review(utc("2026-04-28"))
    assert await recorded.history(ANN) == rows(
        ("2026-01-10", "gold", "first", None), ("2026-04-28", "basic", "downgrade", "gold")
    )
    await recorded.agrees()


async def test_T10_an_override_that_ends_at_the_same_rank_stays_correctable(database: Database) -> None:
    recorded = await life(database, TWO_STEPS, "2026-02-01")
    base, carried = placed(ANN, utc("2026-01-10"), "60"), placed(ANN, utc("2026-02-10"), "400")
    await recorded.record(base)
    await recorded.override(ANN, "gold", utc("2026-06-01"))
    recorded.now = utc("2026-02-11")
    await recorded.record(carried)
    recorded.now = utc("2026-03-01")
    await recorded.end_override(ANN)
    ended = recorded.of(ANN).overrides[0]["ended_at"]
    assert [row.kind for row in await recorded.history(ANN)] == ["first", "override"]
    await recorded.pass_time(utc("2026-03-05"))
    await recorded.record(returned(carried, utc("2026-03-04")))
    assert (await recorded.history(ANN))[2:] == [Row(ended, "silver", "correction", "gold")]
    await recorded.agrees()


async def last_announced(database: Database) -> TierChanged:
    *_, last = await harness.announced(database)
    assert isinstance(last, TierChanged)
    return last


async def test_K18_what_is_announced_is_the_tail_from_the_first_instant_that_changed(database: Database) -> None:
    recorded = await life(database, TWO_STEPS, "2026-04-01")
    orders = [placed(ANN, utc("2026-01-10"), "60"), placed(ANN, utc("2026-02-10"), "400")]
    await recorded.record(*orders)
    await recorded.record(returned(orders[1], utc("2026-03-01")))
    last = await last_announced(database)
    assert last.changed_from == utc("2026-02-10")
    assert [(p.tier, p.kind) for p in last.periods] == [("silver", "correction")]
    await recorded.record(returned(orders[0], utc("2026-03-02")))
    last = await last_announced(database)
    assert last.changed_from == utc("2026-01-10")
    assert [(p.previous_tier, p.tier, p.kind) for p in last.periods] == [
        ("silver", "basic", "correction"), ("gold", "basic", "correction")
    ]  # fmt: skip


RECEIVED = [arrival for arrival in permutations(range(5)) if arrival.index(0) < arrival.index(3)]
RECEIVED = [arrival for arrival in RECEIVED if arrival.index(1) < arrival.index(4)]  # nothing comes back before it went


async def test_K20_every_arrival_of_three_orders_and_what_came_back_of_two_ends_alike(database: Database) -> None:
    recorded = await life(database, TWO_STEPS, "2026-05-01")
    histories = []
    for number, arrival in enumerate(RECEIVED, 1):
        customer = UUID(int=number)
        orders = [
            placed(customer, utc("2026-01-10"), "60"), placed(customer, utc("2026-02-10"), "360", quantity=3),
            placed(customer, utc("2026-03-10"), "150"),
        ]  # fmt: skip
        facts: list[OrderFact] = [
            *orders,
            returned(orders[0]),
            returned(orders[1], utc("2026-03-20"), quantity=1, amount="120"),
        ]
        for index in arrival:
            await recorded.record(facts[index])
        histories.append(await recorded.history(customer))
    expected = rows(
        ("2026-01-10", "basic", "correction", "silver"), ("2026-02-10", "silver", "upgrade", "basic"),
        ("2026-03-10", "silver", "correction", "gold"),
    )  # fmt: skip
    assert histories == [expected] * 30
    await recorded.agrees()
