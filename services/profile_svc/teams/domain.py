"""The account team (P5): who looks after a customer, in which role, since when, and the hand-over note on a change."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from shared.errors import conflict
from shared.events import Event, TeamMemberAssigned, TeamMemberReleased

Role = Literal["account_manager", "executive_sponsor", "service_engineer", "inside_sales", "field_sales"]
ROLES: tuple[Role, ...] = get_args(Role)  # also the order in which a caller is put through


@dataclass(frozen=True, slots=True)
class Assignment:
    id: UUID
    customer_id: UUID
    employee_id: str
    role: Role
    assigned_at: datetime
    released_at: datetime | None = None
    hand_over_note: str | None = None

    @property
    def is_current(self) -> bool:
        return self.released_at is None


def assign(
    team: Sequence[Assignment], new: Assignment, *, hand_over_note: str | None = None
) -> tuple[list[Assignment], list[Event]]:
    """Put somebody on the team. There is one account manager at a time: a new one takes over from the old.

    `team` is every assignment of the customer, past ones too. Returns the assignments that changed.
    """
    same_role = [one for one in team if one.role == new.role]
    if any(one.is_current and one.employee_id == new.employee_id for one in same_role):
        raise conflict("already_assigned", "this employee already has this role for this customer")
    changed, events = [], []
    if new.role == "account_manager":
        refuse_two_managers_at_once(same_role, new)
        for old in same_role:
            if old.is_current:
                released, facts = release(old, new.assigned_at, hand_over_note=hand_over_note)
                changed.append(released)
                events += facts
    changed.append(new)
    events.append(
        TeamMemberAssigned(
            customer_id=new.customer_id,
            assignment_id=new.id,
            employee_id=new.employee_id,
            role=new.role,
            assigned_at=new.assigned_at,
        )
    )
    return changed, events


def refuse_two_managers_at_once(managers: Sequence[Assignment], new: Assignment) -> None:
    """History is closed: a manager cannot take over before another one came or left."""
    latest = max((one.released_at or one.assigned_at for one in managers), default=None)
    if latest is not None and new.assigned_at < latest:
        raise conflict("overlaps_another_manager", "at that time another account manager was assigned")


def release(
    assignment: Assignment, at: datetime, *, hand_over_note: str | None = None
) -> tuple[Assignment, list[Event]]:
    """Take somebody off the team. Doing it again changes nothing."""
    if not assignment.is_current:
        return assignment, []
    if at < assignment.assigned_at:
        raise conflict("released_before_assigned", "an assignment cannot end before it began")
    released = replace(assignment, released_at=at, hand_over_note=hand_over_note)
    return released, [
        TeamMemberReleased(
            customer_id=released.customer_id,
            assignment_id=released.id,
            employee_id=released.employee_id,
            role=released.role,
            released_at=at,
        )
    ]


def who_answers(team: Sequence[Assignment]) -> Assignment | None:
    """Whom a caller is put through to (G4): the account manager, else the next role that somebody holds."""
    current = [one for one in team if one.is_current]
    return min(current, key=lambda one: (ROLES.index(one.role), one.assigned_at, one.employee_id), default=None)
