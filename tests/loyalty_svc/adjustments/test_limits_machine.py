"""Whatever persons, customers and days: what moved without a second approval stays within the programme's limits.

The oracle adds up what it saw itself and foretells of every adjustment, transfer and settlement which sums it would go
beyond; the shipped limits are written down here once more.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.loyalty_svc.adjustments.handlers import adjust_points, approve_adjustment, transfer_points
from services.loyalty_svc.adjustments.repository import load_adjustment
from services.loyalty_svc.subscriptions import subscriptions
from shared.authority import person_id
from shared.errors import DomainError
from shared.events import ComplaintResolved
from shared.messaging import Database, Transaction
from tests.loyalty_svc.builders import order_placed
from tests.loyalty_svc.invariants import broken_invariants
from tests.loyalty_svc.support import Deliver

SERVICE = "loyalty"
CUSTOMER, DAY, SETTLEMENT, SETTLEMENT_DAY, WINDOW = 1_000, 5_000, 20_000, 50_000, 30

WHO = st.sampled_from(["ann", "ben", "carl"])
WHOSE = st.integers(0, 2)
POINTS = st.sampled_from([1, 250, 500, 999, 1_000, 1_001, 4_000])
GRANTS = st.sampled_from([100, 4_900, 5_000, 9_000, 20_000, 20_001])
ACTIONS = st.one_of(
    st.tuples(st.just("adjust"), WHO, WHOSE, POINTS, st.sampled_from([1, 1, -1])),
    st.tuples(st.just("transfer"), WHO, WHOSE, POINTS),
    st.tuples(st.just("settle"), WHO, WHOSE, GRANTS, st.booleans()),
    st.tuples(st.just("approve"), WHO, st.integers(0, 3)),
    st.tuples(st.just("pass_days"), st.sampled_from([1, 1, 29, 30])),
)


@dataclass
class Moved:
    """What moved without a second approval, as the oracle keeps it."""

    kind: str
    person: str
    customers: tuple[int, ...]
    points: int
    day: int


class Machine:
    def __init__(self, database: Database, deliver: Deliver, customers: list[UUID]) -> None:
        self.database, self.deliver, self.customers = database, deliver, customers
        self.begin = self.now = datetime(2030, 1, 1, 9, tzinfo=UTC)
        self.moved: list[Moved] = []
        self.waiting: list[tuple[UUID, str]] = []
        self.subjects = {name: f"{name}-{uuid4().hex}" for name in ("ann", "ben", "carl")}

    @property
    def day(self) -> int:
        return (self.now - self.begin).days

    def reached(self, person: str, customers: tuple[int, ...], points: int) -> list[str]:
        of_day = sum(m.points for m in self.moved if (m.person, m.day) == (person, self.day))
        of_customer = max(
            sum(m.points for m in self.moved if customer in m.customers and m.day > self.day - WINDOW
                and (m.kind != "settlement" or m.person == person))
            for customer in customers
        )  # fmt: skip
        beyond = {"customer": of_customer + points > CUSTOMER, "day": of_day + points > DAY}
        return [count for count, over in beyond.items() if over]

    async def _request(
        self, kind: str, person: str, customers: tuple[int, ...], points: int, work: Callable[[Transaction], Any]
    ) -> None:
        expected = self.reached(person, customers, points)
        try:
            adjustment = await self.database.run(work, at=self.now)
        except DomainError as refusal:
            assert (refusal.code, expected) == ("not_enough_points", [])  # noqa: PT017 - nothing moved, nothing counts
            return
        assert list(adjustment.limits_reached) == expected
        assert adjustment.state == ("pending" if expected else "posted")
        if expected:
            self.waiting.append((adjustment.id, person))
        else:
            self.moved.append(Moved(kind, person, customers, points, self.day))

    async def adjust(self, person: str, customer: int, points: int, sign: int) -> None:
        id, subject = self.customers[customer], self.subjects[person]
        await self._request(
            "adjustment", person, (customer,), points, lambda tx: adjust_points(tx, id, sign * points, "why", subject)
        )

    async def transfer(self, person: str, customer: int, points: int) -> None:
        to = (customer + 1) % 3
        sender, recipient, subject = self.customers[customer], self.customers[to], self.subjects[person]
        await self._request(
            "transfer", person, (customer, to), points,
            lambda tx: transfer_points(tx, sender, recipient, points, subject, reason="why"),
        )  # fmt: skip

    async def settle(self, person: str, customer: int, points: int, approved: bool) -> None:
        id, case = self.customers[customer], uuid4()
        event = ComplaintResolved(
            subject_id=id, case_id=case, customer_id=id, resolution_id=uuid4(), points=points, amount="0",
            resolved_at=self.now, granted_by=person_id(self.subjects[person]),
            approved_by=person_id("another") if approved else None,
        )  # fmt: skip
        today = [m for m in self.moved if m.kind == "settlement" and m.day == self.day]
        of_customer = sum(m.points for m in today if customer in m.customers)
        of_person = sum(m.points for m in today if m.person == person)
        held = not approved and (of_customer + points > SETTLEMENT or of_person + points > SETTLEMENT_DAY)
        await self.deliver(self.database, subscriptions, [event], at=self.now)
        stored = await self.database.run(lambda tx: load_adjustment(tx, event.resolution_id))
        assert stored.state == ("pending" if held else "posted")
        if held:
            self.waiting.append((event.resolution_id, person))
        elif not approved:
            self.moved.append(Moved("settlement", person, (customer,), points, self.day))

    async def approve(self, person: str, number: int) -> None:
        if number >= len(self.waiting):
            return
        adjustment_id, requester = self.waiting[number]
        subject = self.subjects[person]
        try:
            await self.database.run(lambda tx: approve_adjustment(tx, adjustment_id, subject), at=self.now)
        except DomainError as refusal:
            assert refusal.code == ("own_approval" if person == requester else "not_enough_points")  # noqa: PT017
            return
        assert person != requester
        del self.waiting[number]

    async def pass_days(self, days: int) -> None:
        self.now += timedelta(days=days)


@settings(
    max_examples=6, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(actions=st.lists(ACTIONS, min_size=10, max_size=40))
async def test_L1_no_sum_without_a_second_approval_goes_beyond_a_limit(
    database: Database, deliver: Deliver, actions: list[Any]
) -> None:
    customers = [uuid4() for _ in range(3)]
    machine = Machine(database, deliver, customers)
    orders = [order_placed(customer, uuid4(), ("A", "3000.00"), at=machine.now) for customer in customers]
    await deliver(database, subscriptions, orders, at=machine.now)
    for name, *arguments in actions:
        await getattr(machine, name)(*arguments)
    assert await broken_invariants(database) == {}
