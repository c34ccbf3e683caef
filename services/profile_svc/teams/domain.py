"""The account team (P5): who looks after a customer, in which role, since when, and the hand-over note on a change."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from services.profile_svc.files.domain.combined_file import ACCOUNT_MANAGER, CombinedFile
from shared.errors import conflict
from shared.events import Event, TeamMemberAssigned, TeamMemberReleased

Role = Literal["account_manager", "executive_sponsor", "service_engineer", "inside_sales", "field_sales"]
ROLES: tuple[Role, ...] = get_args(Role)  # also the order in which a caller is put through


@dataclass(frozen=True, slots=True)
class Assignment:
    """An employee in a role for a customer, from `assigned_at` to `released_at`; None: to this day."""

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

    `team` is every assignment of the customer, past ones too. Returns the changed assignments, and the events. 409 when
    the employee has the role already, or an account manager would overlap another one (P5).
    """
    same_role = [assignment for assignment in team if assignment.role == new.role]
    if any(assignment.is_current and assignment.employee_id == new.employee_id for assignment in same_role):
        raise conflict("already_assigned", "This employee already has this role for this customer.")
    changed, events = [], []
    if new.role == "account_manager":
        refuse_overlapping_managers(same_role, new)
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


def refuse_overlapping_managers(managers: Sequence[Assignment], new: Assignment) -> None:
    """409 when the new account manager would begin before another one came or left: history is closed (P5)."""
    latest = max((assignment.released_at or assignment.assigned_at for assignment in managers), default=None)
    if latest is not None and new.assigned_at < latest:
        raise conflict("overlaps_another_manager", "At that time another account manager was assigned.")


def release(
    assignment: Assignment, at: datetime, *, hand_over_note: str | None = None
) -> tuple[Assignment, list[Event]]:
    """Take somebody off the team at `at`. Returns the assignment, and the events; releasing again changes nothing."""
    if not assignment.is_current:
        return assignment, []
    if at < assignment.assigned_at:
        raise conflict("released_before_assigned", "An assignment cannot end before it began.")
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
    current = [assignment for assignment in team if assignment.is_current]
    return min(
        current,
        key=lambda assignment: (ROLES.index(assignment.role), assignment.assigned_at, assignment.employee_id),
        default=None,
    )


def team_of_merged(file: CombinedFile, assignments: Sequence[Assignment]) -> list[Assignment]:
    """Who looks after a customer now, of the assignments of all its members (P12): one account manager, the one whose
    member's counts for the merges in force; of everybody else the same role once, as the first member has it."""
    current = [assignment for assignment in assignments if assignment.is_current]
    managed = {assignment.customer_id for assignment in current if assignment.role == ACCOUNT_MANAGER}
    manager_of = file.surviving(ACCOUNT_MANAGER, managed)
    places = {id: place for place, id in enumerate(file.members)}
    team: dict[tuple[str, str], Assignment] = {}
    for assignment in sorted(current, key=lambda a: (places[a.customer_id], a.assigned_at, a.id)):
        if assignment.role != ACCOUNT_MANAGER or assignment.customer_id == manager_of:
            team.setdefault((assignment.role, assignment.employee_id), assignment)
    return list(team.values())
