"""A job as a value, and what a step can say came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
UNFINISHED = (WAITING, RUNNING)


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of long work. `params` never change; the rest is how far it is."""

    id: UUID
    kind: str
    lane: str  # jobs of a lane are done one after another, in the order they were asked for
    params: Mapping[str, Any]
    cursor: Any  # JSON that the next step begins from; None before the first
    done: int  # progress: so many ...
    total: int | None  # ... of about so many, where that is known
    status: str
    steps: int  # how many have been committed: whoever saw another number saw another state
    tries: int  # that failed since the last step that was committed
    error: str | None  # the code of the last failure
    requested_by: str
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancelled_by: str | None

    def next(self, cursor: Any, *, done: int = 0, total: int | None = None) -> "Job":
        """The outcome of a step after which there is more to do. `done` is added to what was done before."""
        return replace(self, cursor=cursor, done=self.done + done, total=self.total if total is None else total)

    @property
    def finished(self) -> bool:
        return self.status not in UNFINISHED


@dataclass(frozen=True, slots=True)
class Done:
    """The outcome of the last step: `done` is what it did itself."""

    done: int = 0


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing can be done now, because something else has to come first: the step is taken again a little later."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The job can not be done, and why: what the step wrote stays. (An error that is raised takes it back.)"""

    code: str


Outcome = Job | Done | Wait | Failed
