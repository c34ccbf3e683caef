"""The account team and the employees' directory over HTTP (P5)."""

from typing import Annotated

from pydantic import Field, StringConstraints

from services.profile_svc.domain.team import Role
from services.profile_svc.repository.team import Employee, Member
from shared.chassis import Code, Id, Instant, Name, Read, Shape, Text

Extension = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9*#+-]{1,20}$")]


class EmployeeCreate(Shape):
    employee_id: Code
    name: Name
    phone_extension: Extension | None = None


class CentreUpdate(Shape):
    centre: Code | None = Field(description="null: at none")


class EmployeeRead(Read):
    employee_id: str
    name: str
    phone_extension: str | None


class EmployeeEntryRead(EmployeeRead):
    """As the directory shows it."""

    centre: str | None = Field(description="the service centre; null: none")


class AssignmentCreate(Shape):
    """`from` is when it begins; now when it is not said. The note is kept with whoever is released by it."""

    employee_id: Code
    role: Role
    since: Instant | None = Field(default=None, alias="from")
    hand_over_note: Text | None = None


class AssignmentRead(Read):
    id: Id
    employee: EmployeeRead
    role: Role
    assigned_at: Instant
    released_at: Instant | None
    hand_over_note: str | None


class TeamRead(Read):
    members: list[AssignmentRead]
    past: list[AssignmentRead]


def show_employee(employee: Employee) -> EmployeeRead:
    return EmployeeRead(employee_id=employee.employee_id, name=employee.name, phone_extension=employee.phone_extension)


def show_entry(employee: Employee) -> EmployeeEntryRead:
    return EmployeeEntryRead(**show_employee(employee).model_dump(), centre=employee.centre)


def show_member(member: Member) -> AssignmentRead:
    one = member.assignment
    return AssignmentRead(
        id=one.id,
        employee=show_employee(member.employee),
        role=one.role,
        assigned_at=one.assigned_at,
        released_at=one.released_at,
        hand_over_note=one.hand_over_note,
    )
