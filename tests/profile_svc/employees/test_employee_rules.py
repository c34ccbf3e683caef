"""An employee from joining to leaving, and who can stand in for whom (P5), without a database."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.profile_svc.employees.domain import (
    Absence,
    Employee,
    Placement,
    State,
    check_deputy,
    check_employed,
    leave,
)
from shared.errors import DomainError, Kind

START = datetime(2026, 3, 1, tzinfo=UTC)
ANN = Employee("E-1", "Ann", "204")


def day(number: int) -> datetime:
    return START + timedelta(days=number - 1)


def refusal_of(call: Callable[[], object]) -> tuple[Kind, str, str | None]:
    with pytest.raises(DomainError) as refused:
        call()
    return refused.value.kind, refused.value.code, refused.value.pointer


@pytest.mark.parametrize(
    ("at", "state"),
    [
        (day(1), "to_come"),
        (day(2), "present"),  # the instant of joining
        (day(4), "present"),
        (day(5), "absent"),  # the absence is half open
        (day(8), "absent"),
        (day(9), "present"),
        (day(19), "present"),
        (day(20), "left"),
        (day(30), "left"),
    ],
)
def test_P5_an_employee_is_to_come_there_away_and_gone(at: datetime, state: State) -> None:
    ann = replace(ANN, joined_at=day(2), left_at=day(20), absence=Absence(day(5), day(9)))
    assert ann.state_at(at) == state


def test_P5_who_left_while_away_left() -> None:
    ann = replace(ANN, absence=Absence(day(5)), left_at=day(7))
    assert [ann.state_at(day(number)) for number in (4, 6, 7, 9)] == ["present", "absent", "left", "left"]


def test_P5_of_whom_nothing_is_known_is_there() -> None:
    assert ANN.state_at(day(1)) == "present"


def test_P5_an_absence_without_an_end_goes_on() -> None:
    assert Absence(day(5)).holds_at(day(5))
    assert Absence(day(5)).holds_at(day(5000))
    assert not Absence(day(5)).holds_at(day(4))


DAYS = st.integers(1, 12)
ABSENCES = st.builds(
    lambda since, length: Absence(day(since), None if length is None else day(since + length)),
    DAYS,
    st.none() | st.integers(1, 6),
)


@given(ABSENCES, ABSENCES)
def test_P5_absences_overlap_where_a_day_is_within_both(first: Absence, second: Absence) -> None:
    """The oracle goes through the days: all begin and end with one, and beyond the last nothing changes."""
    days = [day(number) for number in range(1, 30)]
    both = any(first.holds_at(at) and second.holds_at(at) for at in days)
    assert first.overlaps(second) == second.overlaps(first) == both


def test_P5_who_left_stands_in_for_nobody() -> None:
    bob = Employee("E-2", "Bob", None, left_at=day(3))
    assert refusal_of(lambda: check_deputy(bob, Absence(day(9), day(11), "E-2"))) == (
        Kind.CONFLICT, "deputy_left", None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("away", "refused"),
    [
        (None, False),
        (Absence(day(1), day(5)), False),  # back on the day the other one goes
        (Absence(day(9), day(20)), False),
        (Absence(day(8), day(20)), True),
        (Absence(day(6), day(7)), True),
        (Absence(day(1)), True),
        (Absence(day(9)), False),
    ],
)
def test_P5_who_is_away_meanwhile_does_not_stand_in(away: Absence | None, refused: bool) -> None:
    bob = Employee("E-2", "Bob", None, absence=away)
    wanted = Absence(day(5), day(9), "E-2")
    if refused:
        assert refusal_of(lambda: check_deputy(bob, wanted)) == (Kind.CONFLICT, "deputy_absent", None)
    else:
        check_deputy(bob, wanted)


def test_P5_nothing_new_becomes_theirs_who_left() -> None:
    check_employed(ANN)
    assert refusal_of(lambda: check_employed(replace(ANN, left_at=day(3)))) == (Kind.CONFLICT, "employee_left", None)


def test_P5_leaving_is_once_and_not_before_joining() -> None:
    left = leave(replace(ANN, joined_at=day(2)), day(9))
    assert left == replace(ANN, joined_at=day(2), left_at=day(9))
    assert leave(left, day(12)) is left
    assert leave(replace(ANN, joined_at=day(2)), day(2)).left_at == day(2)  # came and went
    assert leave(ANN, day(1)).left_at == day(1)  # nobody knows when they joined
    assert refusal_of(lambda: leave(replace(ANN, joined_at=day(2)), day(1))) == (
        Kind.INVALID, "left_before_joined", "/at",
    )  # fmt: skip


def test_P5_entering_somebody_again_says_nothing_of_their_life() -> None:
    """What an entry never says is no difference between it and the employee that is there."""
    lived = replace(ANN, centre="north", absence=Absence(day(5)), left_at=day(9), version=7, unit="U-1", capacity=40)
    assert lived.as_entered() == replace(ANN, unit="U-1", capacity=40)


@given(st.lists(st.tuples(st.sampled_from(["north", "south", None]), DAYS), min_size=1, max_size=6))
def test_P5_the_latest_placement_holds_in_whatever_order_they_are_told(
    placements: list[tuple[str | None, int]],
) -> None:
    """Of two at the same instant the one told last."""
    placed = Placement(None, None)
    for centre, number in placements:
        placed = placed.followed_by(Placement(centre, day(number)))
    last_day = max(number for _, number in placements)
    assert placed == Placement([centre for centre, number in placements if number == last_day][-1], day(last_day))
