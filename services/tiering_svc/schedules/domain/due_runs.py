"""Which runs are due now: each missed review and assessment in order, of all other runs the last missed one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo

from services.tiering_svc.schedules.domain.recurrence import due_instants, next_due
from services.tiering_svc.schedules.domain.run_schedule import (
    KINDS,
    MICROSECOND,
    RunKind,
    RunSchedule,
    RunSchedules,
    as_of_due,
)


@dataclass(frozen=True, slots=True)
class SchedulePeriod:
    """From `begins_at` until just before `ends_at` (None: no end is set) a version of the schedules is in force."""

    version: int
    begins_at: datetime
    ends_at: datetime | None
    schedules: RunSchedules


@dataclass(frozen=True, slots=True)
class DueRun:
    """A run that is due, and how many due instants of its kind before it nobody runs any more (`passed_over`)."""

    schedule: RunSchedule
    version: int
    due_at: datetime
    as_of: datetime | None  # None: as of when it runs
    passed_over: int = 0

    @property
    def kind(self) -> RunKind:
        """The kind of run."""
        return self.schedule.kind


def list_due_runs(
    kind: RunKind, periods: Iterable[SchedulePeriod], zone: tzinfo, after: datetime, at: datetime
) -> list[DueRun]:
    """The runs of a kind to be requested at `at`, in the order of their due instants, all of them after `after`.

    `after` is the last due instant that was seen to, or when this system began. `periods` come by their beginnings. A
    due instant counts by the version that was in force at it.
    """
    due = list(_due_runs(kind, periods, zone, after, at))
    if KINDS[kind].catches_up == "each" or len(due) < 2:
        return due
    last = due[-1]
    return [DueRun(last.schedule, last.version, last.due_at, last.as_of, len(due) - 1)]


def find_next_due(
    kind: RunKind, periods: Iterable[SchedulePeriod], zone: tzinfo, after: datetime
) -> datetime | None:  # fmt: skip
    """The next due instant of a kind after `after`, by the versions whose time is set; None where there is none."""
    for period in periods:
        begins = max(after, period.begins_at - MICROSECOND)
        if period.ends_at is None or period.ends_at > begins:
            due_at = next_due(period.schedules[kind].recurrence, zone, begins)
            if due_at is not None and (period.ends_at is None or due_at < period.ends_at):
                return due_at
    return None


def _due_runs(
    kind: RunKind, periods: Iterable[SchedulePeriod], zone: tzinfo, after: datetime, at: datetime
) -> Iterator[DueRun]:
    for period in periods:
        schedule = period.schedules[kind]
        begins = max(after, period.begins_at - MICROSECOND)
        until = at if period.ends_at is None else min(at, period.ends_at - MICROSECOND)
        if schedule.recurrence.every != "off" and begins < until:
            for due_at in due_instants(schedule.recurrence, zone, begins, until):
                yield DueRun(schedule, period.version, due_at, as_of_due(schedule.as_of, due_at, zone))
