"""P2, T10: the tier of the head of a group follows from the figures of all members where the policy says so.

Each case is driven through tiering's own handlers, compared with a history worked out by hand, and with the brute force
of `group_oracle`.
"""

import asyncio
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.tiering_svc.subscriptions import subscriptions
from shared.events import (
    CustomerReferenceRegistered,
    OrderPlaced,
    PaymentReceived,
    ReceivableIssued,
    TierChanged,
)
from shared.messaging import Database, new_id
from tests import harness
from tests.tiering_svc.events import placed, returned
from tests.tiering_svc.policy_documents import COLLECTION, item, scorecard
from tests.tiering_svc.reviews.policy_runs import movers_of, simulated
from tests.tiering_svc.runs import listed, put_in_force, reviewed
from tests.tiering_svc.shorthand import bands_document
from tests.tiering_svc.tiers.recorded_group import (
    CUSTOMERS,
    HEAD,
    LEAF,
    OTHER,
    SUB,
    Recorded,
    RecordedGroup,
    below,
)
from tests.tiering_svc.tiers.recorded_life import utc
from tests.tiering_svc.tiers.tier_life_oracle import Row

SERVICE = "tiering"
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
BANDS = (("silver", "200"), ("gold", "500"), ("platinum", "900"))
TOGETHER = {"groups": "together"}
A_YEAR = bands_document(*BANDS, lowest="basic", grace_months=0) | TOGETHER
A_MONTH = bands_document(*BANDS, lowest="basic", months=1, grace_months=0) | TOGETHER
LATER = bands_document(*BANDS, lowest="basic", grace_months=0, up_at_once=False) | TOGETHER
APART = bands_document(*BANDS, lowest="basic", grace_months=0)
PAID_IN_TIME = scorecard(
    item("amount", scale={"worst": "0", "best": "2000", "points": "20"}), COLLECTION, bands=("11", "18", "25")
) | TOGETHER  # fmt: skip


async def a_group(database: Database, document: dict[str, Any], now: str = "2026-06-01") -> RecordedGroup:
    """A policy in force since long ago; facts are recorded from `now` on."""
    recorded = RecordedGroup(database, BEGINNING)
    await recorded.begin()
    await recorded.activate(document)
    recorded.now = utc(now)
    return recorded


def rows(*expected: tuple[str, str, str, str | None]) -> list[Row]:
    return [Row(utc(since), tier, kind, previous) for since, tier, kind, previous in expected]


@pytest.mark.parametrize("order_of_arrival", list(permutations(range(4)))[::5])
async def test_P2_orders_of_all_members_raise_the_head_whatever_comes_first(
    database: Database, order_of_arrival: Sequence[int]
) -> None:
    """The head never ordered; members keep tiers of their own."""
    recorded = await a_group(database, A_YEAR)
    facts: list[Recorded] = [
        below(SUB, HEAD, utc("2026-01-01")), below(LEAF, SUB, utc("2026-01-02")),
        placed(SUB, utc("2026-02-01"), "300"), placed(LEAF, utc("2026-03-01"), "300"),
    ]  # fmt: skip
    for index in order_of_arrival:
        await recorded.record(facts[index])
    assert await recorded.history(HEAD) == rows(
        ("2026-02-01", "silver", "first", None), ("2026-03-01", "gold", "upgrade", "silver")
    )
    assert await recorded.history(SUB) == rows(("2026-02-01", "silver", "first", None))
    assert await recorded.history(LEAF) == rows(("2026-03-01", "silver", "first", None))
    await recorded.all_agree()


async def test_P2_where_the_policy_says_nothing_groups_are_graded_apart(database: Database) -> None:
    recorded = await a_group(database, APART)
    await recorded.record(below(SUB, HEAD, utc("2026-01-01")), placed(SUB, utc("2026-02-01"), "900"))
    assert await recorded.history(HEAD) == []
    await recorded.record(placed(HEAD, utc("2026-02-02"), "10"))
    assert await recorded.history(HEAD) == rows(("2026-02-02", "basic", "first", None))
    await recorded.all_agree()


async def test_P2_a_member_that_moves_raises_the_new_head_at_once_and_the_old_one_falls_at_a_review(
    database: Database,
) -> None:
    recorded = await a_group(database, A_YEAR)
    await recorded.record(below(SUB, HEAD, utc("2026-01-01")), placed(SUB, utc("2026-02-01"), "600"))
    await recorded.record(placed(OTHER, utc("2026-02-02"), "10"))
    await recorded.record(below(SUB, OTHER, utc("2026-04-01")))
    old = rows(("2026-02-01", "gold", "first", None))
    assert await recorded.history(HEAD) == old
    assert await recorded.history(OTHER) == rows(
        ("2026-02-02", "basic", "first", None), ("2026-04-01", "gold", "upgrade", "basic")
    )
    await recorded.review(utc("2026-04-30"))
    assert await recorded.history(HEAD) == [*old, *rows(("2026-04-30", "basic", "downgrade", "gold"))]
    await recorded.all_agree()


async def test_P2_a_head_that_goes_below_another_one_stands_alone_until_it_leaves_again(database: Database) -> None:
    recorded = await a_group(database, A_MONTH)
    await recorded.record(below(LEAF, SUB, utc("2026-01-01")), below(SUB, HEAD, utc("2026-03-01")))
    await recorded.record(
        placed(LEAF, utc("2026-02-10"), "600"), placed(LEAF, utc("2026-03-10"), "950"),
        below(SUB, None, utc("2026-03-20")),
    )  # fmt: skip
    assert await recorded.history(SUB) == rows(
        ("2026-02-10", "gold", "first", None), ("2026-03-20", "platinum", "upgrade", "gold")
    )
    assert await recorded.history(HEAD) == rows(("2026-03-10", "platinum", "first", None))
    await recorded.all_agree()


@pytest.mark.parametrize("order_of_arrival", list(permutations(range(4)))[::7])
async def test_K21_what_comes_back_of_a_members_order_is_corrected_though_the_member_left(
    database: Database, order_of_arrival: Sequence[int]
) -> None:
    recorded = await a_group(database, A_YEAR)
    order = placed(SUB, utc("2026-02-01"), "600")
    facts: list[Recorded] = [
        below(SUB, HEAD, utc("2026-01-01")), placed(HEAD, utc("2026-01-15"), "50"), below(SUB, None, utc("2026-03-01")),
        returned(order, utc("2026-03-15")),
    ]  # fmt: skip
    await recorded.record(order)
    ordered = [index for index in order_of_arrival if index in (0, 2)]  # a stream's own order holds
    arrival = iter(sorted(ordered))
    for index in order_of_arrival:
        await recorded.record(facts[next(arrival) if index in (0, 2) else index])
    assert await recorded.history(HEAD) == rows(
        ("2026-01-15", "basic", "first", None), ("2026-02-01", "basic", "correction", "gold")
    )
    await recorded.all_agree()


async def test_T10_where_the_policy_does_not_raise_at_once_a_review_looks_at_the_group(database: Database) -> None:
    recorded = await a_group(database, LATER)
    await recorded.record(placed(SUB, utc("2026-02-01"), "600"), below(SUB, HEAD, utc("2026-03-01")))
    assert await recorded.history(HEAD) == []
    run = await recorded.review(utc("2026-03-31"))
    assert await recorded.history(HEAD) == rows(("2026-03-31", "gold", "first", None))
    assert await listed(database, run) == [
        (HEAD, "placed", None, "gold", "gold"), (SUB, "up", "basic", "gold", "gold"),
    ]  # fmt: skip
    await recorded.all_agree()


async def test_T10_a_review_decides_heads_individually_and_finds_what_their_members_did(database: Database) -> None:
    """By months of its own the head would certainly stay; its member's late order is recorded after the review."""
    recorded = await a_group(database, A_MONTH)
    await recorded.record(
        below(SUB, HEAD, utc("2026-01-01")), placed(HEAD, utc("2026-03-02"), "250"),
        placed(SUB, utc("2026-03-03"), "300"),
    )  # fmt: skip
    await recorded.review(utc("2026-03-31"))
    await recorded.review(utc("2026-04-30"))
    assert await recorded.history(HEAD) == rows(
        ("2026-03-02", "silver", "first", None), ("2026-03-03", "gold", "upgrade", "silver"),
        ("2026-04-30", "basic", "downgrade", "gold"),
    )  # fmt: skip
    await recorded.record(placed(SUB, utc("2026-04-15"), "700"))
    assert await recorded.history(HEAD) == rows(
        ("2026-03-02", "silver", "first", None), ("2026-03-03", "gold", "upgrade", "silver")
    )
    await recorded.all_agree()


async def test_T9_one_event_announces_the_heads_history_from_where_it_changed(database: Database) -> None:
    recorded = await a_group(database, A_YEAR)
    await recorded.record(below(SUB, HEAD, utc("2026-01-01")), placed(SUB, utc("2026-03-01"), "300"))
    announced = await recorded.record(placed(SUB, utc("2026-02-01"), "300"))
    [of_head] = [event for event in announced if isinstance(event, TierChanged) and event.customer_id == HEAD]
    assert (of_head.changed_from, of_head.tier, of_head.effective_from) == (
        utc("2026-02-01"), "gold", utc("2026-03-01"),
    )  # fmt: skip
    assert [(period.tier, period.effective_from) for period in of_head.periods] == [
        ("silver", utc("2026-02-01")), ("gold", utc("2026-03-01")),
    ]  # fmt: skip


async def test_P2_payments_of_all_members_count_where_the_policy_looks_at_them(database: Database) -> None:
    """1,000 of one member are 10 points, of both 20; what both collect in 60 days is 8: gold, then platinum."""
    recorded = await a_group(database, PAID_IN_TIME)
    issued = [
        ReceivableIssued(
            receivable_id=new_id(), customer_id=member, amount=Decimal(100), issued_on=utc("2026-01-01").date(),
            due_on=utc("2026-03-01").date(), recorded_at=utc("2026-01-01"),
        )
        for member in (SUB, LEAF)
    ]  # fmt: skip
    paid = [
        PaymentReceived(
            payment_id=new_id(), receivable_id=r.receivable_id, customer_id=r.customer_id, amount=Decimal(100),
            outstanding=Decimal(0), paid_at=utc("2026-03-02"),
        )
        for r in issued
    ]  # fmt: skip
    await harness.deliver(database, subscriptions, [*issued, *paid], at=recorded.tick(), recorded_at=recorded.now)
    await recorded.record(below(SUB, HEAD, utc("2026-01-01")), below(LEAF, HEAD, utc("2026-01-01")))
    await recorded.record(placed(SUB, utc("2026-03-10"), "1000"), placed(LEAF, utc("2026-03-11"), "1000"))
    assert await recorded.history(HEAD) == rows(
        ("2026-03-10", "gold", "first", None), ("2026-03-11", "platinum", "upgrade", "gold")
    )
    assert await recorded.history(SUB) == rows(("2026-03-10", "gold", "first", None))


async def test_T9_a_simulation_and_its_review_see_the_same_figures_of_the_group(
    client: Any, database: Database
) -> None:
    now = datetime.now(UTC)
    await put_in_force(database, APART)
    await harness.deliver(
        database, subscriptions,
        [below(SUB, HEAD, now - 90 * DAY), placed(HEAD, now - 40 * DAY, "250"), placed(SUB, now - 30 * DAY, "300")],
    )  # fmt: skip
    body = {"name": {"en": "Test", "zh": "测试"}, "document": A_YEAR}
    draft = (await client.post("/v1/tier-policies", json=body)).json()["id"]
    run = await simulated(client, database, draft)
    assert [(m["customer_id"], m["outcome"], m["to_tier"]) for m in await movers_of(client, run)] == [
        (str(HEAD), "up", "gold")
    ]
    await put_in_force(database, A_YEAR)
    assert await listed(database, await reviewed(database, datetime.now(UTC))) == [
        (HEAD, "up", "silver", "gold", "gold")
    ]


async def test_T9_the_explanation_says_that_the_figures_are_the_groups(
    client: Any, database: Database, as_role: Any
) -> None:
    now, partner = datetime.now(UTC), UUID(int=77)
    await put_in_force(database, A_YEAR)
    await harness.deliver(
        database, subscriptions,
        [CustomerReferenceRegistered(customer_id=HEAD, source=f"partner:{partner}", registered_at=now),
         below(SUB, HEAD, now - 90 * DAY), placed(HEAD, now - 40 * DAY, "250"), placed(SUB, now - 30 * DAY, "300")],
    )  # fmt: skip
    explanation = (await client.get(f"/v1/customers/{HEAD}/tier/explanation")).json()
    assert (explanation["reasons"]["group"], explanation["reasons"]["value"]) == ({"members": 2}, "550")
    assert "its group, 2 customers together" in explanation["words"]
    tier = (await client.get(f"/v1/customers/{HEAD}/tier")).json()
    assert (tier["tier"], tier["value"], tier["next"]["missing"]) == ("gold", "550", "350")
    chinese = (await client.get(f"/v1/customers/{HEAD}/tier/explanation", params={"lang": "zh"})).json()
    assert "集团2个客户合计" in chinese["words"]
    headers = as_role("partner", partner_id=partner, scopes=["tiers:read"])
    shown = await client.get(f"/v1/customers/{HEAD}/tier/explanation", headers=headers)
    assert shown.status_code == 200
    assert not re.search(r"(?<![\w.:-])550(?![\w:-])", shown.text), "the figure, not a part of an id or an instant"
    assert "group" not in shown.json()["reasons"]
    tier = (await client.get(f"/v1/customers/{HEAD}/tier", headers=headers)).json()
    assert (tier["tier"], tier["value"], tier["next"]["missing"]) == ("gold", None, None)


async def test_P2_two_members_who_order_at_one_moment_both_count_for_the_head(database: Database) -> None:
    recorded = await a_group(database, A_YEAR)
    await recorded.record(below(SUB, HEAD, utc("2026-01-01")), below(LEAF, SUB, utc("2026-01-01")))
    orders = [placed(SUB, utc("2026-02-01"), "300"), placed(LEAF, utc("2026-02-02"), "300")]
    moves = [below(OTHER, LEAF, utc("2026-01-03")), placed(OTHER, utc("2026-02-03"), "400")]
    await asyncio.gather(
        *(harness.deliver(database, subscriptions, [event], at=recorded.now + DAY) for event in (*orders, *moves))
    )
    assert (await recorded.history(HEAD, recorded.now + 2 * DAY))[-1].tier == "platinum"


# --- random groups ---


class Step(NamedTuple):
    kind: str
    whose: int
    size: int
    days: int
    cut: bool


STEPS = st.lists(
    st.builds(
        Step, st.sampled_from(["order"] * 4 + ["back"] * 2 + ["group"] * 3 + ["review", "policy"]), st.integers(0, 3),
        st.integers(1, 24), st.sampled_from([*range(6), 20, 45, 75, 120]), st.booleans(),
    ), min_size=4, max_size=12,
)  # fmt: skip
DOCUMENTS = [A_YEAR, A_MONTH, LATER, APART]


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS, st.integers(0, 3), st.randoms(use_true_random=False))
def test_P2_K20_random_groups_in_any_order_of_arrival_equal_the_brute_force(
    run_in_loop: Any, databases: harness.Databases, steps: list[Step], policy: int, random: Any
) -> None:
    run_in_loop(play(databases, steps, policy, random))


async def play(databases: harness.Databases, steps: list[Step], policy: int, random: Any) -> None:
    async with databases.open(SERVICE, harness.migrations_of(SERVICE)) as database:
        recorded = await a_group(database, DOCUMENTS[policy])
        await record_steps(recorded, steps, random)


async def record_steps(recorded: RecordedGroup, steps: list[Step], random: Any) -> None:
    """Facts that may come in any order are shuffled; a customer's places in groups come in their own order, as its
    stream does, and what comes back after what went."""
    batch, last_move = list[Recorded](), dict[UUID, datetime]()
    orders, left = list[OrderPlaced](), dict[UUID, int]()
    for step in steps:
        noon = recorded.now.replace(hour=12, minute=0, second=0, microsecond=0)
        at, customer = noon - (step.days + 1) * DAY, CUSTOMERS[step.whose]
        if step.kind == "order":
            order = placed(customer, at, str(40 * step.size), quantity=4)
            orders.append(order)
            left[order.order_id] = 4
            batch.append(order)
        elif step.kind == "back" and orders:
            order = orders[step.size % len(orders)]
            if pieces := min(left[order.order_id], 1 + step.size % 4):
                left[order.order_id] -= pieces
                back_at = min(recorded.now, order.placed_at + step.days * DAY)
                part = str(order.amount * pieces / 4)
                batch.append(returned(order, back_at, quantity=pieces, amount=part))
        elif step.kind == "group" and step.whose and at > last_move.get(customer, BEGINNING):
            parents = [None, *CUSTOMERS[: step.whose]]
            last_move[customer] = at
            batch.append(below(customer, parents[step.size % len(parents)], at))
        if batch and (step.cut or step.kind in ("review", "policy")):
            await deliver(recorded, batch, random)
            batch = []
        if step.kind == "review" and all(review["as_of"] < at for review in recorded.reviews):
            await recorded.review(at)
        elif step.kind == "policy" and DOCUMENTS[step.size % 4] != recorded.policy:
            await recorded.activate(DOCUMENTS[step.size % 4])
        await recorded.all_agree()
    if batch:
        await deliver(recorded, batch, random)
    await recorded.all_agree()


async def deliver(recorded: RecordedGroup, batch: list[Recorded], random: Any) -> None:
    random.shuffle(batch)
    moves = sorted(
        (event for event in batch if hasattr(event, "effective_from")), key=lambda event: event.effective_from
    )
    kept = iter(moves)
    batch = [next(kept) if hasattr(event, "effective_from") else event for event in batch]
    went = [event for event in batch if isinstance(event, OrderPlaced)]
    rest = [event for event in batch if not isinstance(event, OrderPlaced)]
    await recorded.record(*(went + rest if random.random() < 0.5 else _orders_first(batch)))


def _orders_first(batch: list[Recorded]) -> list[Recorded]:
    """As they are, only that an order is before what came back of it."""
    return sorted(batch, key=lambda event: hasattr(event, "return_id"))
