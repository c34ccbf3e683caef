"""A telephone call as the exchange reports it (G4): ringing, answered, ended, each state once, in any order."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.errors import conflict, invalid

CallState = Literal["ringing", "answered", "ended"]
ORDER: tuple[CallState, ...] = ("ringing", "answered", "ended")


@dataclass(frozen=True, slots=True)
class Call:
    """One telephone call: when it was in which state, who answered, and whose number it was at the first report."""

    call_id: str
    number: str  # E.164 where it is a number, else as the exchange gave it
    customer_id: UUID | None = None
    agent: str | None = None
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None

    def when(self, state: CallState) -> datetime | None:
        """When the call came into that state, as far as that was reported."""
        return {"ringing": self.ringing_at, "answered": self.answered_at, "ended": self.ended_at}[state]

    @property
    def waited(self) -> float | None:
        """Seconds from the first ring to the answer."""
        if self.ringing_at is None or self.answered_at is None:
            return None
        return (self.answered_at - self.ringing_at).total_seconds()


def record(call: Call, state: CallState, at: datetime, agent: str | None) -> Call:
    """The call with one more state; the same report again gives the same call.

    409 for another time of a state it has, 422 for times that do not follow one another.
    """
    known = call.when(state)
    if known is not None:
        if known != at:
            raise conflict("call_state_differs", f"This call was already {state} at another time.")
        return call
    times = {"ringing": call.ringing_at, "answered": call.answered_at, "ended": call.ended_at, state: at}
    known_times = [time for time in (times[each] for each in ORDER) if time is not None]
    if known_times != sorted(known_times):
        raise invalid("call_out_of_order", "A call rings, is answered, and ends, in this order of time.", pointer="/at")
    # who answered is who counts, whenever that is reported; who it rang for fills in until then
    agent_is_final = call.answered_at is not None and call.agent is not None
    agent = call.agent if agent is None or agent_is_final else agent
    return replace(
        call, agent=agent, ringing_at=times["ringing"], answered_at=times["answered"], ended_at=times["ended"]
    )


def require_same_number(call: Call, number: str) -> None:
    """409 when this call was reported with another number before."""
    if call.number != number:
        raise conflict("call_number_differs", "This call was reported with another number.")
