"""Orders and returns through the handlers: the facts, their months, the history and its guards (T1, T10, K13, K18)."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any
from uuid import UUID

import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from services.tiering_svc import tables
from services.tiering_svc.indicators.domain.snapshot import SnapshotRequest
from services.tiering_svc.indicators.repository import order_facts as facts
from services.tiering_svc.subscriptions import subscriptions
from shared.events import CustomerRegistered, TierChanged
from shared.messaging import Database, new_id
from tests import harness
from tests.tiering_svc.events import cancelled, placed, returned
from tests.tiering_svc.invariants import broken_invariants
from tests.tiering_svc.shorthand import at

SERVICE = "tiering"
ANN, BOB = UUID(int=1), UUID(int=2)


async def query(database: Database, statement: str, *arguments: Any) -> list[Any]:
    return await database.run(lambda tx: tx.raw.fetch(statement, *arguments))


async def history(database: Database, customer: UUID = ANN) -> list[tuple[Any, ...]]:
    rows = await query(
        database,
        """select tier, kind, lower(effective), upper(effective) from tier_history
           where customer_id = $1 and superseded_at is null order by lower(effective)""",
        customer,
    )
    return [tuple(row.values()) for row in rows]


async def month(database: Database, first_day: date, customer: UUID = ANN) -> dict[str, Any]:
    [row] = await query(
        database, "select * from indicator_month where customer_id = $1 and month = $2", customer, first_day
    )
    return dict(row)


async def deliver(database: Database, *events: Any) -> list[TierChanged]:
    return await harness.deliver(database, subscriptions, events)  # type: ignore[return-value]


async def test_T10_the_first_order_places_the_customer_and_says_so(database):
    [changed] = await deliver(database, placed(ANN, at(1), "900"))
    assert (changed.customer_id, changed.previous_tier, changed.tier, changed.rank) == (ANN, None, "silver", 1)
    assert (changed.kind, changed.effective_from) == ("first", at(1))
    assert await history(database) == [("silver", "first", at(1), None)]
    assert await broken_invariants(database) == []


async def test_T1_an_order_counts_in_the_month_it_was_placed_less_what_came_back_of_it(database):
    order = placed(ANN, at(5, 3), "100", cost="6", quantity=10)
    await deliver(database, order, placed(ANN, at(6, 3), "40"))
    await deliver(database, returned(order, at(2, 4), quantity=4, amount="40"))
    march, april = await month(database, date(2026, 3, 1)), await month(database, date(2026, 4, 1))
    assert (march["orders"], march["amount"], march["largest_order"]) == (2, 100, 60)
    assert (march["margin"], march["margin_known_amount"]) == (24, 60)
    assert (march["returned_amount"], march["returned_count"]) == (0, 0)
    assert (april["orders"], april["returned_amount"], april["returned_count"]) == (0, 40, 1)
    assert await broken_invariants(database) == []


async def test_T1_an_order_that_came_back_whole_counts_no_more(database):
    order = placed(ANN, at(5), "100", cost="60")
    await deliver(database, order)
    await deliver(database, cancelled(order, at(6)))
    march = await month(database, date(2026, 3, 1))
    assert (march["orders"], march["amount"], march["margin"], march["largest_order"]) == (0, 0, None, None)
    assert (march["first_order_at"], march["returned_count"]) == (None, 1)


async def test_T1_a_margin_is_unknown_until_a_cost_is_known(database):
    await deliver(database, placed(ANN, at(5), "100"))
    assert (await month(database, date(2026, 3, 1)))["margin"] is None
    await deliver(database, placed(ANN, at(4), "50", cost="30"))
    march = await month(database, date(2026, 3, 1))
    assert (march["margin"], march["margin_known_amount"], march["amount"]) == (20, 50, 150)
    assert (march["first_order_at"], march["last_order_at"]) == (at(4), at(5))


@pytest.mark.parametrize("cuts", list(product([False, True], repeat=2)))
async def test_K13_at_every_split_into_batches(database, cuts):
    """+400, a return of 400, +200; the next level begins at 800: the +400, -400, +200 of K13, times 1.5."""
    big = placed(ANN, at(1), "600")
    events = [big, returned(big, at(2)), placed(ANN, at(3), "300")]
    batches: list[list[Any]] = [[]]
    for event, cut in zip(events, (False, *cuts), strict=True):
        if cut:
            batches.append([])
        batches[-1].append(event)
    for batch in batches:
        await deliver(database, *batch)
    assert await history(database) == [("basic", "first", at(1), None)]
    assert await broken_invariants(database) == []


async def test_K18_a_rise_whose_order_is_returned_is_corrected_from_its_date(database):
    base, big = placed(ANN, at(1), "100"), placed(ANN, at(5), "3000")
    await deliver(database, base, big)
    [correction] = await deliver(database, returned(big, at(9)))
    assert (correction.kind, correction.previous_tier, correction.tier) == ("correction", "gold", "basic")
    assert correction.effective_from == at(5)
    assert await history(database) == [("basic", "first", at(1), at(5)), ("basic", "correction", at(5), None)]
    [replaced] = await query(database, "select tier, superseded_at from tier_history where superseded_at is not null")
    assert replaced["tier"] == "gold"
    assert await broken_invariants(database) == []


async def test_K18_a_later_order_lifts_at_its_own_date(database):
    big, base, later = placed(ANN, at(5), "3000"), placed(ANN, at(1), "100"), placed(ANN, at(9), "900")
    await deliver(database, base, big, later)
    [change] = await deliver(database, returned(big, at(20)))
    assert change.changed_from == at(5)
    assert [(p.kind, p.tier, p.effective_from) for p in change.periods] == [
        ("correction", "basic", at(5)),
        ("upgrade", "silver", at(9)),
    ]
    assert (change.kind, change.tier, change.effective_from) == ("upgrade", "silver", at(9))
    assert await broken_invariants(database) == []


async def test_K18_two_returns_in_one_batch_are_taken_one_by_one(database):
    orders = [placed(ANN, at(1), "100"), placed(ANN, at(5), "900"), placed(ANN, at(9), "900")]
    await deliver(database, *orders)
    first, second = returned(orders[1], at(20)), returned(orders[2], at(21))
    [change] = await deliver(database, first, second)
    assert [(p.kind, p.tier, p.effective_from) for p in change.periods] == [
        ("correction", "basic", at(5)),
        ("correction", "basic", at(9)),
    ]
    assert await broken_invariants(database) == []


async def test_K8_a_customer_known_before_its_first_order_has_no_tier_yet(database):
    await deliver(database, CustomerRegistered(customer_id=ANN, kind="unknown", registered_at=at(1)))
    await deliver(database, CustomerRegistered(customer_id=ANN, kind="unknown", registered_at=at(1)))
    [row] = await query(database, "select tier from standing")
    assert row["tier"] is None
    [changed] = await deliver(database, placed(ANN, at(2), "5"))
    assert changed.kind == "first"


async def test_T10_a_late_order_is_judged_together_with_those_after_it(database):
    await deliver(database, placed(ANN, at(1, 1), "100"), placed(ANN, at(20), "600"))
    [changed] = await deliver(database, placed(ANN, at(5), "150"))
    assert (changed.kind, changed.tier, changed.effective_from) == ("upgrade", "silver", at(20))


async def test_the_tables_are_those_the_code_declares(database):
    rows = await query(
        database,
        """select table_name, column_name, is_nullable = 'YES' as nullable from information_schema.columns
           where table_schema = 'public'""",
    )
    nullable: dict[str, dict[str, bool]] = defaultdict(dict)
    for row in rows:
        nullable[row["table_name"]][row["column_name"]] = row["nullable"]
    for table in tables.metadata.sorted_tables:
        assert nullable[table.name] == {column.name: bool(column.nullable) for column in table.columns}, table.name


DAY = datetime(2025, 6, 1, 12, tzinfo=UTC)
ORDERS = st.tuples(
    st.just("order"), st.sampled_from([ANN, BOB]), st.integers(0, 420), st.integers(1, 60), st.booleans()
)
RETURNS = st.tuples(st.just("back"), st.integers(0, 20), st.integers(1, 4), st.integers(0, 90), st.booleans())


def events_of(facts_drawn: list[tuple[Any, ...]]) -> list[Any]:
    """Orders of four pieces, 20 to 1,200 in all; returns of some of the pieces that are left."""
    events: list[Any] = []
    orders: list[Any] = []
    left: dict[UUID, int] = {}
    for fact in facts_drawn:
        if fact[0] == "order":
            _, customer, day, size, with_cost = fact
            placed_at = DAY + timedelta(days=day)
            orders.append(placed(customer, placed_at, str(size * 20), cost="3" if with_cost else None, quantity=4))
            left[orders[-1].order_id] = 4
            events.append(orders[-1])
        elif orders:
            _, index, pieces, days, cancel = fact
            order = orders[index % len(orders)]
            pieces = min(pieces, left[order.order_id])
            if not pieces:
                continue
            back_at = order.placed_at + timedelta(days=days)
            if cancel and left[order.order_id] == 4:
                events.append(cancelled(order, back_at))
                pieces = 4
            else:
                amount = order.amount * pieces / 4
                events.append(returned(order, back_at, quantity=pieces, amount=str(amount)))
            left[order.order_id] -= pieces
    return events


async def outcome_in_batches(database: Database, events: list[Any], batches: list[int]) -> tuple[Any, ...]:
    await database.run(
        lambda tx: tx.raw.execute(
            "truncate order_fact, order_change, indicator_month, standing, tier_history, customer_source, stream_seen, "
            "stream_head, outbox cascade"
        )
    )
    position, size = 0, 0
    while position < len(events):
        size = batches[position % len(batches)]
        await deliver(database, *events[position : position + size])
        position += size
    changes: dict[UUID, list[tuple[Any, ...]]] = {ANN: [], BOB: []}  # what stands after the tails, however many
    for event in await harness.announced(database):
        standing = [row for row in changes[event.customer_id] if row[-1] < event.periods[0].effective_from]
        tail = [(p.previous_tier, p.tier, p.kind, p.effective_from) for p in event.periods]
        changes[event.customer_id] = standing + tail
    months = await query(database, "select * from indicator_month order by customer_id, month")
    standings = await query(
        database,
        "select customer_id, tier, rank, since, kind, retained_until, decided_until from standing order by customer_id",
    )
    return changes, [tuple(m.values()) for m in months], [tuple(s.values()) for s in standings]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.one_of(ORDERS, ORDERS, RETURNS), min_size=1, max_size=14),
    st.lists(st.integers(1, 6), min_size=1, max_size=5),
)
def test_T10_any_split_gives_the_same_figures_tiers_and_events(request, databases, drawn, batches):
    events = events_of(drawn)
    assume(events)
    loop_run = request.getfixturevalue("run_in_loop")

    async def both() -> None:
        async with databases.open(SERVICE, harness.migrations_of(SERVICE)) as database:
            one_by_one = await outcome_in_batches(database, events, [1])
            assert await broken_invariants(database) == []
            in_batches = await outcome_in_batches(database, events, batches)
            assert await broken_invariants(database) == []
            assert in_batches == one_by_one
            await compare_with_pandas(database, events)

    loop_run(both())


def table_of(events: list[Any], as_of: datetime) -> pd.DataFrame:
    """What is left of each order, by an independent way."""
    orders = {
        e.order_id: {
            "customer": e.customer_id, "placed_at": e.placed_at, "amount": float(e.amount), "pieces": 4,
            "cost": None if e.lines[0].unit_cost is None else 3.0,
        }
        for e in events if type(e).__name__ == "OrderPlaced"
    }  # fmt: skip
    for e in events:
        if type(e).__name__ != "OrderPlaced":
            orders[e.order_id]["amount"] -= float(e.amount)
            orders[e.order_id]["pieces"] -= e.lines[0].quantity
    frame = pd.DataFrame(orders.values())
    frame["margin"] = frame["amount"] - frame["cost"].astype(float) * frame["pieces"]
    return frame[(frame["pieces"] > 0) & (frame["placed_at"] <= as_of)]


async def compare_with_pandas(database: Database, events: list[Any]) -> None:
    """T1: the figures of twelve months as of some instant, counted by pandas from the events themselves."""
    as_of = DAY + timedelta(days=380)
    frame = table_of(events, as_of)
    frame = frame[frame["placed_at"] >= pd.Timestamp("2025-07-01", tz="UTC")]  # as_of is in June 2026
    for customer in (ANN, BOB):
        [(figures, last)] = await database.run(
            lambda tx, customer=customer: facts.list_figures(tx, [SnapshotRequest(customer, as_of, 12)])  # type: ignore[misc]
        )
        assert last == date(2026, 6, 1)
        own_orders = frame[frame["customer"] == customer]
        assert figures.orders == len(own_orders)
        assert figures.amount == Decimal(str(own_orders["amount"].sum() if len(own_orders) else 0))
        known = own_orders[own_orders["margin"].notna()]
        assert (figures.margin is None) == known.empty
        if not known.empty:
            assert float(figures.margin or 0) == pytest.approx(known["margin"].sum())
            assert float(figures.margin_known_amount) == pytest.approx(known["amount"].sum())
        if len(own_orders):
            assert float(figures.largest_order or 0) == own_orders["amount"].max()
            assert figures.last_order_at == own_orders["placed_at"].max()
            by_month = own_orders.groupby(own_orders["placed_at"].dt.strftime("%Y-%m"))["amount"].sum()
            assert {f"{m:%Y-%m}": float(v) for m, v in figures.monthly.items()} == by_month.to_dict()


async def test_no_event_names_anything_but_ids_codes_and_instants(database):
    await deliver(database, placed(ANN, at(1), "900"))
    [event] = await harness.announced(database)
    assert set(event.model_dump()) == set(TierChanged.model_fields)
    assert new_id() > event.change_id  # type: ignore[attr-defined]
