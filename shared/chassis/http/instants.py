"""Rules about instants that hold for every service: what is the future, what is backdating."""

from datetime import datetime, timedelta

from shared.chassis.access.identity import Actor
from shared.errors import forbidden, invalid

CLOCKS_DIFFER_BY = timedelta(minutes=5)  # a caller's clock may be ahead of ours by so much


def refuse_future(instant: datetime, now: datetime, pointer: str) -> None:
    """Facts are reported after they happened: later than now + 5 minutes is refused."""
    if instant > now + CLOCKS_DIFFER_BY:
        raise invalid("in_the_future", "The instant lies in the future.", pointer=pointer)


def refuse_backdating(instant: datetime, now: datetime, actor: Actor, *, allowed: timedelta) -> None:
    """Facts older than `allowed` need the scope `history`."""
    if instant < now - allowed and "history" not in actor.scopes:
        raise forbidden("history_needed", "Reporting something that long ago needs the scope history.")
