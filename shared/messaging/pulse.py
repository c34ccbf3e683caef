"""A pulse: the sign of life of something that runs beside HTTP, and since when it can not do its work.

Told apart are what *hangs* (it has not come by for longer than it said it would take: only a restart helps) and what
*fails* (it comes by again and again in vain, because a broker or a database is away: a restart helps nobody).
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

DEAD_SECONDS = 60.0  # what has not come by for so long, and did not say that it would take longer, hangs


@dataclass(slots=True)
class Pulse:
    """All instants are the event loop's, which no setting of a clock moves; 0 before the first.

    `failing_since` is None while it works, and `because` then empty.
    """

    alive_at: float = 0.0
    due_at: float = 0.0
    failing_since: float | None = None
    because: str = ""

    def beat(self, *, within: float = DEAD_SECONDS) -> None:
        """It lives, and comes by again within so many seconds."""
        self.alive_at = asyncio.get_running_loop().time()
        self.due_at = self.alive_at + within

    def works(self) -> None:
        """It lives, and does its work."""
        self.beat()
        self.failing_since, self.because = None, ""

    def fails(self, because: str) -> None:
        """It lives, and can not do its work; remembered is since when, and why the last time."""
        self.beat()
        if self.failing_since is None:
            self.failing_since = self.alive_at
        self.because = because

    @property
    def hangs(self) -> bool:
        """What has not begun yet does not hang."""
        return self.alive_at > 0 and asyncio.get_running_loop().time() > self.due_at


@dataclass(frozen=True, slots=True)
class JointPulse:
    """The pulse of several that run side by side: they fare as the one that fares worst."""

    parts: Sequence[Pulse]

    @property
    def alive_at(self) -> float:
        """When the one that has been silent for longest came by."""
        return min(pulse.alive_at for pulse in self.parts)

    @property
    def failing_since(self) -> float | None:
        """Since when the first of them that fails does so; None while all work."""
        return min((pulse.failing_since for pulse in self.parts if pulse.failing_since is not None), default=None)

    @property
    def because(self) -> str:
        """Why one of them fails; empty while all work."""
        return next((pulse.because for pulse in self.parts if pulse.failing_since is not None), "")

    @property
    def hangs(self) -> bool:
        """Whether one of them does."""
        return any(pulse.hangs for pulse in self.parts)

    def beat(self) -> None:
        """They live, all of them: what they have in common came by."""
        for pulse in self.parts:
            pulse.beat()

    def fails(self, because: str) -> None:
        """They live, and none of them can do its work."""
        for pulse in self.parts:
            pulse.fails(because)
