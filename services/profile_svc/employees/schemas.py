"""The employees' directory over HTTP (P5)."""

from typing import Annotated

from pydantic import Field, StringConstraints

from services.profile_svc.employees.domain import Employee
from shared.chassis import Code, Instant, Name, Read, Shape

Extension = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9*#+-]{1,20}$")]


class EmployeeCreate(Shape):
    """Somebody to enter into the directory."""

    employee_id: Code
    name: Name
    phone_extension: Extension | None = None


class CentreUpdate(Shape):
    """The service centre somebody works at from an instant on."""

    centre: Code | None = Field(description="null: at none")
    since: Instant | None = Field(
        default=None,
        alias="from",
        description="since when, also of the past, until the next placement; now, if not given",
    )


class EmployeeRead(Read):
    """An employee as others see them: name and extension."""

    employee_id: str
    name: str
    phone_extension: str | None


class EmployeeEntryRead(EmployeeRead):
    """As the directory shows it."""

    centre: str | None = Field(description="the service centre; null: none")


def show_employee(employee: Employee) -> EmployeeRead:
    """An employee as others see them."""
    return EmployeeRead(employee_id=employee.employee_id, name=employee.name, phone_extension=employee.phone_extension)


def show_entry(employee: Employee) -> EmployeeEntryRead:
    """An employee as the directory shows them."""
    return EmployeeEntryRead(**show_employee(employee).model_dump(), centre=employee.centre)
