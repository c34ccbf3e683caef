"""What runs by schedule, in words: when each kind of run was last due and what came of it, when it is due next."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

SCHEDULING = "tiering"  # the service whose runs are requested by schedule
PATH = "/internal/schedules"
NOTHING_TO_FIT = ("too_few_repeat_customers", "no_time_has_passed")  # a young business: no fault, and no retry helps
LATE = timedelta(hours=1)  # runs that are due and not over for so long need a look


def schedule_rows(overview: Mapping[str, Any]) -> list[tuple[str, str, str, str, str]]:
    """A row a kind of run: kind, last due, what came of it, next due, behind by how many."""
    zone = ZoneInfo(overview["time_zone"])
    rows: list[tuple[str, str, str, str, str]] = []
    for kind in overview["kinds"]:
        last = kind["last"][0] if kind["last"] else None
        rows.append(
            (
                kind["kind"],
                "never" if last is None else _local(last["due_at"], zone),
                "" if last is None else _outcome(last),
                "never" if kind["next_due_at"] is None else _local(kind["next_due_at"], zone),
                f"{kind['behind']}, since {_local(kind['behind_since'], zone)}" if kind["behind"] else "nothing",
            )
        )
    return rows


def schedule_problems(overview: Mapping[str, Any]) -> list[str]:
    """What needs a person's look: runs that are due and not over for more than an hour, and a last run that failed."""
    zone = ZoneInfo(overview["time_zone"])
    problems: list[str] = []
    for kind in overview["kinds"]:
        since = kind["behind_since"]
        if since is not None and not overview["paused"] and _instant(overview["at"]) - _instant(since) > LATE:
            problems.append(
                f"{SCHEDULING} is behind with {kind['behind']} runs of the kind {kind['kind']}, the first due "
                f"{_local(since, zone)}; its log says why"
            )
        run = kind["last"][0]["run"] if kind["last"] else None
        if run is not None and run["status"] == "failed" and run["error"] not in NOTHING_TO_FIT:
            problems.append(
                f"{SCHEDULING}: the {kind['kind']} due {_local(kind['last'][0]['due_at'], zone)} failed "
                f"({run['error']}); POST /internal/jobs/{run['id']}/retry takes it up again"
            )
    return problems


def schedule_notes(overview: Mapping[str, Any]) -> list[str]:
    """What is so for a reason, and needs nobody."""
    notes = [
        f"{SCHEDULING}: the last {kind['kind']} had too little to go by ({kind['last'][0]['run']['error']})"
        for kind in overview["kinds"]
        if kind["last"] and (kind["last"][0]["run"] or {}).get("error") in NOTHING_TO_FIT
    ]
    if overview["paused"]:
        notes.append("Runs by schedule are paused (PATRON_RUN_SCHEDULES); what is missed is caught up afterwards.")
    return notes


def _outcome(run: Mapping[str, Any]) -> str:
    if run["run"] is None:
        return f"refused: {run['refused']}"
    words: str = run["result"] or run["run"]["status"]
    return words if run["as_of"] is None else f"{words}, as of {run['as_of'][:10]}"


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _local(text: str, zone: ZoneInfo) -> str:
    return f"{_instant(text).astimezone(zone):%Y-%m-%d %H:%M}"
