"""An employee of the directory (P5)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Employee:
    employee_id: str
    name: str
    phone_extension: str | None
    centre: str | None = None
