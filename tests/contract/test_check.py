"""What can not be checked here is said, and fails where nothing may be skipped."""

import sys

import pytest

from tools.check import Check, run
from tools.npm_packages import REQUIRED, SKIPPED, CannotRun, exit_code_of, install


def check(code: int) -> Check:
    return Check("a rule", [sys.executable, "-c", f"print('skipped: no tool'); raise SystemExit({code})"], "mend it")


def test_a_check_passes_fails_or_is_skipped_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(check(0)) is True
    assert run(check(1)) is False
    assert run(check(SKIPPED)) is None
    assert "SKIPPED a rule: no tool" in capsys.readouterr().out


def test_without_npm_it_is_said_and_where_all_has_to_be_checked_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(CannotRun, match="npm is not there"):
        install()
    monkeypatch.delenv(REQUIRED, raising=False)
    assert exit_code_of(CannotRun("npm is not there")) == SKIPPED
    monkeypatch.setenv(REQUIRED, "1")
    assert exit_code_of(CannotRun("npm is not there")) == 1
