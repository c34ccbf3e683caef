"""While a review takes effect, customer by customer, orders go on arriving: wherever it stands, and however often its
process dies, every history ends as the fold of all facts (T10)."""

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any
from uuid import UUID

import pytest

from services.tiering_svc.policies import repository as policies
from services.tiering_svc.reviews.handlers import review_batches, reviews, run_steps
from services.tiering_svc.reviews.repository import evaluations
from services.tiering_svc.reviews.repository.evaluations import EvaluationRun, Mover
from services.tiering_svc.tiers.domain.history_change import StoredHistory, change_history
from services.tiering_svc.tiers.repository import history, lives, standings
from shared.events import OrderPlaced
from shared.messaging import Database, Transaction
from tests.tiering_svc.events import placed, returned
from tests.tiering_svc.invariants import broken_invariants
from tests.tiering_svc.runs import Worker, broken_runs, ids
from tests.tiering_svc.shorthand import bands_document
from tests.tiering_svc.tiers.random_lives import ABC
from tests.tiering_svc.tiers.recorded_life import RecordedLife, utc
from tests.tiering_svc.tiers.test_any_order import BEGINNING

SERVICE = "tiering"
CUSTOMERS = ids(9)
STRANGER = UUID(int=10)  # has a file, and no order yet
A_MONTH = bands_document(("gold", "550"), lowest="basic", months=1, grace_months=0)
AT_REVIEWS = bands_document(("gold", "550"), lowest="basic", months=1, grace_months=1, up_at_once=False)
KEPT = bands_document(("gold", "550"), ("platinum", "900"), lowest="basic", months=1, grace_months=0, keep_months=2)
POLICIES = {"a-month": A_MONTH, "at-reviews": AT_REVIEWS, "kept": KEPT, "shares": ABC}


class Crash(Exception):
    pass


async def differing_from_the_fold(database: Database, *of: UUID) -> list[UUID]:
    """Customers (of these, if any are given) of whom something is stored that the fold of all their facts would
    change."""

    async def compare(tx: Transaction) -> list[UUID]:
        rules = await policies.load_rules(tx)
        everybody = [row[0] for row in await tx.raw.fetch("select customer_id from standing order by customer_id")]
        customers = of or everybody
        folded = await lives.fold_again(tx, dict.fromkeys(customers, tx.at), rules)
        before = await standings.load_standings(tx, customers)
        rows = await history.list_rows_in_force(tx, customers)
        watches = await history.list_watches_in_force(tx, customers)
        differing = []
        for customer, life in folded.items():
            stored = StoredHistory(before[customer], rows[customer], watches[customer])
            change = change_history(stored, life, tx.at, rules.new_id)
            if not change.nothing or list(stored.watches) != list(life.watches):
                differing.append(customer)
        return differing

    return await database.run(compare)


class ReceivedOrders:
    """Facts that arrive while a run is under way: late and in order, of anybody, with returns of some. Each leaves its
    customer as the fold has it, with the review in its place as soon as that takes effect."""

    def __init__(self, recorded: RecordedLife, seed: int) -> None:
        self.recorded = recorded
        self.draw = Random(seed)
        self.placed: list[OrderPlaced] = []
        self.count = 0

    async def arrive(self) -> None:
        for _ in range(self.draw.choice([0, 1, 2])):
            customer, amount = self.draw.choice([*CUSTOMERS, STRANGER]), self.draw.choice(["50", "500", "600"])
            kind = self.draw.choice(["late", "long ago", "in order", "in order", "back"])
            if kind == "back" and self.placed:
                order = self.placed.pop(self.draw.randrange(len(self.placed)))
                await self.recorded.record(returned(order, self.recorded.now))
            else:
                at = {"late": utc("2026-02-20"), "long ago": utc("2026-01-20")}.get(kind, self.recorded.now)
                order = placed(customer, at, amount)
                self.placed.append(order)
                await self.recorded.record(order)
            self.count += 1
            assert await differing_from_the_fold(self.recorded.database, order.customer_id) == []


async def a_population(database: Database, document: dict[str, Any]) -> tuple[RecordedLife, list[OrderPlaced]]:
    """By threes: whose only order is a month old, whose is of this month, who has ordered little; and a stranger."""
    recorded = RecordedLife(database, BEGINNING)
    await recorded.activate(document)
    recorded.now = utc("2026-02-27")
    await recorded.register(STRANGER)
    orders = []
    for number, customer in enumerate(CUSTOMERS):
        day, amount = (("2026-01-10", "600"), ("2026-02-10", "700"), ("2026-02-12", "100"))[number % 3]
        orders.append(placed(customer, utc(day), amount))
    await recorded.record(*orders)
    recorded.now = utc("2026-03-05")
    return recorded, orders


async def begin(recorded: RecordedLife) -> EvaluationRun:
    as_of = utc("2026-02-28")
    return await recorded.database.run(lambda tx: reviews.request_review(tx, as_of, apply=True, by="head-1"))


async def ended(recorded: RecordedLife, run: EvaluationRun) -> EvaluationRun:
    """The run at its end, of which the oracle is told."""
    run = await recorded.database.run(lambda tx: evaluations.load_run(tx, run.run_id))
    assert run.result == "applied"
    recorded.reviews.append({"as_of": run.as_of, "policy": recorded.policy, "cutoffs": run.cutoffs})
    return run


async def movers_of(database: Database, run: EvaluationRun) -> dict[UUID, Mover]:
    movers = await database.run(lambda tx: evaluations.list_movers(tx, run.run_id, None, None, 100))
    return {mover.customer_id: mover for mover in movers}


async def all_is_well(recorded: RecordedLife) -> None:
    assert await differing_from_the_fold(recorded.database) == []
    await recorded.agrees()
    assert await broken_invariants(recorded.database) == []
    assert await broken_runs(recorded.database) == []


def dying(database: Database, monkeypatch: pytest.MonkeyPatch, draw: Random) -> Callable[[bool], None]:
    """Switches on and off that every fourth transaction dies just before its commit."""
    original = database.run

    async def dying_run(work: Any, **more: Any) -> Any:
        async def then_die(tx: Transaction) -> Any:
            result = await work(tx)
            if draw.random() < 0.25:
                raise Crash
            return result

        return await original(then_die, **more)

    return lambda on: monkeypatch.setattr(database, "run", dying_run if on else original)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("policy", POLICIES)
async def test_T10_orders_at_every_step_of_a_review_whose_workers_die_end_as_the_fold(
    database: Database, monkeypatch: pytest.MonkeyPatch, policy: str, seed: int
) -> None:
    """Each step is another process's; before it, and between what it screens and what it decides, orders arrive."""
    monkeypatch.setattr(review_batches, "BATCH", 2)
    monkeypatch.setattr(review_batches, "INDIVIDUAL", 2)
    recorded, orders = await a_population(database, POLICIES[policy])
    received_orders = ReceivedOrders(recorded, seed)
    received_orders.placed += orders
    die = dying(database, monkeypatch, Random(seed))
    screen_next_batch = review_batches.screen_next_batch

    async def screen_and_receive(*args: Any) -> Any:
        screened = await screen_next_batch(*args)
        die(False)
        await received_orders.arrive()
        die(True)
        return screened

    monkeypatch.setattr(run_steps, "screen_next_batch", screen_and_receive)
    run, crashes, going_on = await begin(recorded), 0, True
    while going_on:
        await received_orders.arrive()
        die(True)
        try:
            going_on = await Worker(database).advance("review")
        except Crash:
            crashes += 1
        die(False)
    run = await ended(recorded, run)
    assert crashes > 2
    assert received_orders.count > 10
    assert sum(run.outcomes.values()) == len(CUSTOMERS) + 1
    await all_is_well(recorded)


async def test_T10_a_late_order_of_somebody_who_was_counted_as_staying_is_graded_with_the_review_in_its_place(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Customers 3 and 6 are in basic and plainly stay. Once they are counted, a late order of the one reaches gold, and
    what the other had ordered comes back."""
    monkeypatch.setattr(review_batches, "BATCH", 100)
    recorded, orders = await a_population(database, AT_REVIEWS)
    rising, returning = CUSTOMERS[2], CUSTOMERS[5]
    screen_next_batch, late = review_batches.screen_next_batch, placed(rising, utc("2026-02-20"), "500")

    async def screen_and_receive(*args: Any) -> Any:
        prepared = await screen_next_batch(*args)
        assert not {rising, returning} & set(prepared.screened.individual)
        await recorded.record(late, returned(orders[5], utc("2026-02-15")))
        return prepared

    monkeypatch.setattr(run_steps, "screen_next_batch", screen_and_receive)
    run = await begin(recorded)
    await Worker(database).to_the_end("review")
    run = await ended(recorded, run)
    assert not {rising, returning} & set(await movers_of(database, run))
    # the policy raises at reviews alone: it is this review that raises, on 28 February, by an order recorded since
    assert [(row.tier, row.kind) for row in await recorded.history(rising)] == [("basic", "first"), ("gold", "upgrade")]
    assert (await recorded.history(rising))[-1].effective_from == utc("2026-02-28")
    await all_is_well(recorded)


async def test_T10_late_orders_between_what_the_run_knows_and_its_batch_count_in_what_takes_effect(
    database: Database,
) -> None:
    """By what the run knows customers 1, 4 and 7 fall, whose orders are of January. A late order of February keeps the
    first in gold; one of the second comes back again, which leaves a correction where the review had kept the tier; of
    the third nothing is recorded. Customer 3 stays by what is known, and rises by a late order."""
    recorded, _ = await a_population(database, A_MONTH)
    keeping, correcting, falling, rising = (CUSTOMERS[index] for index in (0, 3, 6, 2))
    run, worker = await begin(recorded), Worker(database)
    assert await worker.advance("review")  # what it knows is settled
    back = placed(correcting, utc("2026-02-20"), "600")
    await recorded.record(placed(keeping, utc("2026-02-20"), "600"), placed(rising, utc("2026-02-20"), "500"), back)
    await recorded.record(returned(back, utc("2026-03-01")))
    await worker.to_the_end("review")
    run = await ended(recorded, run)
    movers = await movers_of(database, run)
    assert {mover.outcome for mover in movers.values()} == {"down"}
    assert {customer: mover.applied for customer, mover in movers.items()} == {
        keeping: False, correcting: False, falling: True
    }  # fmt: skip
    assert run.applied == {"down": 1}
    last = {customer: (await recorded.history(customer))[-1] for customer in (keeping, correcting, falling, rising)}
    assert {customer: (row.tier, row.kind) for customer, row in last.items()} == {
        keeping: ("gold", "first"), correcting: ("basic", "correction"), falling: ("basic", "downgrade"),
        rising: ("gold", "upgrade"),
    }  # fmt: skip
    await all_is_well(recorded)


async def test_T10_nobody_is_decided_before_transactions_that_know_nothing_of_the_review_are_over(
    database: Database,
) -> None:
    """One that had seen which reviews take effect, and goes on afterwards, is waited for."""
    screened, go_on = asyncio.Event(), asyncio.Event()

    async def hang(tx: Transaction) -> bool:
        reviewing = (await policies.load_rules(tx)).reviewing
        screened.set()
        await go_on.wait()
        return reviewing

    hanging = asyncio.create_task(database.run(hang))
    await screened.wait()
    run = await database.run(
        lambda tx: reviews.request_review(tx, utc("2026-02-28"), apply=True, by="head-1")
    )  # fmt: skip
    worker = Worker(database)
    for _ in range(3):
        await worker.to_the_end("review")
    loaded = await database.run(lambda tx: evaluations.load_run(tx, run.run_id))
    assert (loaded.result, loaded.job.cursor["phase"]) == (None, "settling")
    go_on.set()
    assert await hanging is False
    await worker.to_the_end("review")
    loaded = await database.run(lambda tx: evaluations.load_run(tx, run.run_id))
    assert loaded.result == "applied"
