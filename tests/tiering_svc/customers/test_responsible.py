"""Who is responsible for a customer (P5, T12): its manager, the deputy meanwhile; held against counting by hand."""

from datetime import datetime, timedelta
from itertools import pairwise, permutations
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.tiering_svc.customers import repository as teams
from services.tiering_svc.customers.domain import (
    AbsenceChange,
    ManagerAssignment,
    deputies_at,
    manager_at,
    responsible_for,
    responsible_periods,
)
from services.tiering_svc.subscriptions import subscriptions
from shared.events import EmployeeChanged, TeamMemberAssigned, TeamMemberReleased
from shared.messaging import new_id
from tests import harness
from tests.tiering_svc.shorthand import at

SERVICE = "tiering"
ANN = UUID(int=1)


def away(employee: str, changed: int, since: int | None, until: int | None = None, deputy: str | None = None):
    instants = [None if day is None else at(day) for day in (since, until)]
    return AbsenceChange(employee, at(changed), instants[0], instants[1], deputy)


def test_T12_a_deputy_stands_in_while_the_manager_is_away_and_no_longer():
    changes = [away("E-1", 1, 10, 20, "E-2")]
    assert [deputies_at(changes, at(day)) for day in (9, 10, 19, 20)] == [{}, {"E-1": "E-2"}, {"E-1": "E-2"}, {}]


def test_T12_a_deputy_who_is_away_too_is_stood_in_for():
    chain = [away("E-1", 1, 10, 20, "E-2"), away("E-2", 1, 12, 14, "E-3")]
    assert deputies_at(chain, at(11)) == {"E-1": "E-2"}
    assert deputies_at(chain, at(13)) == {"E-1": "E-3", "E-2": "E-3"}
    circle = [away("E-1", 1, 10, 20, "E-2"), away("E-2", 1, 10, 20, "E-1")]
    assert deputies_at(circle, at(13)) == {}
    alone = [away("E-1", 1, 10, 20, "E-2"), away("E-2", 1, 10, 20)]
    assert deputies_at(alone, at(13)) == {}


def test_T12_an_absence_announced_after_it_began_counts_from_its_beginning():
    changes = [away("E-1", 3, None), away("E-1", 8, 5, 12, "E-2")]
    assert [bool(deputies_at(changes, at(day))) for day in (4, 5, 8, 11, 12)] == [False, True, True, True, False]


def test_T12_whoever_is_back_early_is_not_stood_in_for():
    changes = [away("E-1", 1, 5, 12, "E-2"), away("E-1", 8, None)]
    assert [bool(deputies_at(changes, at(day))) for day in (6, 7, 8, 11)] == [True, True, False, False]


DAYS = st.integers(1, 12)
ASSIGNMENTS = st.lists(st.tuples(st.sampled_from("ABC"), DAYS, st.none() | DAYS), max_size=4)
CHANGES = st.lists(
    st.tuples(st.sampled_from("ABC"), DAYS, st.none() | DAYS, st.none() | DAYS, st.none() | st.sampled_from("ABC")),
    max_size=5, unique_by=lambda change: (change[0], change[1]),
)  # fmt: skip


@given(ASSIGNMENTS, CHANGES)
def test_T12_periods_say_for_every_day_who_was_responsible_then(assigned, announced):
    assignments = [
        ManagerAssignment(employee, at(first), None if last is None else at(last)) for employee, first, last in assigned
    ]
    changes = [away(*change) for change in announced]
    periods = responsible_periods(assignments, changes, at(1), at(13))
    for hours in range(0, 12 * 24, 12):
        instant: datetime = at(1) + timedelta(hours=hours)
        [period] = [
            period for period in periods if period.since <= instant and (period.until is None or instant < period.until)
        ]
        manager = manager_at(assignments, instant)
        assert period.responsible == responsible_for(manager, deputies_at(changes, instant))
    assert all(before.responsible != after.responsible for before, after in pairwise(periods))


def assigned(employee: str, when: datetime) -> TeamMemberAssigned:
    return TeamMemberAssigned(
        customer_id=ANN, assignment_id=new_id(), employee_id=employee, role="account_manager", assigned_at=when
    )


def released(assignment: TeamMemberAssigned, when: datetime) -> TeamMemberReleased:
    return TeamMemberReleased(**assignment.model_dump(exclude={"assigned_at"}), released_at=when)


async def test_T12_assignments_and_releases_in_any_order_of_arrival_come_to_the_same(database):
    mei, tom = assigned("E-1", at(1)), assigned("E-2", at(10))
    events = [mei, released(mei, at(10)), tom, released(tom, at(20))]
    for order in permutations(events):
        await database.run(lambda tx: tx.raw.execute("truncate account_team"))
        for event in order:
            await harness.deliver(database, subscriptions, [event])
        managers = [
            (await database.run(lambda tx, day=day: teams.list_account_managers(tx, at(day)))).get(ANN)
            for day in (1, 9, 10, 19, 20)
        ]
        assert managers == ["E-1", "E-1", "E-2", "E-2", None]


async def test_T12_absences_announced_in_any_order_come_to_the_same(database):
    def change(day: int, since: int | None, until: int | None, deputy: str | None) -> EmployeeChanged:
        return EmployeeChanged(
            change_id=new_id(), employee_id="E-1", changed_at=at(day), deputy_id=deputy,
            absent_from=None if since is None else at(since), absent_until=None if until is None else at(until),
        )  # fmt: skip

    events = [change(1, 5, 12, "E-2"), change(8, None, None, None), change(9, 20, 25, "E-3")]
    for order in permutations(events):
        await database.run(lambda tx: tx.raw.execute("truncate employee_absence"))
        for event in order:
            await harness.deliver(database, subscriptions, [event])
        deputies = [
            await database.run(lambda tx, day=day: teams.list_deputies(tx, at(day))) for day in (6, 8, 10, 21, 25)
        ]
        assert deputies == [{"E-1": "E-2"}, {}, {}, {"E-1": "E-3"}, {}]


async def test_T12_a_centre_given_for_the_past_leaves_absences_of_then_as_they_were(database):
    """It is announced with the past day, and with the absence of now, which is none."""
    away_then = EmployeeChanged(
        change_id=new_id(), employee_id="E-1", changed_at=at(8), absent_from=at(5), absent_until=at(30), deputy_id="E-2"
    )
    back = EmployeeChanged(change_id=new_id(), employee_id="E-1", changed_at=at(15))
    placed = EmployeeChanged(change_id=new_id(), employee_id="E-1", changed_at=at(10), centre="north")
    await harness.deliver(database, subscriptions, [away_then, back])
    await harness.deliver(database, subscriptions, [placed], recorded_at=at(20))
    deputies = [await database.run(lambda tx, day=day: teams.list_deputies(tx, at(day))) for day in (9, 12, 16, 21)]
    assert deputies == [{"E-1": "E-2"}, {"E-1": "E-2"}, {}, {}]
