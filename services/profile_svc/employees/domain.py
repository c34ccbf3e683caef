"""An employee of the directory (P5), and the absence in which a deputy stands in."""

from dataclasses import dataclass
from datetime import datetime

from shared.errors import conflict, invalid


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


@dataclass(frozen=True, slots=True)
class Employee:
    """`employee_id` is the code the company gave; `centre` the code of the service centre they work at, if any."""

    employee_id: str
    name: str
    phone_extension: str | None
    centre: str | None = None
    absence: Absence | None = None  # the present or coming one


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
