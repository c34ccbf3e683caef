"""Facts recorded in tiering by its own handlers, on a clock of the test's, and beside it as the oracle takes them."""

from datetime import UTC, datetime, timedelta, tzinfo
from json import loads
from typing import Any
from uuid import UUID

from services.tiering_svc.policies.repository import TIER_POLICIES
from services.tiering_svc.subscriptions import subscriptions, timers
from services.tiering_svc.tiers import handlers as tiers
from services.tiering_svc.tiers.repository.history import list_history
from shared.events import CustomerRegistered, OrderCancelled, OrderPlaced, OrderReturned
from shared.messaging import Database
from shared.rule_sets import activate_version, write_version
from tests import harness
from tests.tiering_svc.invariants import broken_invariants
from tests.tiering_svc.runs import reviewed
from tests.tiering_svc.tiers import tier_life_oracle as oracle
from tests.tiering_svc.tiers.tier_life_oracle import Document, Facts, Row, Watch

OrderFact = OrderPlaced | OrderReturned | OrderCancelled
TICK = timedelta(milliseconds=1)


class KnownFacts:
    """All that was recorded, as the oracle takes it. Every transaction is a tick later than the one before."""

    zone: tzinfo = UTC

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.facts: dict[UUID, Facts] = {}
        self.activations: list[oracle.Fact] = []
        self.reviews: list[oracle.Fact] = []
        self.shipped: Document = {}  # the policy in force before any other
        self.ids: dict[str, tuple[UUID, int]] = {}  # of the policies that were in force

    def tick(self) -> datetime:
        self.now += TICK
        return self.now

    @property
    def policy(self) -> Document:
        document: Document = self.activations[-1]["policy"] if self.activations else self.shipped
        return document

    def of(self, customer: UUID, recorded_at: datetime | None = None) -> Facts:
        """The customer's facts, with those of all customers. `recorded_at`: when one of them is recorded."""
        if customer not in self.facts:
            # the lists are shared: what comes to them comes to everybody
            self.facts[customer] = Facts(
                self.shipped, reviews=self.reviews, activations=self.activations, zone=self.zone
            )  # fmt: skip
        facts = self.facts[customer]
        if recorded_at is not None and facts.first_known == oracle.NOTHING_YET:
            facts.first_known = recorded_at
        return facts

    def keep(self, event: OrderFact, at: datetime) -> None:
        facts = self.of(event.customer_id, at)
        if isinstance(event, OrderPlaced):
            [line] = event.lines
            facts.orders.append(
                {"id": event.order_id, "placed_at": event.placed_at, "amount": event.amount,
                 "quantity": line.quantity, "cost": line.unit_cost}
            )  # fmt: skip
        else:
            back_at = event.returned_at if isinstance(event, OrderReturned) else event.cancelled_at
            change_id = event.return_id if isinstance(event, OrderReturned) else event.order_id
            facts.reversals.append(
                {"id": change_id, "order": event.order_id, "at": back_at, "amount": event.amount,
                 "quantity": sum(line.quantity for line in event.lines)}
            )  # fmt: skip

    def set_override(self, customer: UUID, tier: str, until: datetime, at: datetime) -> None:
        """It replaces what was set or promised before."""
        facts = self.of(customer, at)
        for before in facts.overrides:
            if before["ended_at"] is None and before["until"] > at:
                before["ended_at"] = at
        self.withdraw_promise(customer, at)
        facts.overrides.append(
            {"tier": tier, "policy": self.policy, "starts_at": at, "until": until, "ended_at": None}
        )  # fmt: skip

    def set_promise(self, customer: UUID, until: datetime, at: datetime) -> None:
        self.withdraw_promise(customer, at)
        self.of(customer).promises.append({"starts_at": at, "until": until, "ended_at": None})

    def withdraw_promise(self, customer: UUID, at: datetime) -> None:
        for before in self.of(customer).promises:
            if before["ended_at"] is None and before["until"] > at:
                before["ended_at"] = at

    def promised(self, customer: UUID) -> bool:
        """Whether a promise is on."""
        return any(p["ended_at"] is None and p["until"] > self.now + 2 * TICK for p in self.of(customer).promises)

    def takes_review(self, as_of: datetime) -> bool:
        """Whether a review as of an instant is drawn: not two of one instant."""
        return all(review["as_of"] != as_of for review in self.reviews)

    # --- what is held against the oracle ---

    async def history(self, customer: UUID, known_at: datetime | None = None) -> list[Row]:
        raise NotImplementedError

    async def watch(self, customer: UUID) -> Watch:
        raise NotImplementedError

    async def holds(self) -> None:
        """Whatever else must hold."""

    async def agrees(self) -> None:
        """The same history and the same watch for everybody."""
        for customer, facts in self.facts.items():
            rows, state = oracle.live(facts, self.now)
            assert await self.history(customer) == rows
            assert await self.watch(customer) == Watch(state.below_since, state.grace_until, state.retained_until)
        await self.holds()


class RecordedLife(KnownFacts):
    """Tiering's database, and what was recorded in it."""

    def __init__(self, database: Database, now: datetime) -> None:
        super().__init__(now)
        self.database = database
        database.clock = self.tick

    # --- what is recorded ---

    async def begin(self) -> None:
        """Know the policy that was in force before any other."""
        in_force = "select document::text from rule_set_version where kind = 'tier-policies' and status = 'active'"
        self.shipped = loads(await self.database.run(lambda tx: tx.raw.fetchval(in_force)))

    async def activate(self, document: Document) -> None:
        """Put a policy in force, again if it was before."""
        names = {"en": "Test", "zh": "测试"}
        if (key := repr(document)) not in self.ids:
            written = await self.database.run(
                lambda tx: write_version(tx, TIER_POLICIES, document, "analyst-1", name=names)
            )
            self.ids[key] = written.id, written.version
            people = ["head-1"]
        else:
            people = ["head-1", "head-2"]  # what was retired comes back by two
        policy_id, version = self.ids[key]
        for by in people:
            at = self.tick()
            await self.database.run(
                lambda tx, by=by: activate_version(tx, TIER_POLICIES, policy_id, version, by),  # type: ignore[misc]
                at=at,
            )
        self.activations.append({"at": at, "policy": document})

    async def record(self, *events: OrderFact) -> None:
        """Orders and what came back of them, in one transaction."""
        at = self.tick()
        await harness.deliver(self.database, subscriptions, events, at=at, recorded_at=at)
        for event in events:
            self.keep(event, at)

    async def review(self, as_of: datetime) -> Any:
        policy = self.policy
        run = await reviewed(self.database, as_of)
        assert (run.result, run.simulated_because) == ("applied", None)
        applied_at = await self.database.run(
            lambda tx: tx.raw.fetchval("select applying_since from evaluation_run where run_id = $1", run.run_id)
        )
        self.reviews.append(
            {"as_of": as_of, "policy": policy, "cutoffs": await self._cutoffs(run.run_id), "applied_at": applied_at}
        )
        return run

    async def _cutoffs(self, run_id: UUID) -> Any:
        kept = await self.database.run(
            lambda tx: tx.raw.fetchval("select cutoffs::text from evaluation_run where run_id = $1", run_id)
        )
        return None if kept is None else loads(kept)

    async def override(self, customer: UUID, tier: str, until: datetime) -> None:
        at = self.tick()
        await self.database.run(
            lambda tx: tiers.override_tier(tx, customer, tier=tier, until=until, reason="why", by="ann"), at=at
        )
        self.set_override(customer, tier, until, at)

    async def end_override(self, customer: UUID) -> None:
        privilege, at = await self._open_privilege(customer, "override"), self.tick()
        await self.database.run(
            lambda tx: tiers.end_override_early(tx, customer, privilege, reason="enough", by="ann"), at=at
        )
        self.of(customer).overrides[-1]["ended_at"] = at

    async def promise(self, customer: UUID, until: datetime) -> None:
        at = self.tick()
        await self.database.run(
            lambda tx: tiers.promise_tier(tx, customer, until=until, reason="why", by="ann"), at=at
        )  # fmt: skip
        self.set_promise(customer, until, at)

    async def end_promise(self, customer: UUID) -> None:
        privilege, at = await self._open_privilege(customer, "retention"), self.tick()
        await self.database.run(lambda tx: tiers.end_promise(tx, customer, privilege, reason="enough", by="ann"), at=at)
        self.withdraw_promise(customer, at)

    async def pass_time(self, now: datetime) -> None:
        """Time goes on, and what had been set to end by then has ended."""
        self.now = max(self.now, now)
        await timers.fire_due(self.database, until=self.now)

    async def register(self, *customers: UUID) -> None:
        """Files without any order yet."""
        at = self.tick()
        events = [CustomerRegistered(customer_id=customer, kind="person", registered_at=at) for customer in customers]
        await harness.deliver(self.database, subscriptions, events, at=at, recorded_at=at)

    async def _open_privilege(self, customer: UUID, kind: str) -> UUID:
        privilege_id: UUID = await self.database.run(
            lambda tx: tx.raw.fetchval(
                """select privilege_id from tier_privilege where customer_id = $1 and kind = $2 and ended_at is null
                   order by starts_at desc limit 1""", customer, kind,
            )
        )  # fmt: skip
        return privilege_id

    # --- what tiering says ---

    async def history(self, customer: UUID, known_at: datetime | None = None) -> list[Row]:
        rows = await self.database.run(lambda tx: list_history(tx, customer, known_at or self.now))
        return [Row(row.starts_at, row.tier, row.kind, row.previous_tier) for row in rows]

    async def watch(self, customer: UUID) -> Watch:
        row = await self.database.run(
            lambda tx: tx.raw.fetchrow(
                "select below_since, grace_until, retained_until from standing where customer_id = $1", customer
            )
        )  # fmt: skip
        return Watch(*(row or (None, None, None)))

    def takes_review(self, as_of: datetime) -> bool:
        """History is closed before the last review that was applied."""
        return all(review["as_of"] < as_of for review in self.reviews)

    async def holds(self) -> None:
        assert await broken_invariants(self.database) == []


def utc(text: str) -> datetime:
    """Noon of a day like `2026-03-01`."""
    return datetime.fromisoformat(text).replace(hour=12, tzinfo=UTC)
