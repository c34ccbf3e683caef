"""P5: who looks after a customer; assignment account manager at a time, with a hand-over note on the change. Pure."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.profile_svc.teams.domain import Assignment, assign, release, who_answers
from shared.errors import DomainError
from shared.events import TeamMemberAssigned, TeamMemberReleased

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
CUSTOMER = UUID(int=1)


def member(number: int, employee: str, role="account_manager", at: datetime = AT) -> Assignment:
    return Assignment(UUID(int=number), CUSTOMER, employee, role, at)


def test_P5_a_new_account_manager_releases_the_old_with_a_note():
    old = member(1, "E-1")
    changed, events = assign([old], member(2, "E-2", at=AT + timedelta(days=9)), hand_over_note="prefers mornings")
    assert [(assignment.employee_id, assignment.is_current, assignment.hand_over_note) for assignment in changed] == [
        ("E-1", False, "prefers mornings"),
        ("E-2", True, None),
    ]
    assert changed[0].released_at == changed[1].assigned_at
    assert [type(event) for event in events] == [TeamMemberReleased, TeamMemberAssigned]
    assert not any("mornings" in event.model_dump_json() for event in events)


def test_P5_other_roles_stand_beside_each_other():
    team = [member(1, "E-1"), member(2, "E-2", "field_sales")]
    changed, events = assign(team, member(3, "E-3", "field_sales"))
    assert [assignment.employee_id for assignment in changed] == ["E-3"]
    assert len(events) == 1


def test_P5_nobody_has_the_same_role_twice():
    with pytest.raises(DomainError, match="already_assigned"):
        assign([member(1, "E-1")], member(2, "E-1"))
    with pytest.raises(DomainError, match="already_assigned"):
        assign([member(1, "E-1", "field_sales")], member(2, "E-1", "field_sales"))


def test_P5_history_is_closed_two_managers_never_overlap():
    past = release(member(1, "E-1"), AT + timedelta(days=10))[0]
    for days in (-1, 0, 9):
        with pytest.raises(DomainError, match="overlaps_another_manager"):
            assign([past], member(2, "E-2", at=AT + timedelta(days=days)))
    assert assign([past], member(2, "E-2", at=AT + timedelta(days=10)))[0][0].is_current
    with pytest.raises(DomainError, match="overlaps_another_manager"):
        assign([member(1, "E-1")], member(2, "E-2", at=AT - timedelta(days=1)))


def test_P5_releasing_again_changes_nothing():
    released, events = release(member(1, "E-1"), AT + timedelta(days=1))
    assert len(events) == 1
    assert release(released, AT + timedelta(days=2)) == (released, [])
    with pytest.raises(DomainError, match="released_before_assigned"):
        release(member(1, "E-1"), AT - timedelta(days=1))


def test_G4_a_caller_is_put_through_to_the_manager_else_the_next_role():
    team = [member(1, "E-1", "field_sales"), member(2, "E-2", "inside_sales"), member(3, "E-3")]
    assert who_answers(team) == team[2]
    assert who_answers(team[:2]) == team[1]
    assert who_answers([release(team[0], AT)[0]]) is None
