"""An employee of the directory (P5)."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Employee:
    """`employee_id` is the code the company gave; `centre` the code of the service centre they work at, if any."""

    employee_id: str
    name: str
    phone_extension: str | None
    centre: str | None = None


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
