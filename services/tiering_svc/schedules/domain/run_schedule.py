"""When each kind of run is due, as of when it is, and whether it takes effect: the document of schedules, read."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any, Literal

from services.tiering_svc.core.domain.calendar import month_of, start_of
from services.tiering_svc.schedules.domain.recurrence import Every, Recurrence
from shared.errors import invalid

RunKind = Literal["review", "warning_sweep", "risk_sweep", "assessment", "lifetime_values"]
AsOfRule = Literal["due", "end_of_previous_month", "when_it_runs"]

MICROSECOND = timedelta(microseconds=1)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
RANGES: Mapping[str, Container[Any]] = {
    "month": range(1, 4), "day": range(1, 32), "weekday": WEEKDAYS, "hour": range(24), "minute": range(60)
}  # fmt: skip
NEEDED: Mapping[Every, tuple[str, ...]] = {
    "off": (),
    "hourly": ("minute",),
    "daily": ("hour", "minute"),
    "weekly": ("weekday", "hour", "minute"),
    "monthly": ("day", "hour", "minute"),
    "quarterly": ("month", "day", "hour", "minute"),
}
BY_MONTHS: tuple[Every, ...] = ("off", "monthly", "quarterly")


@dataclass(frozen=True, slots=True)
class KindOfRun:
    """What all runs of a kind have in common.

    `catches_up`: after a pause, `each` due instant that was missed is run, in order, or only the `last` one. `as_of`:
    the rule where the document says none. `recurrences` that make sense.
    """

    catches_up: Literal["each", "last"]
    as_of: AsOfRule
    recurrences: tuple[Every, ...]


KINDS: Mapping[RunKind, KindOfRun] = {
    # history: a review that is left out would be missing in it
    "review": KindOfRun("each", "end_of_previous_month", ("off", "daily", "weekly", "monthly", "quarterly")),
    # what is about to happen now: what an earlier sweep would have said is over
    "warning_sweep": KindOfRun("last", "due", ("off", "daily", "weekly", "monthly", "quarterly")),
    "risk_sweep": KindOfRun("last", "when_it_runs", ("off", "hourly", "daily", "weekly", "monthly", "quarterly")),
    # history again: each month has its own
    "assessment": KindOfRun("each", "end_of_previous_month", ("off", "monthly")),
    "lifetime_values": KindOfRun("last", "end_of_previous_month", ("off", "daily", "weekly", "monthly", "quarterly")),
}


@dataclass(frozen=True, slots=True)
class RunSchedule:
    """When a kind of run is due. `apply` (of reviews): whether it takes effect or only shows what would be."""

    kind: RunKind
    recurrence: Recurrence
    as_of: AsOfRule
    apply: bool = True


RunSchedules = Mapping[RunKind, RunSchedule]


def read_run_schedules(document: Mapping[str, Any], pointer: str = "") -> RunSchedules:
    """The schedules of a document whose shape is checked. What the shape cannot say is refused with 422 `missing`,
    `not_of_this_kind`, `out_of_range`, `recurrence_not_for_this_run` or `as_of_not_for_this_recurrence` at its field
    below `pointer`."""
    return {kind: _read_schedule(kind, document[kind], f"{pointer}/{kind}") for kind in KINDS}


def as_of_due(rule: AsOfRule, due_at: datetime, zone: tzinfo) -> datetime | None:
    """As of when a run is that was due at an instant. None: as of when it runs."""
    match rule:
        case "due":
            return due_at
        case "end_of_previous_month":
            return start_of(month_of(due_at, zone), zone) - MICROSECOND
        case _:
            return None


def _read_schedule(kind: RunKind, schedule: Mapping[str, Any], pointer: str) -> RunSchedule:
    recurrence = _read_recurrence(schedule["recurrence"], f"{pointer}/recurrence")
    if recurrence.every not in KINDS[kind].recurrences:
        raise invalid(
            "recurrence_not_for_this_run", f"A run of this kind recurs so: {', '.join(KINDS[kind].recurrences)}.",
            pointer=f"{pointer}/recurrence/every",
        )  # fmt: skip
    as_of = schedule.get("as_of", KINDS[kind].as_of)
    if as_of == "end_of_previous_month" and recurrence.every not in BY_MONTHS:
        raise invalid(
            "as_of_not_for_this_recurrence",
            "Only what recurs by months or quarters is as of the end of the month before.",
            pointer=f"{pointer}/as_of",
        )
    return RunSchedule(kind, recurrence, as_of, schedule.get("apply", True))


def _read_recurrence(fields: Mapping[str, Any], pointer: str) -> Recurrence:
    every: Every = fields["every"]
    given = {name: fields[name] for name in RANGES if fields.get(name) is not None}
    for name in RANGES:
        if name in NEEDED[every] and name not in given:
            raise invalid("missing", f"What is due {every} needs it.", pointer=f"{pointer}/{name}")
        if name in given and name not in NEEDED[every]:
            raise invalid("not_of_this_kind", f"What is due {every} does not have it.", pointer=f"{pointer}/{name}")
        if name in given and given[name] not in RANGES[name]:
            raise invalid("out_of_range", "There is no such time.", pointer=f"{pointer}/{name}")
    weekday = given.pop("weekday", WEEKDAYS[0])
    return Recurrence(every, weekday=WEEKDAYS.index(weekday), **given)
