"""Reviews have two times (T10): asked again with the same `as_of` and `known_at`, whatever has come in since, a run
lists exactly the same movers; and the set-based screening hides none of them."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from services.tiering_svc.reviews.handlers import review_batches
from services.tiering_svc.reviews.repository import screening
from services.tiering_svc.reviews.repository.evaluations import EvaluationRun
from services.tiering_svc.reviews.repository.screening import LAST
from services.tiering_svc.subscriptions import subscriptions
from services.tiering_svc.tiers.domain.review import MOVES
from shared.messaging import Database, Transaction
from tests import harness
from tests.tiering_svc.events import placed, returned
from tests.tiering_svc.invariants import broken_invariants
from tests.tiering_svc.runs import broken_runs, ids, listed, put_in_force, reviewed
from tests.tiering_svc.shorthand import bands_document, level

SERVICE = "tiering"
CUSTOMERS = ids(4)
DAY = datetime(2026, 1, 1, 12, tzinfo=UTC)
FACTS = st.lists(
    st.tuples(
        st.sampled_from(["order", "order", "order", "back", "review"]),
        st.integers(0, 3),  # whose
        st.integers(0, 12),  # how much, in hundreds; which order, for a return
        st.integers(0, 20),  # days since the fact before it
        st.sampled_from([0, 0, 0, 3, 40]),  # recorded so many days after it happened
    ),
    min_size=3,
    max_size=14,
)
STARS = {
    "kind": "star",
    "levels": [level("no-star"), level("star3"), level("star4")],
    "indicator": "amount",
    "star": {"months": 2, "thresholds": [{"tier": "star3", "over": "100"}, {"tier": "star4", "over": "500"}]},
    "life": {"grace_months": 0},
}
ABC = {
    "kind": "abc",
    "levels": [level("c"), level("b"), level("a")],
    "indicator": "amount",
    "window": {"months": 3},
    "abc": {"by": "revenue", "shares": [
        {"tier": "a", "percent": "60"}, {"tier": "b", "percent": "30"}, {"tier": "c", "percent": "10"}]},
}  # fmt: skip
BANDS = bands_document(("gold", "300"), ("platinum", "700"), months=2)
BY_ORDERS = bands_document(("gold", "2"), months=1, grace_months=0) | {"indicator": "orders"}
KEPT = bands_document(("gold", "300"), months=1, grace_months=1, keep_months=2)
POLICIES = st.sampled_from([BANDS, BANDS, BY_ORDERS, KEPT, STARS, ABC])


class Clock:
    """Later at every look, so that what a run writes is later than what it knew."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


async def record(database: Database, steps: list[tuple[datetime, Any]]) -> None:
    """Record what happened, in that order: events, and reviews of the day before."""
    for recorded_at, event in steps:
        if event is None:
            database.clock = Clock(recorded_at)
            await reviewed(database, recorded_at - timedelta(days=1))
        else:
            await harness.deliver(database, subscriptions, [event], at=recorded_at, recorded_at=recorded_at)


def steps_of(facts: list[tuple[str, int, int, int, int]]) -> list[tuple[datetime, Any]]:
    steps: list[tuple[datetime, Any]] = []
    orders: list[Any] = []
    day = DAY
    for kind, whose, size, days, late in facts:
        day += timedelta(days=days, minutes=7)
        recorded_at = day + timedelta(days=late, seconds=1)
        if kind == "order":
            orders.append(placed(CUSTOMERS[whose], day, str(100 * size + 50)))
            steps.append((recorded_at, orders[-1]))
        elif kind == "review":
            steps.append((recorded_at, None))
        elif orders:
            steps.append((recorded_at + timedelta(hours=1), returned(orders.pop(size % len(orders)), day)))
    known: dict[UUID, datetime] = {}
    for index, (recorded_at, event) in enumerate(steps):  # a return is recorded after its order
        if event is not None:
            recorded_at = max(recorded_at, known.get(event.order_id, recorded_at) + timedelta(seconds=1))
            known[event.order_id] = recorded_at
            steps[index] = (recorded_at, event)
    return sorted(steps, key=lambda step: step[0])


async def screened(database: Database, run: EvaluationRun) -> None:
    """Nobody the screening waves through would move or change, and it counts each of them once."""

    async def compare(tx: Transaction) -> None:
        request, rules = await review_batches.basis_of(tx, run)
        _, _, staying, individual = await screening.screen(tx, request, None, LAST, figures=True)
        everybody = await screening.list_batch(tx, None, LAST, run.as_of, None)
        decisions = await review_batches.decide(tx, everybody, request, rules, run.run_id, placed_by={}, kept={})
        passed = [decided for decided in decisions if decided.before.customer_id not in individual]
        for decided in passed:
            assert decided.decision.outcome not in MOVES
            assert decided.decision.standing is decided.before
        assert sum(group.customers for group in staying) == len(passed)
        assert sum(group.revenue for group in staying) == sum(decided.snapshot.figures.amount for decided in passed)
        outcomes = Counter(decided.decision.outcome for decided in passed)
        for group in staying:
            outcomes[group.outcome] -= group.customers
        assert not any(outcomes.values())

    await database.run(compare)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FACTS, POLICIES, st.floats(0.2, 1), st.integers(0, 45), st.booleans())
def test_T10_a_run_repeated_later_lists_exactly_the_same_movers(
    run_in_loop, databases, monkeypatch, facts, document, share, days_ago, apply
):
    steps = steps_of(facts)
    assume(steps)
    cut = max(1, int(len(steps) * share))
    # What comes later was recorded later, too: a run waits for all that was recorded when it began.
    assume(cut == len(steps) or steps[cut][0] - steps[cut - 1][0] > timedelta(seconds=10))
    monkeypatch.setattr(review_batches, "BATCH", 3)

    async def both() -> None:
        async with databases.open(SERVICE, harness.migrations_of(SERVICE)) as database:
            policy = await put_in_force(database, document)
            await record(database, steps[:cut])
            known_at = steps[cut - 1][0] + timedelta(seconds=2)
            as_of = known_at - timedelta(days=days_ago, hours=3)
            database.clock = Clock(known_at + timedelta(seconds=1))
            two = {"known_at": known_at, "policy": policy}
            simulated = await reviewed(database, as_of, apply=False, **two)
            await screened(database, simulated)
            then = await listed(database, simulated)
            if apply:
                assert await listed(database, await reviewed(database, as_of, **two)) == then
            await record(database, steps[cut:])
            database.clock = Clock(steps[-1][0] + timedelta(days=1))
            later = await reviewed(database, as_of, **two)
            assert await listed(database, later) == then
            nobody = {"no_orders": 0}  # who was not even known then is counted among those without orders
            assert later.outcomes | nobody == simulated.outcomes | nobody
            await screened(database, later)
            assert await broken_invariants(database) == []
            assert await broken_runs(database) == []

    run_in_loop(both())
