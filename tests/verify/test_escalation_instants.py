"""When a wait of the ladder is over, by hand: the hours of a level, the pauses between, those reported late (C3)."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from deploy.verify.invariants.complaints.escalation_instants import Wait, ends_of_wait
from deploy.verify.working_time import WorkingTime, instant_of

OFFICE = {"opening_hours": {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}}


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=UTC)


def step(name: str, when: str) -> dict[str, Any]:
    return {"name": name, "outcome": None, "at": at(when)}


@pytest.mark.parametrize(
    ("steps", "over"),
    [
        ([], ["17T17:00"]),
        ([step("pause", "17T12:00")], ["17T17:00"]),
        ([step("pause", "17T12:00"), step("resumption", "17T15:00")], ["17T17:00", "18T12:00"]),
        # both before the wait: they are nothing to it
        ([step("pause", "16T10:00"), step("resumption", "16T11:00")], ["17T17:00", "17T17:00"]),
        # begun before, reported when it had begun: it is stopped from its beginning on
        ([step("pause", "16T16:00"), step("resumption", "17T10:00")], ["17T17:00", "18T10:00"]),
        # what is done ends it; nothing after that counts
        ([step("resolution", "17T11:00"), step("pause", "17T12:00"), step("resumption", "17T15:00")], ["17T17:00"]),
    ],
)
def test_C3_a_level_ignores_a_breach_for_its_hours_and_no_pause_counts(steps: Any, over: list[str]) -> None:
    time = WorkingTime(OFFICE, ZoneInfo("UTC"), 2026, 2026)
    wait = Wait("manager", at("17T09:00"), None)
    assert [instant_of(end) for end in ends_of_wait(wait, "solution", 8, steps, time)] == [at(text) for text in over]
