"""`patron parked` in words: an id that can be copied and shortened, and the whole reason, however narrow the window."""

from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner

from deploy.commands import parked
from deploy.terminal import CommandFailed

FIRST = "01a21549-d59e-7000-8000-000000000001"
SECOND = "01a21549-d59e-7000-8000-000000000002"
DETAIL = "a line's amount is 14 digits long, [and] this sentence is far too long for one line of a narrow window"


def event(id: str, service: str = "tiering") -> dict[str, object]:
    key = str(UUID(int=7))
    return {"service": service, "id": id, "topic": "patron.intake", "key": key, "seq": 3, "reason": "unreadable",
            "detail": DETAIL}  # fmt: skip


@pytest.fixture(autouse=True)
def two_parked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parked, "_parked", lambda data: ([event(FIRST), event(SECOND, "loyalty")], {}))


def test_the_list_has_whole_ids_and_reasons_at_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parked.console, "width", 80)
    with parked.console.capture() as shown:
        parked.show(Path("nowhere"))
    assert FIRST in shown.get()
    assert SECOND in shown.get()
    assert f"unreadable: {DETAIL}" in shown.get()
    assert "patron.intake" in shown.get()
    assert str(UUID(int=7)) in shown.get()


def test_the_beginning_of_an_id_is_enough_when_it_is_of_one_event() -> None:
    assert parked.find([event(FIRST), event("02b", "loyalty")], {}, "02") == ("loyalty", "02b")
    assert parked.find([event("42"), event("421", "loyalty")], {}, "42") == ("tiering", "42")  # a whole id is one


def test_messages_that_are_not_authentic_are_dropped_without_a_question(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = [event(FIRST) | {"reason": "not_authentic"}, event(SECOND, "loyalty")]
    decided = []

    def decide(service: str, parked_id: str, step: str, data: Path) -> None:
        decided.append((service, parked_id, step))
        del waiting[0]

    monkeypatch.setattr(parked, "_parked", lambda data: (list(waiting), {}))
    monkeypatch.setattr(parked, "_decide", decide)
    assert "No message" not in CliRunner().invoke(parked.app, ["discard"]).output
    assert decided == [("tiering", FIRST, "drop")]
    assert "No message" in CliRunner().invoke(parked.app, ["discard"]).output
    waiting.insert(0, event(FIRST) | {"reason": "not_authentic"})
    assert "it was no event" in CliRunner().invoke(parked.app, ["drop", FIRST]).output.replace("\n", " ")


@pytest.mark.parametrize("step", ["retry", "drop"])
@pytest.mark.parametrize(
    ("given", "answer"),
    [
        (FIRST[:-1], "2 parked events have ids that begin with"),
        ("", "No parked event has the id"),  # it would mean whichever is parked
        ("ffff", "No parked event has the id ffff"),
    ],
)
def test_another_beginning_is_refused(step: str, given: str, answer: str) -> None:
    run = CliRunner().invoke(parked.app, [step, given, *(["--yes"] if step == "drop" else [])])
    assert isinstance(run.exception, CommandFailed)
    assert answer in str(run.exception)
