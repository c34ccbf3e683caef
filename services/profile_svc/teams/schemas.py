"""The account team and the employees' directory over HTTP (P5)."""

from pydantic import Field

from services.profile_svc.employees.schemas import EmployeeRead, show_employee
from services.profile_svc.teams.domain import Role
from services.profile_svc.teams.repository import TeamMember
from shared.chassis import Code, Id, Instant, Read, Shape, Text


class AssignmentCreate(Shape):
    """`from` is when it begins; now when it is not said. The note is kept with whoever is released by it."""

    employee_id: Code
    role: Role
    since: Instant | None = Field(default=None, alias="from")
    hand_over_note: Text | None = None


class AssignmentRead(Read):
    """An employee in a role for the customer."""

    id: Id
    employee: EmployeeRead
    role: Role
    assigned_at: Instant
    released_at: Instant | None
    hand_over_note: str | None


class DepartureCreate(Shape):
    """That an employee left."""

    at: Instant | None = Field(default=None, description="when they left; now, if not given")


class AccountRead(Read):
    """A customer whom an employee looks after now."""

    customer_id: Id
    customer_name: str | None = Field(description="null: the file has no name yet")
    role: Role
    employee_id: str = Field(description="whose account it is: the employee, or whom they stand in for")
    assigned_at: Instant


class TeamRead(Read):
    """The team now, and who was on it before, each oldest first."""

    members: list[AssignmentRead]
    past: list[AssignmentRead] = Field(
        description="of a merged customer also account managers of its members who do not count while it is merged"
    )


def show_member(member: TeamMember) -> AssignmentRead:
    """An assignment with its employee."""
    assignment = member.assignment
    return AssignmentRead(
        id=assignment.id,
        employee=show_employee(member.employee),
        role=assignment.role,
        assigned_at=assignment.assigned_at,
        released_at=assignment.released_at,
        hand_over_note=assignment.hand_over_note,
    )
