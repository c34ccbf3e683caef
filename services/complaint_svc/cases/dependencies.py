"""When something was said to have happened: not in the future, and long ago only by who may write history."""

from datetime import datetime

from services.complaint_svc.cases.handlers import LATELY, Told
from shared.chassis import Actor
from shared.chassis.times import refuse_backdating, refuse_future


def refuse_impossible(at: datetime | None, now: datetime, pointer: str) -> None:
    if at is not None:
        refuse_future(at, now, pointer)


def told(actor: Actor, now: datetime, at: datetime | None, note: str | None = None, pointer: str = "/at") -> Told:
    """Who tells it, and the instant it is told of (C2: each step has who and when)."""
    refuse_impossible(at, now, pointer)
    if at is not None:
        refuse_backdating(at, now, actor, allowed=LATELY)
    return Told(actor.subject, at, note)
