"""A circuit breaker: a service that failed several times in a row is left alone for some seconds, then tried again.

Closed: calls go through. Open: they do not, so that nobody waits for a service that hangs. Half open: after the pause
one attempt goes through, and decides. Times are seconds of any clock that only goes forward.
"""

from dataclasses import dataclass

FAILURES_TO_OPEN = 3
OPEN_SECONDS = 5.0


@dataclass(slots=True)
class CircuitBreaker:
    """The state of one service as its callers see it."""

    failures: int = 0  # in a row
    open_until: float | None = None
    is_trying: bool = False  # half open: an attempt is on its way

    def allows(self, now: float) -> bool:
        """Whether a call may go through at `now`. When it is the attempt of the half-open state, it is the only one."""
        if self.open_until is None:
            return True
        if now < self.open_until or self.is_trying:
            return False
        self.is_trying = True
        return True

    def record_success(self) -> None:
        """The service answered, whatever it said."""
        self.failures, self.open_until, self.is_trying = 0, None, False

    def record_failure(self, now: float) -> None:
        """The service was out of reach or did not answer in time."""
        self.failures += 1
        if self.is_trying or self.failures >= FAILURES_TO_OPEN:
            self.open_until = now + OPEN_SECONDS
        self.is_trying = False

    def abandon(self) -> None:
        """The call ended without saying anything about the service: whoever asked went away."""
        self.is_trying = False
