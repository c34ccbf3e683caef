"""A telephone call as the exchange reports it (G4): ringing, answered, ended, each state once, in any order."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.errors import conflict, invalid

State = Literal["ringing", "answered", "ended"]
ORDER: tuple[State, ...] = ("ringing", "answered", "ended")


@dataclass(frozen=True, slots=True)
class Call:
    call_id: str
    number: str  # E.164 where it is a number, else as the exchange gave it
    customer_id: UUID | None = None
    agent: str | None = None
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None

    def when(self, state: State) -> datetime | None:
        return {"ringing": self.ringing_at, "answered": self.answered_at, "ended": self.ended_at}[state]

    @property
    def waited(self) -> float | None:
        """Seconds from the first ring to the answer."""
        if self.ringing_at is None or self.answered_at is None:
            return None
        return (self.answered_at - self.ringing_at).total_seconds()


def record(call: Call, state: State, at: datetime, agent: str | None) -> Call:
    """The call with one more state. The same report again changes nothing; another time for a state is refused."""
    known = call.when(state)
    if known is not None:
        if known != at:
            raise conflict("call_state_differs", f"this call was already {state} at another time")
        return call
    times = {"ringing": call.ringing_at, "answered": call.answered_at, "ended": call.ended_at, state: at}
    told = [time for time in (times[one] for one in ORDER) if time is not None]
    if told != sorted(told):
        raise invalid("call_out_of_order", "a call rings, is answered, and ends, in this order of time", pointer="/at")
    # who answered is who counts, whenever we hear of it; who it rang for fills in until then
    answered_by_somebody_known = call.answered_at is not None and call.agent is not None
    agent = call.agent if agent is None or answered_by_somebody_known else agent
    return replace(
        call, agent=agent, ringing_at=times["ringing"], answered_at=times["answered"], ended_at=times["ended"]
    )


def refuse_another_number(call: Call, number: str) -> None:
    if call.number != number:
        raise conflict("call_number_differs", "this call was reported with another number")
