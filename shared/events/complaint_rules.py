"""What complaint announces of the rules that its deadlines are counted by: the calendar, and the working times (C3)."""

from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.events.base import Code, Event, Instant, Part, catalogued
from shared.events.complaint import TOPIC

Hours = Annotated[str, Field(pattern=r"^\d\d:\d\d-\d\d:\d\d$")]  # 09:00-17:00, by the business's own clock
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class RulesEvent(Event):
    """Base of the events of a rule set: which version is in force, and from when on."""

    topic: ClassVar[str] = TOPIC
    key_field: ClassVar[str] = "rules_id"
    time_field: ClassVar[str] = "activated_at"

    rules_id: UUID
    """The rule set, which is also the key: there is no customer."""
    version: int
    """The version that is put in force; what is due by it names it."""
    effective_from: Instant
    """From when on it holds; it may be later than its activation."""
    activated_at: Instant
    """When it was put in force, by a person."""


class OpenDay(Part):
    """When the business is open on a weekday."""

    weekday: Weekday
    """Which day of the week."""
    hours: tuple[Hours, ...]
    """The openings of the day, in order; none: it is closed."""


class SpecialDayOpen(Part):
    """A day on which the business works otherwise than its week and what is published: a holiday of its own, or a day
    that is worked to make up for one."""

    day: date
    """Which day."""
    hours: tuple[Hours, ...]
    """Its openings, in order; none: it is closed."""


class OtherHoursOpen(Part):
    """What is otherwise for customers of a tier, of a region, or of a tier in a region. What is missing here is as the
    tier, else the region, else everyone has it, in this order."""

    tier: Code | None = None
    """The customers' tier; missing: all tiers."""
    region: Code | None = None
    """The customers' region; missing: all regions."""
    week: tuple[OpenDay, ...] | None = None
    """All seven weekdays, Monday first."""
    holidays: Code | None = None
    """The country, or the part of one, whose published holidays and make-up days hold."""
    no_holidays: bool = False
    """No published holidays hold."""
    special_days: tuple[SpecialDayOpen, ...] | None = None
    """What is otherwise than the week and what is published, in order of the days."""


@catalogued
class CalendarActivated(RulesEvent):
    """A version of the business calendar was put in force (C3). The shipped one is not announced."""

    type: ClassVar[str] = "complaint.calendar_activated.v1"

    week: tuple[OpenDay, ...]
    """All seven weekdays, Monday first."""
    holidays: Code | None = None
    """The country, or the part of one, whose published holidays and make-up days hold; missing: none do."""
    special_days: tuple[SpecialDayOpen, ...] = ()
    """What is otherwise than the week and what is published, in order of the days."""
    other_hours: tuple[OtherHoursOpen, ...] = ()
    """What is otherwise for a tier, a region, or a tier in a region."""


class StageMinutes(Part):
    """The working time from filing to each stage, of a kind of case, a severity and a tier."""

    kind: Code
    """Which kind of case: `complaint`, `suggestion`, `praise`, `consultation`, `repair`; there may be others."""
    severity: Code
    """How grave it is: `low`, `normal`, `high`, `critical`; there may be others."""
    tier: Code
    """The customer's tier; `any` stands for all that are not named, and for none."""
    acknowledgement: int | None = None
    """Working minutes to the acknowledgement. Missing: no such deadline; of the two below too."""
    proposal: int | None = None
    """Working minutes to the proposal of a settlement."""
    solution: int | None = None
    """Working minutes to the solution."""


class LevelHours(Part):
    """For how long a level of the ladder may ignore a breach."""

    escalation_level: Code
    """Which level has the breach: `manager`, `head`; there may be others."""
    hours: int
    """After so many working hours the breach is escalated to the level above."""


@catalogued
class DeadlineRulesActivated(RulesEvent):
    """A version of the rules of deadlines was put in force (C3). The shipped one is not announced."""

    type: ClassVar[str] = "complaint.deadline_rules_activated.v1"

    allowances: tuple[StageMinutes, ...]
    """Working times; one for each kind and severity is of the tier `any`."""
    warning_percent: int | None = None
    """A warning comes when this much of the time is used, 1 to 99. Missing: `warning_lead_minutes` says when."""
    warning_lead_minutes: int | None = None
    """A warning comes this much working time before it is due. Missing: `warning_percent` says when."""
    escalation_hours: int
    """After so many working hours an ignored breach is escalated, at each level without hours of its own."""
    reopening_days: int
    """For so many days after its closing a case can be reopened."""
    escalation_hours_by_level: tuple[LevelHours, ...] = ()
    """The levels that have hours of their own, the lower first; none: `escalation_hours` holds for all."""
