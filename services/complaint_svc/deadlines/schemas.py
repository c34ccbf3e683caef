"""HTTP shapes of deadlines and of the rules they are counted by."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from services.complaint_svc.calendars.schemas import HoursRead
from shared.chassis import Code, Read, Shape
from shared.events.complaint import CaseKind, Severity

INT32 = {"format": "int32"}
Minutes = Annotated[int, Field(ge=1, le=60 * 24 * 366, json_schema_extra=INT32)]


class StageAllowance(Shape):
    """Working minutes from filing to each stage, of a kind, severity and tier; without them: no such deadline."""

    kind: CaseKind
    severity: Severity
    tier: Code = Field(description="a tier's code; `any` is for all tiers that are not named and for no tier")
    acknowledgement_minutes: Minutes | None = None
    proposal_minutes: Minutes | None = None
    solution_minutes: Minutes | None = None


EscalationHours = Annotated[int, Field(ge=1, le=24 * 366, json_schema_extra=INT32)]


class EscalationHoursByLevel(Shape):
    """Working hours for which a level may ignore a breach. The breach itself is the manager's at once; nobody is above
    the sponsor."""

    manager: EscalationHours | None = Field(default=None, description="before it is the head's")
    head: EscalationHours | None = Field(default=None, description="before it is the sponsor's")


class DeadlineRulesDocument(Shape):
    """How much working time the stages are given, when to warn, to escalate, and how long a case can be reopened.

    The allowances hold one of every kind and severity for the tier `any`. When to warn is said by `warning_percent` or
    by `warning_lead_minutes`: exactly one of both.
    """

    warning_percent: Annotated[int, Field(ge=1, le=99, json_schema_extra=INT32)] | None = Field(
        default=None, description="of the allowance: warn when so much of it is used"
    )
    warning_lead_minutes: Minutes | None = Field(
        default=None, description="working minutes: warn so long before it is due, at once where that is all of it"
    )
    escalation_hours: EscalationHours = Field(
        description="working hours a breach may be ignored before it is escalated, at each level that has no own hours"
    )
    escalation_hours_by_level: EscalationHoursByLevel | None = Field(
        default=None, description="the hours of levels that have their own"
    )
    reopening_days: Annotated[int, Field(ge=0, le=3660, description="after the closing", json_schema_extra=INT32)]
    allowances: Annotated[list[StageAllowance], Field(min_length=20, max_length=2000)]


class DeadlineRead(Read):
    """`remaining_seconds` is working time; null once the deadline has ended.

    The versions are those of the rules that gave the allowance, and of the calendar the due date was counted by.
    """

    round: int
    stage: Literal["acknowledgement", "proposal", "solution"]
    state: Literal["running", "paused", "met", "breached", "cancelled"]
    tier: str | None = Field(description="whose allowance it has, and by whose hours it is counted")
    region: str | None = Field(description="by whose hours it is counted")
    allowance_seconds: int
    remaining_seconds: int | None
    started_at: datetime
    due_at: datetime
    deadline_rules_version: int
    calendar_rules_version: int
    warned_at: datetime | None
    breached_at: datetime | None
    done_late_at: datetime | None
    met_at: datetime | None
    cancelled_at: datetime | None


class PauseRead(Read):
    """While the customer was to answer; `to` is null as long as it is."""

    start: datetime = Field(serialization_alias="from")
    end: datetime | None = Field(serialization_alias="to")


class DeadlineExplanation(DeadlineRead):
    """A deadline with what it was counted by: from `started_at` on the time of `allowance_seconds`, in the openings of
    `hours`, without `pauses`. A due date that was promised is never moved back, so it may be earlier than that (K11).
    """

    pauses: list[PauseRead]
    hours: HoursRead = Field(description="by the version of the calendar it was counted by last, day by day")
