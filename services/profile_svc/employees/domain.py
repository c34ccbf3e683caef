"""An employee of the directory (P5)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Employee:
    """`employee_id` is the code the company gave; `centre` the code of the service centre they work at, if any."""

    employee_id: str
    name: str
    phone_extension: str | None
    centre: str | None = None
