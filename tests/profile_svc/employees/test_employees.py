"""Absences and placements of employees (P5), without a database."""

from datetime import UTC, datetime

import pytest

from services.profile_svc.employees.domain import Absence, Placement
from shared.errors import DomainError


def day(number: int) -> datetime:
    return datetime(2026, 3, number, tzinfo=UTC)


@pytest.mark.parametrize(
    ("absence", "code"),
    [
        (Absence(day(5), day(5)), "ends_before_it_begins"),
        (Absence(day(5), day(4)), "ends_before_it_begins"),
        (Absence(day(5), day(6), "E-1"), "own_deputy"),
    ],
)
def test_P5_an_absence_that_cannot_be_is_refused(absence: Absence, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        absence.check("E-1")
    assert refused.value.code == code


def test_P5_an_absence_may_have_no_end_and_a_deputy() -> None:
    Absence(day(5)).check("E-1")
    Absence(day(5), day(9), "E-2").check("E-1")


def test_P5_the_latest_placement_holds_however_late_an_earlier_one_is_told() -> None:
    north, south = Placement("north", day(3)), Placement("south", day(8))
    assert Placement(None, None).followed_by(north) == north
    assert north.followed_by(south) == south
    assert south.followed_by(north) == south
