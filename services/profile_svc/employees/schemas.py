"""The employees' directory over HTTP (P5)."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from services.profile_svc.employees.domain import Absence, Employee
from shared.chassis import AnnouncedCode, Code, Instant, Name, Read, Shape

Extension = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9*#+-]{1,20}$")]


class EmployeeCreate(Shape):
    """Somebody to enter into the directory."""

    employee_id: AnnouncedCode
    name: Name
    phone_extension: Extension | None = None


class CentreUpdate(Shape):
    """The service centre somebody works at from an instant on."""

    centre: AnnouncedCode | None = Field(description="null: at none")
    since: Instant | None = Field(
        default=None,
        alias="from",
        description="since when, also of the past, until the next placement; now, if not given",
    )


class AbsenceWrite(Shape):
    """A time in which somebody is away."""

    since: Instant = Field(description="when it begins or began")
    until: Instant | None = Field(default=None, description="when they are back; null: not known yet")
    deputy_id: Code | None = Field(default=None, description="who stands in meanwhile; null: nobody")

    def absence(self) -> Absence:
        """The absence of this request."""
        return Absence(self.since, self.until, self.deputy_id)


class AbsenceRead(Read):
    """A time in which somebody is away."""

    since: datetime
    until: datetime | None = Field(description="null: not known yet")
    deputy_id: str | None = Field(description="who stands in meanwhile; null: nobody")


class EmployeeRead(Read):
    """An employee as others see them: name and extension."""

    employee_id: str
    name: str
    phone_extension: str | None


class EmployeeEntryRead(EmployeeRead):
    """As the directory shows it."""

    centre: str | None = Field(description="the service centre; null: none")
    absence: AbsenceRead | None = Field(description="the present or coming one; null: none")


def show_employee(employee: Employee) -> EmployeeRead:
    """An employee as others see them."""
    return EmployeeRead(employee_id=employee.employee_id, name=employee.name, phone_extension=employee.phone_extension)


def show_entry(employee: Employee) -> EmployeeEntryRead:
    """An employee as the directory shows them."""
    absence = None if employee.absence is None else AbsenceRead.model_validate(employee.absence)
    return EmployeeEntryRead(**show_employee(employee).model_dump(), centre=employee.centre, absence=absence)
