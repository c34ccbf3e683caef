"""`patron status` in words: what it calls fine, and what a person has to look at."""

from typing import Any

from deploy.commands.status import status_cells
from deploy.operator.status import problems_of

FINE = {
    "up": True, "outbox_depth": 0, "outbox_oldest_seconds": 0.0, "lag": {"patron.intake": 7}, "gaps": 0, "parked": [],
    "parked_count": 0, "timers_due": 0, "timers_failed": 0, "epoch_differences": 0,
}  # fmt: skip


def words_of(**changed: Any) -> list[str]:
    return problems_of({"parts": {"postgres": True, "broker": True}, "services": {"loyalty": FINE | changed}})


def test_work_in_progress_is_no_problem() -> None:
    assert words_of() == []
    assert status_cells(FINE) == ["0", "patron.intake 7", "0", "0", "0"]


def test_a_service_that_does_not_read_is_one() -> None:
    unread = {"patron.intake": -1, "patron.profile": -1}
    assert words_of(lag=unread) == ["loyalty does not read from the broker; see its log for `consumer_starts_again`"]
    assert status_cells(FINE | {"lag": unread})[1] == "unknown"


def test_parked_events_are_told_by_their_number_not_by_those_listed() -> None:
    parked = [{"id": str(n)} for n in range(200)]
    [line] = words_of(parked=parked, parked_count=250)
    assert line.startswith("loyalty has 250 parked events: ")
    assert status_cells(FINE | {"parked": parked, "parked_count": 250})[3] == "250"
