"""Whatever persons, cases, customers and days: the sum that moved without a second approval stays within every limit.

The oracle adds up what it saw itself, with the shipped limits written down here once more, and foretells of every
proposal which sums it would go beyond, and of every approval whether that person may.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.complaint_svc.subscriptions import subscriptions
from shared.messaging import Database
from tests import harness
from tests.complaint_svc.case_requests import registered
from tests.complaint_svc.remedies.case_persons import CaseDesk

SERVICE = "complaint"
ALONE = {"agent": 500, "manager": 5_000, "head": 20_000}
A_DAY = {"agent": 2_500, "manager": 25_000, "head": 50_000}
APPROVES = {"agent": 500, "manager": 5_000, "head": 10**9}
ROLES = {"ann": "agent", "ben": "agent", "max": "manager", "hugo": "head", "hanna": "head"}
WINDOW = 30

PEOPLE = st.sampled_from(sorted(ROLES))
NUMBER = st.integers(0, 5)
POINTS = st.sampled_from([1, 50, 250, 499, 500, 501, 2_000, 5_000, 20_000, 30_000])
ACTIONS = st.one_of(
    st.tuples(st.just("propose"), NUMBER, PEOPLE, POINTS),
    st.tuples(st.just("propose"), NUMBER, PEOPLE, POINTS),
    st.tuples(st.just("answer"), NUMBER, st.booleans()),
    st.tuples(st.just("answer"), NUMBER, st.just(True)),
    st.tuples(st.just("approve"), NUMBER, PEOPLE),
    st.tuples(st.just("reject"), NUMBER, PEOPLE),
    st.tuples(st.just("pass_days"), st.sampled_from([1, 1, 29, 30])),
)


@dataclass
class Given:
    """A proposal as the oracle keeps it."""

    case: int
    customer: int
    person: str
    day: int
    points: int
    alone: bool
    refused: bool = False


@dataclass
class Waiting:
    """What waits for approval in a case."""

    id: str
    person: str
    points: int


class Oracle:
    """What was given, kept apart from the service: three customers with two cases each."""

    def __init__(self) -> None:
        self.given: list[Given] = []
        self.waiting: dict[int, Waiting] = {}
        self.open: dict[int, Given] = {}  # proposals that wait for the customer, by case
        self.proposers: dict[int, set[str]] = {}  # who proposed something in a case, or wanted to
        self.day = 0

    def sums(self, case: int, person: str, *, alone: bool = True) -> dict[str, int]:
        counted = [g for g in self.given if not g.refused and (g.alone or not alone)]
        customer = case // 2
        return {
            "case": sum(g.points for g in counted if g.case == case),
            "customer": sum(g.points for g in counted if g.customer == customer and g.day > self.day - WINDOW),
            "day": sum(g.points for g in counted if g.person == person and g.day == self.day),
        }

    def reached(self, case: int, person: str, points: int) -> list[str]:
        role, sums = ROLES[person], self.sums(case, person)
        most = {"case": ALONE[role], "customer": ALONE[role], "day": A_DAY[role]}
        return [count for count in ("case", "customer", "day") if sums[count] + points > most[count]]

    def approval(self, case: int, person: str) -> tuple[int, str | None]:
        waits = self.waiting[case]
        if person == waits.person:
            return 403, "own_approval"
        if person in self.proposers[case]:
            return 403, "took_part"
        sums, most = self.sums(case, person, alone=False), APPROVES[ROLES[person]]
        if max(sums["case"], sums["customer"]) + waits.points > most:
            return 403, "above_authority"
        return 201, None

    def give(self, case: int, person: str, points: int, *, alone: bool) -> None:
        gift = Given(case, case // 2, person, self.day, points, alone)
        self.given.append(gift)
        self.open[case] = gift

    def check(self) -> None:
        """No sum of what one person gave alone is beyond the widest limit of those who gave to it."""
        alone = [g for g in self.given if g.alone and not g.refused]
        for gift in alone:
            of_case = [g for g in alone if g.case == gift.case]
            assert sum(g.points for g in of_case) <= max(ALONE[ROLES[g.person]] for g in of_case)
            of_day = [g for g in alone if (g.person, g.day) == (gift.person, gift.day)]
            assert sum(g.points for g in of_day) <= A_DAY[ROLES[gift.person]]
            window = [g for g in alone if g.customer == gift.customer and gift.day - WINDOW < g.day <= gift.day]
            assert sum(g.points for g in window) <= max(ALONE[ROLES[g.person]] for g in window)


class Machine:
    """Takes the actions against the service, and compares each answer with what the oracle foretold."""

    def __init__(self, desk: CaseDesk, cases: list[str], clock: "Clock") -> None:
        self.desk, self.cases, self.clock, self.oracle = desk, cases, clock, Oracle()
        # what persons did in another example is not theirs here: each example has its own
        self.subjects = {person: f"{person}-{uuid4().hex[:8]}" for person in ROLES}

    async def propose(self, case: int, person: str, points: int) -> None:
        reached = self.oracle.reached(case, person, points)
        answer = await self.desk.propose(
            self.cases[case], points, role=ROLES[person], by=self.subjects[person]
        )  # fmt: skip
        if case in self.oracle.waiting:
            assert (answer.status_code, answer.json()["code"]) == (409, "approval_pending")
        elif case in self.oracle.open:
            assert (answer.status_code, answer.json()["code"]) == (409, "step_out_of_order")
        elif reached:
            assert answer.status_code == 202, answer.text
            waiting = answer.json()["approvals"][-1]
            assert waiting["limits_reached"] == reached
            self.oracle.waiting[case] = Waiting(waiting["id"], person, points)
            self.oracle.proposers.setdefault(case, set()).add(person)
        else:
            assert answer.status_code == 201, answer.text
            self.oracle.proposers.setdefault(case, set()).add(person)
            self.oracle.give(case, person, points, alone=True)

    async def approve(self, case: int, person: str) -> None:
        if case not in self.oracle.waiting:
            return
        status, code = self.oracle.approval(case, person)
        answer = await self._decide(case, person, "approval")
        assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
        if status == 201:
            waits = self.oracle.waiting.pop(case)
            self.oracle.give(case, waits.person, waits.points, alone=False)

    async def reject(self, case: int, person: str) -> None:
        if case in self.oracle.waiting:
            assert (await self._decide(case, person, "rejection")).status_code == 201
            del self.oracle.waiting[case]

    async def _decide(self, case: int, person: str, how: str) -> httpx.Response:
        path = f"proposals/{self.oracle.waiting[case].id}/{how}"
        return await self.desk.post(self.cases[case], path, role=ROLES[person], by=self.subjects[person])

    async def answer(self, case: int, accepted: bool) -> None:
        """The customer answers what was proposed; what it took is carried out, and the case begins again."""
        if case not in self.oracle.open:
            return
        gift, desk = self.oracle.open.pop(case), self.desk
        if accepted:
            assert (await desk.carry_out(self.cases[case], role="admin", by="desk")).status_code == 201
            await desk.reopen(self.cases[case])
        else:
            gift.refused = True
            answer = await desk.post(self.cases[case], "acceptance", {"accepted": False})
            assert answer.status_code == 201

    async def pass_days(self, days: int) -> None:
        self.clock.now += timedelta(days=days)
        self.oracle.day += days


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2030, 1, 1, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def database(databases: harness.Databases, migrations: Any, clock: Clock) -> AsyncIterator[Database]:
    database = Database(await databases.prepare(SERVICE, migrations), clock=clock)
    yield database
    await database.close()


async def run(client: httpx.AsyncClient, as_role: Any, database: Database, clock: Clock, actions: list[Any]) -> None:
    customers: list[UUID] = [uuid4() for _ in range(3)]
    await harness.deliver(database, subscriptions, [registered(customer) for customer in customers])
    desk = CaseDesk(client, as_role)
    cases = [await desk.judged(customers[number // 2]) for number in range(6)]
    machine = Machine(desk, cases, clock)
    for name, *arguments in actions:
        await getattr(machine, name)(*arguments)
        machine.oracle.check()


CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=5, deadline=None, suppress_health_check=CHECKS)
@given(actions=st.lists(ACTIONS, min_size=8, max_size=20))
async def test_C5_no_sum_without_a_second_approval_goes_beyond_a_limit(
    client: httpx.AsyncClient, as_role: Any, database: Database, clock: Clock, actions: list[Any]
) -> None:
    await run(client, as_role, database, clock, actions)


@pytest.mark.chaos
@settings(max_examples=60, deadline=None, suppress_health_check=CHECKS)
@given(actions=st.lists(ACTIONS, min_size=20, max_size=80))
async def test_C5_no_sum_goes_beyond_a_limit_in_a_long_run(
    client: httpx.AsyncClient, as_role: Any, database: Database, clock: Clock, actions: list[Any]
) -> None:
    await run(client, as_role, database, clock, actions)
