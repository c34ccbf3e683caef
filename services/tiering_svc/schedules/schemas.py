"""Schedules of runs over HTTP: the document, what is due, and what ran."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.tiering_svc.core.schemas.shapes import Count, Version, Whole
from services.tiering_svc.schedules.domain.recurrence import Every
from services.tiering_svc.schedules.domain.run_schedule import RunKind
from shared.chassis import Read, Shape
from shared.jobs.http import JobRead

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class RunRecurrence(Shape):
    """When a kind of run is due, in the business zone: `every` says which of the other fields it needs."""

    every: Every = Field(description="off: it is never requested by schedule; each other one, how often it is due")
    month: Whole | None = Field(default=None, ge=1, le=3, description="of the quarter; for quarterly")
    day: Whole | None = Field(
        default=None, ge=1, le=31, description="of the month, 31 being the last of each; for monthly and quarterly"
    )
    weekday: Weekday | None = Field(default=None, description="the day of the week; for weekly")
    hour: Whole | None = Field(default=None, ge=0, le=23, description="of the day; for all but hourly")
    minute: Whole | None = Field(default=None, ge=0, le=59, description="of the hour")


RunAsOf = Annotated[
    Literal["due", "end_of_previous_month"],
    Field(description="as of the due instant, or of the last instant of the month before it"),
]


class ReviewScheduleWrite(Shape):
    """When tiers are reviewed, by the policy in force when the review begins."""

    recurrence: RunRecurrence
    as_of: RunAsOf
    apply: bool = Field(strict=True, description="false: it only shows what would be")


class DatedScheduleWrite(Shape):
    """When a run is due, and as of when it is."""

    recurrence: RunRecurrence
    as_of: RunAsOf


class UndatedScheduleWrite(Shape):
    """When a run is due that has its own instant: the month before it, or when it checks."""

    recurrence: RunRecurrence


class RunSchedulesDocument(Shape):
    """When each kind of run is due."""

    review: ReviewScheduleWrite
    warning_sweep: DatedScheduleWrite = Field(description="early warnings and stages of everybody")
    risk_sweep: UndatedScheduleWrite = Field(description="the risks of every key account, as of when it is checked")
    assessment: UndatedScheduleWrite = Field(
        description="managers and centres, for the month before the due instant; monthly or off"
    )
    lifetime_values: DatedScheduleWrite = Field(description="what every customer is still expected to bring")


class ScheduledRunRead(Read):
    """A run that a schedule requested, or why it could not."""

    kind: RunKind
    due_at: datetime = Field(description="when it was due")
    as_of: datetime | None = Field(description="null: as of when it runs")
    requested_at: datetime = Field(description="later than `due_at` when it was caught up after a pause")
    schedule_version: Version = Field(description="of the schedules in force at `due_at`")
    passed_over: Count = Field(description="due instants before it that were missed and are not run any more")
    refused: str | None = Field(description="the code of why it could not be requested; then there is no `run`")
    run: JobRead | None = Field(description="how far it is")
    result: Literal["applied", "simulated"] | None = Field(description="of a review that is over")
    simulated_because: str | None = Field(description="why a review only shows what would be")
    link: str | None = Field(description="the path of the run, or of the month's assessments")


class KindOfRunRead(Read):
    """A kind of run: when it is due, how far behind it is, and its last runs."""

    kind: RunKind
    recurrence: RunRecurrence
    next_due_at: datetime | None = Field(description="null: never, by the versions whose time is set")
    behind: Count = Field(description="runs that are due and not over, whether requested or not")
    behind_since: datetime | None = Field(description="when the first of these was due")
    last: list[ScheduledRunRead] = Field(description="its last runs, the last due first")


class ScheduleOverviewRead(Read):
    """What is due by the schedules in force, and what ran."""

    at: datetime = Field(description="the instant of this overview")
    time_zone: str = Field(description="the business zone that schedules are read in")
    schedule_id: UUID
    schedule_version: Version
    paused: bool = Field(description="by the operator: nothing is requested, and is caught up afterwards")
    kinds: list[KindOfRunRead]
