"""An employee of the directory (P5): their life from joining to leaving, and the absence a deputy stands in for."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from shared.errors import conflict, invalid

State = Literal["to_come", "present", "absent", "left"]


@dataclass(frozen=True, slots=True)
class Absence:
    """A time in which an employee is away. `until` None: it is not known yet; `deputy_id` None: nobody stands in."""

    since: datetime
    until: datetime | None = None
    deputy_id: str | None = None

    def check(self, employee_id: str) -> None:
        """Refuse an absence that ends before it begins (422), or who would stand in for themselves (409)."""
        if self.until is not None and self.until <= self.since:
            raise invalid("ends_before_it_begins", "An absence ends after it began.", pointer="/until")
        if self.deputy_id == employee_id:
            raise conflict("own_deputy", "Somebody else stands in for an employee.")

    def holds_at(self, at: datetime) -> bool:
        """Whether the employee is away at an instant."""
        return self.since <= at and (self.until is None or at < self.until)

    def overlaps(self, other: "Absence") -> bool:
        """Whether there is an instant that is within both."""
        return (self.until is None or other.since < self.until) and (other.until is None or self.since < other.until)


@dataclass(frozen=True, slots=True)
class Employee:
    """`employee_id` is the code the company gave; `centre` the code of the service centre they work at, if any.

    `subject` is what they sign in with, `unit` the code of the unit they belong to, `skills` codes of the company,
    `languages` BCP 47 tags, `capacity` how many accounts they can look after; `version` grows with every change.
    """

    employee_id: str
    name: str
    phone_extension: str | None
    centre: str | None = None
    absence: Absence | None = None  # the present or coming one
    subject: str | None = None
    unit: str | None = None
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    capacity: int | None = None
    joined_at: datetime | None = None
    left_at: datetime | None = None
    version: int = 1

    def state_at(self, at: datetime) -> State:
        """Whether they are there at an instant."""
        if self.left_at is not None and self.left_at <= at:
            return "left"
        if self.joined_at is not None and at < self.joined_at:
            return "to_come"
        return "absent" if self.absence is not None and self.absence.holds_at(at) else "present"

    def as_entered(self) -> "Employee":
        """The employee without what is never said when somebody is entered."""
        return replace(self, centre=None, absence=None, left_at=None, version=1)


@dataclass(frozen=True, slots=True)
class Placement:
    """The service centre an employee works at (None: none), and since when; without `since` it was never placed."""

    centre: str | None
    since: datetime | None

    def followed_by(self, later: "Placement") -> "Placement":
        """Where the employee works now, when it is also known to have been placed so: the latest placement holds."""
        if self.since is None or later.since is None or later.since >= self.since:
            return later
        return self


def check_deputy(deputy: Employee, absence: Absence) -> None:
    """Refuse who can not stand in (409): `deputy_left` for who left, `deputy_absent` for who is away meanwhile."""
    if deputy.left_at is not None:
        raise conflict("deputy_left", "Who left stands in for nobody.")
    if deputy.absence is not None and deputy.absence.overlaps(absence):
        raise conflict("deputy_absent", "The deputy is away in that time.")


def check_employed(employee: Employee) -> None:
    """Refuse who left (409 `employee_left`): nothing new becomes theirs."""
    if employee.left_at is not None:
        raise conflict("employee_left", "This employee left.")


def leave(employee: Employee, at: datetime) -> Employee:
    """The employee left at an instant; who left before stays so. 422 for an instant before they joined."""
    if employee.left_at is not None:
        return employee
    if employee.joined_at is not None and at < employee.joined_at:
        raise invalid("left_before_joined", "Nobody leaves before they joined.", pointer="/at")
    return replace(employee, left_at=at)
