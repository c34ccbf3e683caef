"""Arguments that can not be meant: one sentence that says so, no traceback, nothing started.

The command runs within the test, as its process would: from its arguments to its exit code.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from deploy import cli
from tests.embedded.test_commands import patron


class Refused(NamedTuple):
    """How a command ended."""

    returncode: int | str | None
    stderr: str


Command = Callable[..., Refused]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    def run(*arguments: str) -> Refused:
        monkeypatch.setattr(sys, "argv", ["patron", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return Refused(ended.value.code, capsys.readouterr().err)

    return run


@pytest.mark.parametrize("port", ["0", "-1", "70000", "x"])
@pytest.mark.parametrize("detach", [[], ["--detach"]])
def test_a_port_that_is_none(command: Command, tmp_path: Path, port: str, detach: list[str]) -> None:
    refused = command("up", "--no-demo", "--port", port, "--data", str(tmp_path / "new"), *detach)
    assert refused.returncode == 2
    assert "--port" in refused.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("detach", [[], ["--detach"]])
@pytest.mark.parametrize("place", ["/proc/x", "/proc", "a-file", "a-file/below"])
def test_a_place_where_no_directory_can_be(command: Command, tmp_path: Path, place: str, detach: list[str]) -> None:
    (tmp_path / "a-file").write_text("mine")
    data = tmp_path / place  # an absolute path stays as it is
    refused = command("up", "--no-demo", "--data", str(data), *detach)
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1
    assert f"{data} can not be the data directory" in refused.stderr
    assert (tmp_path / "a-file").read_text() == "mine"


@pytest.mark.parametrize("customers", ["0", "-5", "many"])
def test_a_demo_of_nobody(command: Command, tmp_path: Path, customers: str) -> None:
    refused = command("demo", "--customers", customers, "--data", str(tmp_path))
    assert refused.returncode == 2
    assert "--customers" in refused.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [(["--port", "x"], 2, "--port"), (["--data", "/proc/x"], 1, "/proc/x can not be the data directory")],
)
def test_a_process_of_its_own_says_the_same_without_a_traceback(arguments: list[str], code: int, part: str) -> None:
    refused = patron("up", "--no-demo", *arguments, timeout=60)
    assert refused.returncode == code
    assert part in refused.stderr
    assert "Traceback" not in refused.stderr
