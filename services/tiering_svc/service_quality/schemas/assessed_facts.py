"""Submissions and spot checks over HTTP (T15): what people record of managers' and centres' work."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from shared.chassis import Code, Id, Instant, Read, Shape

FactNote = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=1_000)]


class SubmissionWrite(Shape):
    """Something to be handed in: by whom, until when, when it came, whether it was right."""

    submission_id: Id = Field(description="an id of the caller's own; written again, the last entry counts")
    topic: Code = Field(description="what was to be handed in: weekly report, customer list …")
    of: Literal["manager", "centre"] = Field(description="whose it is")
    subject: Code = Field(description="the manager's employee id, or the centre's code")
    due_at: Instant
    received_at: Instant | None = Field(default=None, description="when it came; not given: it has not come")
    wrong: bool = Field(default=False, strict=True, description="whether it was wrong; only of what has come")
    note: FactNote | None = None


class SubmissionRead(Read):
    submission_id: UUID
    topic: str
    of: Literal["manager", "centre"]
    subject: str
    due_at: datetime
    received_at: datetime | None
    wrong: bool
    note: str | None
    recorded_by: str
    recorded_at: datetime


class SpotCheckWrite(Shape):
    """What a checker found of a customer's file or equipment."""

    check_id: Id = Field(description="an id of the caller's own; written again, the last entry counts")
    customer_id: Id
    about: Literal["file", "equipment"]
    finding: Literal["passed", "wrong", "not_recorded"] = Field(description="only equipment can be not_recorded")
    checked_at: Instant
    note: FactNote | None = None


class SpotCheckRead(Read):
    check_id: UUID
    customer_id: UUID
    about: Literal["file", "equipment"]
    finding: Literal["passed", "wrong", "not_recorded"]
    checked_at: datetime
    note: str | None
    recorded_by: str
    recorded_at: datetime
