"""How often a consumer does what, and how long it may wait for news."""

from dataclasses import dataclass

MIN_POLL_SECONDS = 0.005
MAX_POLL_SECONDS = 0.1
QUIET_AFTER_SECONDS = 1.0
QUIET_POLL_SECONDS = 0.25  # asking costs the embedded broker as much as bringing


@dataclass(frozen=True, slots=True)
class ConsumerTiming:
    """Intervals of a consumer loop, in seconds. Tests go faster."""

    reconcile_seconds: float = 20.0  # between two comparisons with the owners' heads
    idle_check_seconds: float = 3.0  # how long nothing may come before the broker is checked
    watchdog_seconds: float = 30.0  # how long a call to the broker may take
    max_pause_seconds: float = 5.0  # of a backoff


def poll_timeout(age_seconds: float, *, silent_seconds: float) -> float:
    """For how many seconds news may stay unnoticed: half as long as the last event took from its commit to its effect.

    `age_seconds` is what that one took, `silent_seconds` how long nothing has come. What comes within milliseconds is
    waited for eagerly. In a system under load everything is late already, and asking for more a hundred times a second
    would take a sixth of its processors; nor is it worth that when nothing comes at all. (Half, because the wait is
    part of what the next one takes: it must not feed on itself.)
    """
    if silent_seconds > QUIET_AFTER_SECONDS:
        return QUIET_POLL_SECONDS
    return min(max(age_seconds / 2, MIN_POLL_SECONDS), MAX_POLL_SECONDS)
