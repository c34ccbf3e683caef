"""The phases of a run over all customers, as its job's cursor: which one it is in, and after whom it goes on."""

from typing import Any, Literal, NamedTuple
from uuid import UUID

Name = Literal["beginning", "collecting", "catching_up", "measuring", "cutting", "settling", "deciding", "replaying"]


class Phase(NamedTuple):
    """`after` is the last customer of the batch before, or the last stream whose head was collected."""

    name: Name
    after: str | None = None

    @classmethod
    def of(cls, cursor: Any) -> "Phase":
        """The phase a job's cursor says; one that has not begun has none."""
        return cls("beginning") if cursor is None else cls(cursor["phase"], cursor["after"])

    def as_cursor(self) -> dict[str, str | None]:
        """As the job keeps it."""
        return {"phase": self.name, "after": self.after}

    @property
    def after_customer(self) -> UUID | None:
        """The customer that the phase goes on after; None: from the beginning."""
        return None if self.after is None else UUID(self.after)


def cursor(name: Name, after: UUID | str | None = None) -> dict[str, str | None]:
    """The cursor of a phase, which goes on after a customer or a stream."""
    return Phase(name, None if after is None else str(after)).as_cursor()
