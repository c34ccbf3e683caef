"""A unit's place in the operator's tree (P5), without a database."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.profile_svc.units.domain import Unit, check_place
from shared.errors import DomainError, Kind

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def unit(code: str, parent: str | None = None, *, closed: bool = False) -> Unit:
    return Unit(code, code.title(), "branch", parent, NOON if closed else None)


def refusal_of(place: Unit, *others: Unit) -> str | None:
    try:
        check_place(place, {other.code: other for other in others})
    except DomainError as refusal:
        return refusal.code if refusal.kind == Kind.CONFLICT else f"{refusal.kind}: {refusal.code}"
    return None


GROUP, NORTH, CITY = unit("group"), unit("north", "group"), unit("city", "north")


@pytest.mark.parametrize(
    ("place", "others", "code"),
    [
        (unit("group"), (), None),
        (NORTH, (GROUP,), None),
        (unit("north", "north"), (GROUP, NORTH), "unit_below_itself"),
        (unit("north", "city"), (GROUP, NORTH, CITY), "unit_below_itself"),
        (unit("group", "city"), (GROUP, NORTH, CITY), "unit_below_itself"),
        (unit("city", "group"), (GROUP, NORTH, CITY), None),
        (unit("city", None), (GROUP, NORTH, CITY), None),
        (unit("city", "north"), (GROUP, unit("north", "group", closed=True)), "unit_closed"),
        (unit("city", "north", closed=True), (GROUP, unit("north", "group", closed=True)), None),
        (unit("north", "group", closed=True), (GROUP, NORTH, CITY), "unit_has_open_units"),
        (unit("north", "group", closed=True), (GROUP, NORTH, unit("city", "north", closed=True)), None),
        (unit("group", closed=True), (GROUP, unit("north", "group", closed=True), unit("city", "north")), None),
    ],
)
def test_P5_a_place_in_the_tree_that_cannot_be_is_refused(
    place: Unit, others: tuple[Unit, ...], code: str | None
) -> None:
    assert refusal_of(place, *others) == code


CODES = ["a", "b", "c", "d", "e", "f"]


@given(st.lists(st.sampled_from([None, *CODES]), min_size=6, max_size=6), st.sampled_from(CODES))
def test_P5_a_unit_is_refused_below_whoever_is_below_it(parents: list[str | None], code: str) -> None:
    """The oracle asks, unit by unit, whether as many steps up as there are units ever come to the unit. Trees are made
    by moves that were each right; the unit moves last, to where it was drawn."""
    wanted = dict(zip(CODES, parents, strict=True))
    tree: dict[str, str | None] = dict.fromkeys(CODES)

    def leads_to(start: str | None, goal: str, ups: dict[str, str | None]) -> bool:
        for _ in range(len(CODES) + 1):
            if start is None or start == goal:
                break
            start = ups[start]
        return start == goal

    for moved in [*(other for other in CODES if other != code), code]:
        would_circle = leads_to(wanted[moved], moved, tree)
        refusal = refusal_of(unit(moved, wanted[moved]), *(unit(other, tree[other]) for other in CODES))
        assert refusal == ("unit_below_itself" if would_circle else None)
        if not would_circle:
            tree[moved] = wanted[moved]


def test_P5_a_circle_that_was_there_before_ends_the_walk() -> None:
    """Rows of an old backup, say: the unit is not in the circle, and nobody walks for ever."""
    assert refusal_of(unit("x", "a"), unit("a", "b"), unit("b", "a")) is None


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (NORTH, Unit("north", "North Province", "province", "group", version=4), True),
        (NORTH, unit("north"), False),
        (NORTH, unit("north", "group", closed=True), False),
        (Unit("x", "X", "k", None, NOON), Unit("x", "X", "k", None, NOON.replace(hour=13)), True),
    ],
)
def test_P5_a_name_is_no_news_to_other_services_and_a_place_is(first: Unit, second: Unit, same: bool) -> None:
    assert first.is_the_same_place(second) == second.is_the_same_place(first) == same
