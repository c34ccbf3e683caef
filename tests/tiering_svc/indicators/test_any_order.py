"""T1, P2: the same events in any order across topics, any repetition and any split give the figures brute force gives.

A state machine: owners record facts of every kind; a broker brings them late, again, in any batches, but a topic's
facts of one key in their order; at any moment, and at the end, everything is compared.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from services.tiering_svc.indicators.domain.groups import rolled_up
from services.tiering_svc.indicators.domain.snapshot import SnapshotRequest
from services.tiering_svc.indicators.repository.external_facts import list_members
from services.tiering_svc.indicators.repository.snapshots import load_snapshots
from services.tiering_svc.subscriptions import subscriptions
from shared.events import (
    ComplaintClosed,
    ComplaintFiled,
    ComplaintReopened,
    ContactLogged,
    CustomerIdentified,
    CustomerTraitsChanged,
    Event,
    GroupParentChanged,
    NextStepCompleted,
    OrderPlaced,
    PaymentReceived,
    ReceivableIssued,
)
from shared.messaging import Database
from shared.messaging.inbox.inbox import Inbox
from shared.messaging.inbox.received import ReceivedEvent
from tests import harness
from tests.tiering_svc.events import cancelled, placed, returned
from tests.tiering_svc.indicators.oracle import KINDS, Counting, FactLog
from tests.tiering_svc.invariants import broken_invariants

CUSTOMERS = [UUID(int=number) for number in (1, 2, 3)]
BEGINNING = datetime(2026, 1, 30, 12, tzinfo=UTC)
RECORDED = datetime(2026, 7, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WHO, DAYS, HOURS = st.sampled_from(CUSTOMERS), st.integers(0, 100), st.integers(1, 2000)


@dataclass
class Case:
    case_id: UUID
    at: datetime
    customer: UUID | None
    closed: bool = False


@dataclass
class Machine:
    """What the rules below share: the owners' logs, and the running loop, database and inbox of this test."""

    loop: asyncio.Runner
    databases: harness.Databases
    database: Database = field(init=False)

    def start(self) -> None:
        async def begin() -> Database:
            url = await self.databases.prepare("tiering", harness.migrations_of("tiering"))
            return Database(url, pool_size=2)

        self.database = self.loop.run(begin())

    def stop(self) -> None:
        self.loop.run(self.database.close())

    def run(self, work: Any) -> Any:
        return self.loop.run(self.database.run(work))


SHARED: list[Machine] = []


class AnyOrder(RuleBasedStateMachine):
    @initialize(zone=st.sampled_from([ZoneInfo("UTC"), ZoneInfo("Asia/Shanghai")]))
    def begin(self, zone: ZoneInfo) -> None:
        [self.machine] = SHARED
        self.machine.start()
        self.machine.run(lambda tx: tx.raw.execute("update business set time_zone = $1", zone.key))
        self.inbox = Inbox(self.machine.database, subscriptions)
        self.facts = FactLog(zone)
        self.logs: dict[tuple[str, str], list[ReceivedEvent]] = {}
        self.reached: dict[tuple[str, str], int] = {}
        self.clock = RECORDED
        self.ids = (UUID(int=1 << 64 | number) for number in range(1, 1 << 20))
        self.orders: list[tuple[OrderPlaced, list[int]]] = []
        self.receivables: list[ReceivableIssued] = []
        self.steps: list[ContactLogged] = []
        self.cases: list[Case] = []
        self.parents: dict[UUID, datetime] = {}

    def record(self, event: Event) -> None:
        """The owner commits it: from now on it is recorded, and may arrive."""
        self.clock += HOUR
        self.facts.record(self.clock, event)
        log = self.logs.setdefault((event.topic, event.key), [])
        payload = event.model_dump_json(exclude_none=True).encode()
        log.append(
            ReceivedEvent(
                event.topic, event.key, len(log) + 1, harness.EPOCH, next(self.ids), event.type, payload, self.clock
            )
        )

    # --- what owners record ---

    @rule(who=WHO, day=DAYS, size=st.integers(1, 30), cost=st.sampled_from([None, "2.5", "40"]))
    def an_order(self, who: UUID, day: int, size: int, cost: str | None) -> None:
        order = placed(who, BEGINNING + day * DAY, str(size * 20), cost=cost, quantity=4, order_id=next(self.ids))
        self.orders.append((order, [4]))
        self.record(order)

    @rule(index=st.integers(0, 50), pieces=st.integers(1, 4), hours=HOURS)
    def a_return(self, index: int, pieces: int, hours: int) -> None:
        if self.orders:
            order, left = self.orders[index % len(self.orders)]
            pieces = min(pieces, left[0])
            if pieces:
                left[0] -= pieces
                amount = str(order.amount * pieces / 4)
                self.record(returned(order, order.placed_at + hours * HOUR, quantity=pieces, amount=amount))

    @rule(index=st.integers(0, 50), hours=HOURS)
    def a_cancellation(self, index: int, hours: int) -> None:
        if self.orders:
            order, left = self.orders[index % len(self.orders)]
            if left[0] == 4:
                left[0] = 0
                self.record(cancelled(order, order.placed_at + hours * HOUR))

    @rule(who=WHO, day=DAYS, due=st.integers(0, 60), amount=st.integers(1, 900))
    def a_receivable(self, who: UUID, day: int, due: int, amount: int) -> None:
        issued = (BEGINNING + day * DAY).date()
        event = ReceivableIssued(
            receivable_id=next(self.ids), customer_id=who, amount=Decimal(amount), issued_on=issued,
            due_on=issued + due * DAY, recorded_at=BEGINNING,
        )  # fmt: skip
        self.receivables.append(event)
        self.record(event)

    @rule(index=st.integers(0, 50), hours=HOURS, share=st.integers(1, 3))
    def a_payment(self, index: int, hours: int, share: int) -> None:
        if self.receivables:
            of = self.receivables[index % len(self.receivables)]
            self.record(
                PaymentReceived(
                    payment_id=next(self.ids), receivable_id=of.receivable_id, customer_id=of.customer_id,
                    amount=(of.amount / share).quantize(Decimal("0.01")), outstanding=Decimal(0),
                    paid_at=datetime.combine(of.issued_on, time(), UTC) + hours * HOUR,
                )
            )  # fmt: skip

    @rule(who=WHO, day=DAYS, step=st.none() | st.integers(0, 40), channel=st.sampled_from(["call", "visit", "email"]))
    def a_contact(self, who: UUID, day: int, step: int | None, channel: Any) -> None:
        at = BEGINNING + day * DAY
        on = None if step is None else (at + step * DAY).date()
        event = ContactLogged(
            customer_id=who,
            entry_id=next(self.ids),
            employee_id="E-1",
            channel=channel,
            contacted_at=at,
            next_step_on=on,
        )
        self.steps += [] if on is None else [event]
        self.record(event)

    @rule(index=st.integers(0, 50), hours=HOURS)
    def a_step_is_done(self, index: int, hours: int) -> None:
        if self.steps:
            step = self.steps.pop(index % len(self.steps))
            done = step.contacted_at + hours * HOUR
            self.record(NextStepCompleted(customer_id=step.customer_id, entry_id=step.entry_id, completed_at=done))

    @rule(who=st.none() | WHO, day=DAYS, kind=st.sampled_from((*KINDS, "of-tomorrow")))
    def a_case(self, who: UUID | None, day: int, kind: Any) -> None:
        case = Case(next(self.ids), BEGINNING + day * DAY, who)
        self.cases.append(case)
        self.record(
            ComplaintFiled(
                **self.about(case), kind=kind, severity="normal", channel="call", category="price", filed_at=case.at
            )
        )

    def about(self, case: Case) -> dict[str, Any]:
        return {"subject_id": case.customer or case.case_id, "case_id": case.case_id, "customer_id": case.customer}

    @rule(index=st.integers(0, 50), who=WHO, hours=HOURS)
    def somebody_is_identified(self, index: int, who: UUID, hours: int) -> None:
        nobody = [case for case in self.cases if case.customer is None]
        if nobody:
            case = nobody[index % len(nobody)]
            case.customer, case.at = who, case.at + hours * HOUR
            self.record(CustomerIdentified(**self.about(case), open=not case.closed, identified_at=case.at))

    @rule(index=st.integers(0, 50), satisfaction=st.none() | st.integers(1, 5), hours=HOURS)
    def a_case_ends_or_begins_again(self, index: int, satisfaction: int | None, hours: int) -> None:
        if self.cases:
            case = self.cases[index % len(self.cases)]
            case.at, case.closed = case.at + hours * HOUR, not case.closed
            if case.closed:
                self.record(ComplaintClosed(**self.about(case), satisfaction=satisfaction, closed_at=case.at))
            else:
                self.record(ComplaintReopened(**self.about(case), reopened_at=case.at))

    @rule(
        who=WHO, hours=HOURS, region=st.sampled_from([None, "north", "south"]), employees=st.none() | st.integers(0, 9)
    )
    def traits_change(self, who: UUID, hours: int, region: str | None, employees: int | None) -> None:
        changes = [e.changed_at for _, e in self.facts.facts if isinstance(e, CustomerTraitsChanged)]
        at = max(changes, default=BEGINNING) + hours * HOUR
        self.record(
            CustomerTraitsChanged(
                customer_id=who, kind="organisation", region=region, employees=employees, completeness=50,
                changed_at=at, listed=region is None,
                registered_capital=None if employees is None else Decimal("12.50"),
            )
        )  # fmt: skip

    @rule(child=st.integers(1, 2), parent=st.integers(-1, 1), hours=HOURS)
    def a_group_changes(self, child: int, parent: int, hours: int) -> None:
        who, above = CUSTOMERS[child], None if parent < 0 or parent >= child else CUSTOMERS[parent]
        self.parents[who] = since = self.parents.get(who, BEGINNING) + hours * HOUR
        self.record(GroupParentChanged(customer_id=who, parent_id=above, effective_from=since, changed_at=since))

    # --- what the broker brings ---

    @rule(data=st.data())
    def a_poll(self, data: st.DataObject) -> None:
        """Of some streams a slice that begins at or before what is next, so that some of it comes again."""
        batch: list[ReceivedEvent] = []
        for stream, log in self.logs.items():
            last = self.reached.get(stream, 0)
            first = data.draw(st.integers(max(0, last - 2), last))
            end = data.draw(st.integers(first, len(log)))
            batch += log[first:end]
            self.reached[stream] = max(last, end)
        self.machine.loop.run(self.inbox.apply(data.draw(st.permutations(batch))))

    # --- what is compared ---

    @invariant()
    def nothing_is_parked(self) -> None:
        if hasattr(self, "machine"):
            assert not self.machine.run(lambda tx: tx.raw.fetch("select reason, detail from parked"))

    def teardown(self) -> None:
        if not hasattr(self, "machine"):
            return
        try:
            self.bring_the_rest_and_compare()
        finally:
            self.machine.stop()

    def bring_the_rest_and_compare(self) -> None:
        rest = [arrival for stream, log in self.logs.items() for arrival in log[self.reached.get(stream, 0) :]]
        if rest:
            self.machine.loop.run(self.inbox.apply(rest))
        self.nothing_is_parked()
        assert self.machine.loop.run(broken_invariants(self.machine.database)) == []
        for known_at in (None, RECORDED + (self.clock - RECORDED) / 2):
            self.compare(known_at)

    def compare(self, known_at: datetime | None) -> None:
        questions = [(who, as_of, months) for who in CUSTOMERS for as_of in instants() for months in (1, 3)]
        requests = [SnapshotRequest(*request) for request in questions]
        snapshots = self.machine.run(lambda tx: load_snapshots(tx, requests, known_at=known_at))
        expected = {}
        for (who, as_of, months), snapshot in zip(questions, snapshots, strict=True):
            expected[who, as_of, months] = self.facts.snapshot(who, as_of, months, known_at)
            assert snapshot == expected[who, as_of, months]
        top = CUSTOMERS[0]
        facts = [e for recorded_at, e in self.facts.facts if known_at is None or recorded_at <= known_at]
        for as_of in instants():
            members = self.machine.run(lambda tx, as_of=as_of: list_members(tx, top, as_of, known_at))
            assert members[0] == top
            assert set(members) == Counting(facts, top, as_of, 1, self.facts.zone).members()
            together = rolled_up([expected[who, as_of, 3] for who in members])
            assert together.figures.amount == sum(expected[who, as_of, 3].figures.amount for who in members)
            assert together.contacts.contacts == sum(expected[who, as_of, 3].contacts.contacts for who in members)


def instants() -> Iterator[datetime]:
    """In the middle of a month, at its last moment in UTC (another month in Shanghai), and after everything."""
    yield datetime(2026, 3, 14, 12, tzinfo=UTC)
    yield datetime(2026, 3, 31, 20, tzinfo=UTC)
    yield datetime(2026, 9, 30, tzinfo=UTC)


@pytest.fixture
def shared(databases: harness.Databases) -> Iterator[None]:
    with asyncio.Runner() as runner:
        SHARED.append(Machine(runner, databases))
        yield
        SHARED.clear()


@pytest.mark.usefixtures("shared")
def test_T1_P2_any_order_any_repetition_any_split_gives_the_same_figures() -> None:
    run_state_machine_as_test(
        AnyOrder,
        settings=settings(
            max_examples=20, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )  # fmt: skip


def test_the_brute_force_counts_a_small_story_right() -> None:
    """The model itself, against figures worked out by hand."""
    ann, facts = CUSTOMERS[0], FactLog(UTC)
    order = placed(ann, datetime(2026, 3, 5, tzinfo=UTC), "100", cost="10", quantity=4)
    facts.record(RECORDED, order)
    facts.record(RECORDED, returned(order, datetime(2026, 4, 2, tzinfo=UTC), quantity=1, amount="25"))
    march = facts.snapshot(ann, datetime(2026, 3, 31, tzinfo=UTC), 1, None)
    assert (march.figures.orders, march.figures.amount, march.figures.margin) == (1, 75, 45)
    assert (march.figures.returned_count, march.figures.monthly) == (0, {date(2026, 3, 1): Decimal(75)})
    april = facts.snapshot(ann, datetime(2026, 4, 30, tzinfo=UTC), 1, None)
    assert (april.figures.orders, april.figures.returned_amount) == (0, 25)
    assert facts.snapshot(ann, datetime(2026, 4, 30, tzinfo=UTC), 3, RECORDED - DAY).figures.orders == 0
