"""The employees' directory over HTTP (P5)."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from services.profile_svc.employees.domain import Absence, Employee
from shared.chassis import AnnouncedCode, Code, Instant, Name, Read, Shape, Text

# Language, script, region and variants of BCP 47 (RFC 5646); extensions say nothing about what somebody speaks.
LANGUAGE_TAG = re.compile(
    r"([a-z]{2,3})(-[a-z]{4})?(-(?:[a-z]{2}|[0-9]{3}))?((?:-(?:[0-9a-z]{5,8}|[0-9][0-9a-z]{3}))*)", re.IGNORECASE
)


def _language(tag: str) -> str:
    """The tag in the letters that RFC 5646 recommends: `zh-hans-cn` is `zh-Hans-CN`."""
    parts = LANGUAGE_TAG.fullmatch(tag)
    if parts is None:
        raise PydanticCustomError("language_tag", "This must be a BCP 47 language tag, like zh-Hans or en-GB.")
    language, script, region, variants = (part or "" for part in parts.groups())
    return language.lower() + script.title() + region.upper() + variants.lower()


Extension = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9*#+-]{1,20}$")]
Subject = Annotated[
    Text,
    StringConstraints(min_length=1, max_length=200),
    Field(description="what the identity provider calls them (the claim sub); one employee's only"),
]
UnitOf = Annotated[AnnouncedCode, Field(description="the unit that they belong to, by its code; null: to none")]
Skills = Annotated[list[AnnouncedCode], Field(max_length=50, description="what they can do, codes of the company")]
Languages = Annotated[
    list[Annotated[AnnouncedCode, AfterValidator(_language)]],
    Field(max_length=20, description="which languages they speak, as BCP 47 tags"),
]
Capacity = Annotated[
    int, Field(strict=True, ge=0, le=100_000, description="how many accounts they can look after; null: as rules say")
]
JoinedAt = Annotated[Instant, Field(description="when they joined; null: it is not known")]


class EmployeeCreate(Shape):
    """Somebody to enter into the directory."""

    employee_id: AnnouncedCode = Field(description="the company's code of them; it never changes")
    name: Name
    phone_extension: Extension | None = None
    subject: Subject | None = None
    unit: UnitOf | None = None
    skills: Skills = Field(default_factory=list)
    languages: Languages = Field(default_factory=list)
    capacity: Capacity | None = None
    joined_at: JoinedAt | None = None

    def employee(self) -> Employee:
        """The employee of this request."""
        return Employee(
            self.employee_id,
            self.name,
            self.phone_extension,
            subject=self.subject,
            unit=self.unit,
            skills=_once(self.skills),
            languages=_once(self.languages),
            capacity=self.capacity,
            joined_at=self.joined_at,
        )


class EmployeeUpdate(Shape):
    """What changes of an employee; what is not said stays as it is, null takes away what can be missing."""

    name: Name | None = None
    phone_extension: Extension | None = None
    subject: Subject | None = None
    unit: UnitOf | None = None
    skills: Skills | None = None
    languages: Languages | None = None
    capacity: Capacity | None = None
    joined_at: JoinedAt | None = None

    def amended(self, employee: Employee) -> Employee:
        """The employee with these changes."""
        changes = {field: getattr(self, field) for field in self.model_fields_set - {"name", "skills", "languages"}}
        return replace(
            employee,
            name=self.name or employee.name,
            skills=employee.skills if self.skills is None else _once(self.skills),
            languages=employee.languages if self.languages is None else _once(self.languages),
            **changes,
        )


def _once(codes: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(codes))


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

    state: Code = Field(description="now: to_come, present, absent or left; more may follow")
    unit: str | None = Field(description="the unit they belong to; null: none")
    skills: list[str] = Field(description="what they can do, codes of the company")
    languages: list[str] = Field(description="which languages they speak, as BCP 47 tags")
    capacity: int | None = Field(
        description="how many accounts they can look after; null: as rules say", json_schema_extra={"format": "int32"}
    )
    signs_in: bool = Field(description="whether a sign-in is known to be theirs")
    centre: str | None = Field(description="the service centre; null: none")
    absence: AbsenceRead | None = Field(description="the present or coming one; null: none")
    joined_at: datetime | None = Field(description="null: it is not known")
    left_at: datetime | None = Field(description="null: they are still there")


def show_employee(employee: Employee) -> EmployeeRead:
    """An employee as others see them."""
    return EmployeeRead(employee_id=employee.employee_id, name=employee.name, phone_extension=employee.phone_extension)


def show_entry(employee: Employee, at: datetime) -> EmployeeEntryRead:
    """An employee as the directory shows them at an instant."""
    absence = None if employee.absence is None else AbsenceRead.model_validate(employee.absence)
    return EmployeeEntryRead(
        **show_employee(employee).model_dump(),
        state=employee.state_at(at),
        unit=employee.unit,
        skills=list(employee.skills),
        languages=list(employee.languages),
        capacity=employee.capacity,
        signs_in=employee.subject is not None,
        centre=employee.centre,
        absence=absence,
        joined_at=employee.joined_at,
        left_at=employee.left_at,
    )
