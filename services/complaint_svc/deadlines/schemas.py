"""HTTP shapes of deadlines and of the allowances they are given."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from shared.chassis import Read, Shape
from shared.events.complaint import CaseKind, Severity

Minutes = Annotated[int, Field(ge=1, le=60 * 24 * 366, json_schema_extra={"format": "int32"})]


class DeadlineRuleUpdate(Shape):
    """Working minutes from filing; null: no such deadline."""

    acknowledgement_minutes: Minutes | None
    proposal_minutes: Minutes | None
    solution_minutes: Minutes | None


class DeadlineRuleRead(Read):
    kind: CaseKind
    severity: Severity
    tier: str
    acknowledgement_minutes: int | None
    proposal_minutes: int | None
    solution_minutes: int | None
    shipped: bool


class DeadlineRead(Read):
    """`remaining_seconds` is working time; null once the deadline has ended."""

    round: int
    stage: Literal["acknowledgement", "proposal", "solution"]
    state: Literal["running", "paused", "met", "breached", "cancelled"]
    tier: str | None
    allowance_seconds: int
    remaining_seconds: int | None
    started_at: datetime
    due_at: datetime
    warned_at: datetime | None
    breached_at: datetime | None
    done_late_at: datetime | None
    met_at: datetime | None
    cancelled_at: datetime | None
