"""Who looks after a customer that is one out of several (P5, P12), without a database."""

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.profile_svc.files.domain.combined_file import CombinedFile, FileMerge, Side, combine
from services.profile_svc.files.domain.customer_file import CustomerFile
from services.profile_svc.teams.domain import Assignment, Role, team_of_merged

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ROOT, OTHER, THIRD = (UUID(int=number) for number in (5, 1, 2))


def merged(keep: Side | None = None, *, edited: bool = False, third: bool = False) -> CombinedFile:
    """ROOT took in OTHER, and THIRD after it."""
    members = [ROOT, OTHER, THIRD] if third else [ROOT, OTHER]
    files = {id: CustomerFile(id, "person", {}, 1, NOON, NOON) for id in members}
    kept: dict[str, Side] = {} if keep is None else {"account_manager": keep}
    changed = frozenset({"account_manager"} if edited else ())
    merges = [FileMerge(UUID(int=50), ROOT, OTHER, kept, changed)]
    return combine(files, members, [*merges, FileMerge(UUID(int=51), ROOT, THIRD)] if third else merges)


def member(
    number: int, customer: UUID, employee: str, role: Role = "account_manager", day: int = 0, *, left: bool = False
) -> Assignment:
    at = NOON + timedelta(days=day)
    return Assignment(UUID(int=number), customer, employee, role, at, at + timedelta(hours=1) if left else None)


def shown(file: CombinedFile, *assignments: Assignment) -> list[tuple[str, str]]:
    return [(assignment.role, assignment.employee_id) for assignment in team_of_merged(file, assignments)]


@pytest.mark.parametrize(
    ("file", "manager"),
    [
        (merged(), "E-1"),
        (merged("root"), "E-1"),
        (merged("absorbed"), "E-2"),
        (merged("absorbed", edited=True), "E-1"),  # somebody was put there since
    ],
)
def test_P5_one_account_manager_counts_for_a_merged_customer(file: CombinedFile, manager: str) -> None:
    team = (member(1, ROOT, "E-1"), member(2, OTHER, "E-2", day=-9))
    assert shown(file, *team) == [("account_manager", manager)]


def test_P5_the_absorbed_ones_manager_stays_where_the_root_has_none() -> None:
    theirs = member(2, OTHER, "E-2")
    assert shown(merged(), theirs) == [("account_manager", "E-2")]
    assert shown(merged("root"), theirs) == [("account_manager", "E-2")]
    assert shown(merged(), member(1, ROOT, "E-1", left=True), theirs) == [("account_manager", "E-2")]
    assert shown(merged(third=True), member(3, THIRD, "E-3"), theirs) == [("account_manager", "E-2")]


def test_P5_a_manager_who_was_taken_away_since_does_not_come_back() -> None:
    """The root's manager left after the merge: nobody is, and not whom the absorbed customer had."""
    file = merged(edited=True)
    assert shown(file, member(1, ROOT, "E-1", left=True), member(2, OTHER, "E-2")) == []


def test_P5_everybody_else_stays_each_role_once_the_root_first() -> None:
    team = [
        member(1, OTHER, "E-1", "field_sales", day=-9),
        member(2, ROOT, "E-1", "field_sales"),
        member(3, ROOT, "E-1", "inside_sales"),
        member(4, OTHER, "E-4", "field_sales"),
        member(5, OTHER, "E-5", "service_engineer", left=True),
    ]
    members = team_of_merged(merged(), team)
    assert [assignment.id.int for assignment in members] == [2, 3, 4]


ASSIGNMENTS = st.builds(
    member,
    st.integers(1, 1000),
    st.sampled_from([ROOT, OTHER]),
    st.sampled_from(["E-1", "E-2", "E-3"]),
    st.sampled_from(["account_manager", "field_sales", "inside_sales"]),
    st.integers(-3, 3),
    left=st.booleans(),
)


@given(st.lists(ASSIGNMENTS, max_size=8, unique_by=lambda assignment: assignment.id), st.randoms(use_true_random=False))
def test_P5_nobody_is_lost_or_shown_twice(team: list[Assignment], dice: Random) -> None:
    members = team_of_merged(merged(), team)
    roles = {(assignment.role, assignment.employee_id) for assignment in members}
    assert len(roles) == len(members)
    beside = {(a.role, a.employee_id) for a in team if a.is_current and a.role != "account_manager"}
    assert {role for role in roles if role[0] != "account_manager"} == beside
    assert {a.customer_id for a in members if a.role == "account_manager"} <= {ROOT} or not any(
        a.is_current and a.role == "account_manager" and a.customer_id == ROOT for a in team
    )
    assert team_of_merged(merged(), dice.sample(team, len(team))) == members
