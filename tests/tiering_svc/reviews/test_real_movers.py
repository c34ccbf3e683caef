"""Simulation, back-test and real run of real data have exactly the same movers, month by month (T9, T10, K22).

Two real data sets: the demo's year (200 households of 2017, with returns), and CDNOW's sample (2,357 customers of 1997
and 1998), which arrives shuffled. Reviews are caught up afterwards, one for every month's end, with all facts known. A
fourth witness is the oracle of tier life, which is told nothing but the facts and the cut-offs that reviews kept.
"""

import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from services.tiering_svc.policies.repository import TIER_POLICIES
from services.tiering_svc.reviews.handlers.back_tests import request_back_test
from services.tiering_svc.reviews.repository import back_tests
from services.tiering_svc.subscriptions import subscriptions
from services.tiering_svc.tiers.repository.history import list_history
from shared.chassis import Actor, DataScope
from shared.chassis.access import EVERY_CUSTOMER
from shared.messaging import Database
from shared.rule_sets import activate_version, write_version
from tests import harness
from tests.tiering_svc.events import placed
from tests.tiering_svc.invariants import broken_invariants
from tests.tiering_svc.real_year import RealYear
from tests.tiering_svc.retention import cdnow
from tests.tiering_svc.reviews.test_two_times import Clock
from tests.tiering_svc.runs import Worker, broken_runs, listed, reviewed
from tests.tiering_svc.shorthand import bands_document, level
from tests.tiering_svc.tiers import tier_life_oracle as oracle
from tests.tiering_svc.tiers.tier_life_oracle import Facts

SERVICE = "tiering"
Move = tuple[UUID, str, str | None, str | None]

LIFE = {"grace_months": 1, "up_at_once": False}
BANDS = bands_document(("iron", "60"), ("steel", "180"), ("copper", "500"), lowest="lead", months=2, **LIFE)
ABC: dict[str, Any] = {
    "kind": "abc", "levels": [level("c"), level("b"), level("a")], "indicator": "amount", "window": {"months": 3},
    "abc": {"by": "revenue", "shares": [
        {"tier": "a", "percent": "60"}, {"tier": "b", "percent": "30"}, {"tier": "c", "percent": "10"}]},
    "life": LIFE,
}  # fmt: skip

ANALYST = Actor("analyst-1", "person", scopes=EVERY_CUSTOMER)


@dataclass
class CaughtUp:
    """Facts that are all known, and reviews of the months they lie in, run long afterwards."""

    database: Database
    document: dict[str, Any]
    facts: dict[UUID, Facts]
    months: list[date]
    now: datetime  # when all is known
    runs: list[oracle.Fact] = field(default_factory=list)
    simulated: list[list[Move]] = field(default_factory=list)
    real: list[list[Move]] = field(default_factory=list)
    policy: tuple[UUID, int] = (UUID(int=0), 0)
    activations: list[oracle.Fact] = field(default_factory=list)  # before all facts, or when all are known

    @property
    def rise(self) -> str:
        """What customers mostly rise by: the policy's orders, or its reviews."""
        return "up_at_once" if self.document["life"].get("up_at_once", True) else "up"

    async def review_every_month(self) -> None:
        self.database.clock = Clock(self.now)
        if not self.activations:
            await self.activate()
        for month in self.months:
            end = month_end(month)
            simulation = await reviewed(self.database, end, apply=False, policy=self.policy)
            self.simulated.append(moves(await listed(self.database, simulation)))
            run = await reviewed(self.database, end)
            assert (simulation.result, run.result) == ("simulated", "applied")
            self.real.append(moves(await listed(self.database, run)))
            self.runs.append({"as_of": end, "policy": self.document, "cutoffs": run.cutoffs})
        for facts in self.facts.values():
            facts.reviews = self.runs
            facts.activations = self.activations

    async def activate(self) -> None:
        names = {"en": "Test", "zh": "测试"}
        version = await self.database.run(
            lambda tx: write_version(tx, TIER_POLICIES, self.document, "analyst-1", name=names)
        )
        self.policy = version.id, version.version
        active = await self.database.run(lambda tx: activate_version(tx, TIER_POLICIES, *self.policy, "head-1"))
        self.activations = [{"at": active.effective_from, "policy": self.document}]

    async def back_test(self) -> list[list[Move]]:
        """What orders did at once, and what its reviews decided."""
        first, last = self.months[0], self.months[-1]
        test = await self.database.run(
            lambda tx: request_back_test(tx, *self.policy, first, last, known="now", by="analyst-1")
        )
        worker = Worker(self.database)
        while await worker.advance("policy_back_test"):
            pass
        by_month = []
        for month in self.months:
            read = partial(back_tests.list_movers, back_test_id=test.back_test_id, month=month, outcome=None,
                           key_accounts=None, excluded=None, after=None, limit=10_000)  # fmt: skip
            movers = await self.database.run(
                lambda tx, read=read: read(tx, scope=DataScope(ANALYST, tx.at))  # type: ignore[misc]
            )
            by_month.append([(m.customer_id, m.outcome, m.from_tier, m.to_tier) for m in (c.mover for c in movers)])
        return by_month

    def expected(self) -> list[list[Move]]:
        """The movers by the oracle: what each review made of each customer's tier."""
        by_month: list[list[Move]] = [[] for _ in self.months]
        for customer, facts in sorted(self.facts.items()):
            for month, reviewed_as in zip(by_month, oracle.reviews_of(facts), strict=True):
                if reviewed_as.outcome in ("placed", "up", "down", "grace"):
                    month.append((customer, reviewed_as.outcome, reviewed_as.from_tier, reviewed_as.to_tier))
        return by_month

    def replayed(self) -> list[list[Move]]:
        """A back-test's movers by the oracle, to which the policy has always been in force: what orders had made of a
        tier between two reviews, several rises being one, and what each review made of it."""
        by_month: list[list[Move]] = [[] for _ in self.months]
        for customer, facts in sorted(self.facts.items()):
            always = replace(facts, activations=[{"at": datetime(1, 1, 1, tzinfo=UTC), "policy": self.document}])
            rows, tier = oracle.history(always), None
            for month, reviewed_as in zip(by_month, oracle.reviews_of(always), strict=True):
                month += sorted(moves_of_month(customer, tier, rows, reviewed_as), key=lambda move: move[1])
                tier = reviewed_as.to_tier
        return by_month

    def begin_alike(self, replayed: list[Move]) -> None:
        """The first review places everybody anew where another policy had graded them before. In the back-test this
        policy had, from the first order on: both come to the same tiers."""
        lowest = self.document["levels"][0]["code"]
        assert {move[1] for move in self.real[0]} == {"placed"}
        tiers = {customer: lowest for customer, *_ in self.real[0]}
        tiers |= {customer: to_tier for customer, _, _, to_tier in replayed}
        assert {customer: to_tier for customer, _, _, to_tier in self.real[0]} == tiers

    async def histories_are_the_oracles(self) -> None:
        for customer, facts in self.facts.items():
            rows = await self.database.run(lambda tx, customer=customer: list_history(tx, customer, tx.at))  # type: ignore[misc]
            known = [oracle.Row(row.starts_at, row.tier, row.kind, row.previous_tier) for row in rows]
            assert known == oracle.history(facts), customer

    async def all_agree(self) -> None:
        activated_first = bool(self.activations)
        await self.review_every_month()
        assert self.simulated == self.real
        assert self.real == self.expected()
        back_test = await self.back_test()
        assert back_test == self.replayed()
        assert {move[1] for month in back_test for move in month} >= {"placed_at_once", self.rise}
        replayed = [[move for move in month if not move[1].endswith("_at_once")] for month in back_test]
        if activated_first:
            assert replayed == self.real
        else:
            self.begin_alike(replayed[0])
            assert replayed[1:] == self.real[1:]
        assert {move[1] for month in self.real for move in month} >= {"down", "grace"}
        await self.histories_are_the_oracles()
        assert await broken_invariants(self.database) == []
        assert await broken_runs(self.database) == []


def moves_of_month(
    customer: UUID, tier: str | None, rows: Sequence[oracle.Row], reviewed_as: oracle.Reviewed
) -> Iterator[Move]:
    """From the tier after the review before."""
    reached = reviewed_as.from_tier
    if tier is None and reached is not None:
        tier = rows[0].tier
        yield customer, "placed_at_once", None, tier
    if tier != reached:
        yield customer, "up_at_once", tier, reached
    if reviewed_as.outcome in ("placed", "up", "down", "grace"):
        yield customer, reviewed_as.outcome, reached, reviewed_as.to_tier


def moves(movers: Sequence[tuple[UUID, str, str | None, str | None, str]]) -> list[Move]:
    return [(customer, outcome, from_tier, to_tier) for customer, outcome, from_tier, to_tier, _ in movers]


def month_end(month: date) -> datetime:
    following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return datetime(following.year, following.month, 1, tzinfo=UTC) - timedelta(microseconds=1)


async def first_policy(database: Database) -> dict[str, Any]:
    """The policy that was in force before any other."""
    text = await database.run(
        lambda tx: tx.raw.fetchval(
            "select document::text from rule_set_version where kind = 'tier-policies' and status = 'active'"
        )
    )
    document: dict[str, Any] = json.loads(text)
    return document


def facts_of(year: RealYear, policy: dict[str, Any]) -> dict[UUID, Facts]:
    facts = {customer: Facts(policy) for customer in year.customers}
    orders = year.lines.groupby(["customer", "order", "placed_at"])[["amount", "quantity"]].sum()
    for (customer, order, placed_at), sums in orders.iterrows():
        facts[customer].orders.append(
            {"id": order, "placed_at": placed_at.to_pydatetime(), "amount": sums.amount,
             "quantity": int(sums.quantity), "cost": None}
        )  # fmt: skip
    reversals = year.returns.groupby(["customer", "order", "returned_at"])[["amount", "quantity"]].sum()
    for (customer, order, returned_at), sums in reversals.iterrows():
        facts[customer].reversals.append(
            {
                "id": order,
                "order": order,
                "at": returned_at.to_pydatetime(),
                "amount": sums.amount,
                "quantity": int(sums.quantity),
            }
        )
    return facts


@pytest.mark.parametrize("document", [BANDS, ABC], ids=["bands", "abc"])
async def test_T10_the_demos_year_has_the_same_movers_simulated_replayed_and_in_earnest(
    real_year: RealYear, real_year_copy: Database, document: dict[str, Any]
) -> None:
    facts = facts_of(real_year, await first_policy(real_year_copy))
    months = [date(2017, month, 1) for month in range(1, 13)]
    await CaughtUp(real_year_copy, document, facts, months, datetime(2018, 2, 1, tzinfo=UTC)).all_agree()


async def record_cdnow(database: Database, document: dict[str, Any], months: int, customers: int | None) -> CaughtUp:
    """All orders in batches of 500, in no order at all, in 1999; the policy was in force since 1996."""
    shipped = await first_policy(database)
    facts: dict[UUID, Facts] = defaultdict(lambda: Facts(shipped))
    caught_up = CaughtUp(database, document, facts, MONTHS_OF_CDNOW[:months], datetime(1999, 2, 1, tzinfo=UTC))
    database.clock = Clock(datetime(1996, 12, 1, tzinfo=UTC))
    await caught_up.activate()
    events = []
    for number, purchase in enumerate(cdnow.purchases()):
        customer = UUID(int=purchase.customer)
        if customers is not None and purchase.customer > customers:
            continue
        event = placed(customer, purchase.at, str(purchase.amount), quantity=purchase.pieces,
                       order_id=UUID(int=1 << 64 | number))  # fmt: skip
        events.append(event)
        facts[customer].orders.append(
            {"id": event.order_id, "placed_at": event.placed_at, "amount": event.amount,
             "quantity": purchase.pieces, "cost": None}
        )  # fmt: skip
    random.Random(1).shuffle(events)
    database.clock = Clock(datetime(1999, 1, 1, tzinfo=UTC))
    for start in range(0, len(events), 500):
        await harness.deliver(database, subscriptions, events[start : start + 500])
    return caught_up


MONTHS_OF_CDNOW = [date(1997 + index // 12, index % 12 + 1, 1) for index in range(18)]
AT_ONCE = BANDS | {"life": {"grace_months": 1}}


async def test_T10_real_orders_that_arrive_shuffled_have_the_same_movers(database: Database) -> None:
    await (await record_cdnow(database, AT_ONCE, 8, 300)).all_agree()


@pytest.mark.chaos
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("document", [BANDS, AT_ONCE, ABC], ids=["bands", "at-once", "abc"])
async def test_T10_all_of_cdnow_has_the_same_movers(database: Database, document: dict[str, Any]) -> None:
    await (await record_cdnow(database, document, 18, None)).all_agree()
