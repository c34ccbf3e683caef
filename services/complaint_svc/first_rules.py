"""What the environment may say of the first versions of the rules, instead of what is shipped."""

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_settings import BaseSettings

from services.complaint_svc.calendars.domain.calendar_rules import read_calendar_rules
from services.complaint_svc.calendars.schemas import OpeningHours, OtherHours, SpecialDayEntry
from services.complaint_svc.deadlines.domain.deadline_rules import (
    DEFAULT_ESCALATION_HOURS,
    read_allowances,
    read_ladder,
)
from services.complaint_svc.deadlines.schemas import EscalationHoursByLevel, StageAllowance
from services.complaint_svc.settings import ENVIRONMENT

SOME_HOURS = {"mon": ["09:00-17:00"]}


class FirstAuthorityLimit(BaseModel):
    """What a role may grant at once; null is no limit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    points: int | None = Field(default=0, ge=0)
    amount: Decimal | None = Field(default=Decimal(0), ge=0)


class FirstRules(BaseSettings):
    """The members of the first documents that the environment may say.

    The first start takes it, when the migration makes the database; from then on rules are changed as data, by two
    people. It is checked at each start, so that a wrong one stops the first.
    """

    model_config = ENVIRONMENT

    holidays: str | None = None  # a country, or a country and its part (DE-BY); empty: no holidays
    opening_hours: OpeningHours | None = None  # by weekday: {"mon": ["09:00-12:30", "13:30-18:00"], …}
    special_days: list[SpecialDayEntry] | None = None  # [{"day": "2027-02-20", "working": true, "hours": []}, …]
    other_hours: list[OtherHours] | None = None  # [{"tier": "platinum", "opening_hours": …}, {"region": "south", …}]
    warning_percent: int | None = Field(default=None, ge=1, le=99)
    warning_lead_minutes: int | None = Field(default=None, ge=1)  # in place of a share
    escalation_hours: int | None = Field(default=None, ge=1)
    escalation_hours_by_level: EscalationHoursByLevel | None = None  # {"manager": 4, "head": 24}
    reopening_days: int | None = Field(default=None, ge=0)
    allowances: list[StageAllowance] | None = None  # [{"kind": …, "severity": …, "tier": "any", …_minutes}, …]
    authority: dict[str, FirstAuthorityLimit] | None = None  # by role

    @model_validator(mode="after")
    def _make_sense(self) -> "FirstRules":
        given = self.model_dump(mode="json", exclude_none=True)
        read_calendar_rules({"opening_hours": SOME_HOURS} | given)
        if self.escalation_hours_by_level is not None:
            hours = self.escalation_hours or DEFAULT_ESCALATION_HOURS
            read_ladder(hours, given["escalation_hours_by_level"], "")
        if self.allowances is not None:
            read_allowances(given["allowances"], "")
        return self
