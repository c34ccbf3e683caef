"""`patron status` in words: what it calls fine, and what a person has to look at."""

from typing import Any

from deploy.commands.status import status_cells
from deploy.operator.schedules import schedule_rows
from deploy.operator.status import notes_of, problems_of

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


LAST = {
    "due_at": "2026-11-01T02:00:00Z", "as_of": "2026-10-31T23:59:59.999999Z", "refused": None, "result": "applied",
    "run": {"id": "1", "status": "done", "error": None},
}  # fmt: skip


def overview(**changed: Any) -> dict[str, Any]:
    """One kind of run in a system whose business is in Shanghai, eight hours ahead of UTC."""
    paused = changed.pop("paused", False)
    kind = {
        "kind": "review", "next_due_at": "2026-12-01T02:00:00Z", "behind": 0, "behind_since": None, "last": [LAST]
    }  # fmt: skip
    return {
        "at": "2026-11-28T09:00:00Z", "time_zone": "Asia/Shanghai", "paused": paused, "kinds": [kind | changed]
    }  # fmt: skip


def schedule_words(**changed: Any) -> list[str]:
    return problems_of({"parts": {}, "services": {}, "schedules": overview(**changed)})


def test_T10_a_kind_of_run_has_a_line_with_its_last_and_its_next() -> None:
    assert schedule_rows(overview()) == [
        ("review", "2026-11-01 10:00", "applied, as of 2026-10-31", "2026-12-01 10:00", "nothing")
    ]
    assert schedule_rows(overview(last=[], next_due_at=None)) == [("review", "never", "", "never", "nothing")]
    refused = LAST | {"run": None, "refused": "before_the_last_run", "result": None}
    assert schedule_rows(overview(last=[refused]))[0][2] == "refused: before_the_last_run"
    late = overview(behind=3, behind_since="2026-09-01T02:00:00Z")
    assert schedule_rows(late)[0][4] == "3, since 2026-09-01 10:00"


def test_T10_runs_that_are_long_due_or_failed_are_problems_and_a_pause_is_told() -> None:
    assert schedule_words() == []
    assert schedule_words(behind=1, behind_since="2026-11-28T08:30:00Z") == []  # at work
    [late] = schedule_words(behind=3, behind_since="2026-09-01T02:00:00Z")
    assert late.startswith("tiering is behind with 3 runs of the kind review, the first due 2026-09-01 10:00")
    young = LAST | {"run": {"id": "1", "status": "failed", "error": "too_few_repeat_customers"}, "result": None}
    assert schedule_words(last=[young]) == []
    assert "too_few_repeat_customers" in notes_of({"services": {}, "schedules": overview(last=[young])})[0]
    failed = LAST | {"run": {"id": "1", "status": "failed", "error": "no_maximum"}, "result": None}
    [line] = schedule_words(last=[failed])
    assert line.startswith("tiering: the review due 2026-11-01 10:00 failed (no_maximum)")
    assert schedule_words(behind=3, behind_since="2026-09-01T02:00:00Z", paused=True) == []
    [note] = notes_of({"services": {}, "schedules": overview(paused=True)})
    assert "PATRON_RUN_SCHEDULES" in note
