"""The audit of dependencies: red for what is known and not accepted, skipped in one line where nothing can be known."""

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tools import audit
from tools.audit import Accepted, NotHad, judge, pins_of, read_accepted
from tools.npm_packages import SKIPPED

TODAY = date(2026, 11, 28)
KNOWN = {"id": "PYSEC-2026-1", "aliases": ["GHSA-abcd", "CVE-2026-1"], "fix_versions": ["1.1"]}


def report(*vulnerabilities: dict[str, Any]) -> dict[str, Any]:
    packages = [
        {"name": "sound", "version": "2.0", "vulns": []},
        {"name": "example", "version": "1.0", "vulns": list(vulnerabilities)},
        {"name": "elsewhere", "skip_reason": "Dependency not found: elsewhere (1)"},
    ]
    return {"dependencies": packages, "fixes": []}


def accepted(until: date, id: str = "CVE-2026-1", package: str = "example") -> list[Accepted]:
    return [Accepted(id, package, "not reachable here", until)]


def test_what_is_known_is_named_with_what_mends_it() -> None:
    assert judge(report(), [], TODAY) == []
    (fault,) = judge(report(KNOWN), [], TODAY)
    assert fault == "example 1.0: PYSEC-2026-1 (mended in: 1.1)"


def test_what_is_accepted_is_so_until_its_day_for_its_package_and_by_any_of_its_names() -> None:
    for name in ("PYSEC-2026-1", "GHSA-abcd", "CVE-2026-1"):
        assert judge(report(KNOWN), accepted(TODAY, name), TODAY) == []
    assert "which is over" in judge(report(KNOWN), accepted(date(2026, 11, 27)), TODAY)[0]
    assert judge(report(KNOWN), accepted(TODAY, "CVE-2026-2"), TODAY)
    assert judge(report(KNOWN), accepted(TODAY, package="sound"), TODAY)


def test_nothing_looked_up_is_no_verdict() -> None:
    with pytest.raises(NotHad, match="Dependency not found"):
        judge({"dependencies": [{"name": "a", "skip_reason": "Dependency not found: a (1)"}]}, [], TODAY)
    with pytest.raises(NotHad):
        judge({"dependencies": []}, [], TODAY)


def test_an_exception_says_why_and_until_when(tmp_path: Path) -> None:
    file = tmp_path / "exceptions.toml"
    entry = '[[accepted]]\nid = "X-1"\npackage = "example"\nreason = "not used"\nuntil = 2027-01-31\n'
    file.write_text(entry)
    assert read_accepted(file) == [Accepted("X-1", "example", "not used", date(2027, 1, 31))]
    for spoilt in ('reason = " "', 'until = "soon"', ""):
        name = spoilt.partition(" ")[0] or "until"
        lines = [line for line in entry.splitlines() if not line.startswith(name)]
        file.write_text("\n".join([*lines, spoilt]))
        with pytest.raises((KeyError, TypeError)):
            read_accepted(file)
    assert read_accepted() is not None, "the committed file can be read"


def test_one_packages_lines_of_the_lock() -> None:
    lock = audit.LOCK.read_text()
    lines = pins_of(lock, "pip").splitlines()
    assert lines[0].startswith("pip==")
    assert sum("==" in line for line in lines) == 1
    assert any("--hash=sha256:" in line for line in lines)
    with pytest.raises(NotHad):
        pins_of(lock, "no-such-package")


@pytest.fixture
def pip_audit(tmp_path: Path) -> Any:
    """A stand-in: writes what it is made to, and how often it was called."""

    def make(output: str, exit_code: int = 0) -> list[str]:
        script = tmp_path / "pip_audit.py"
        calls = tmp_path / "calls"
        script.write_text(
            f"import sys\nopen({str(calls)!r}, 'a').write('x')\nsys.stdout.write({output!r})\n"
            f"sys.stderr.write('no route to the index\\n')\nsys.exit({exit_code})\n"
        )
        return [sys.executable, str(script)]

    return make


def test_without_data_it_is_skipped_in_one_line_after_one_question(
    pip_audit: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing = json.dumps({"dependencies": [{"name": "pip", "skip_reason": "Dependency not found on it: pip (1)"}]})
    for output, code, words in (
        (nothing, 0, "no data about"),
        ("", 1, "no route to the index"),
        ("[]", 0, "could not"),
    ):
        (tmp_path / "calls").unlink(missing_ok=True)
        assert audit.main(pip_audit(output, code)) == SKIPPED
        written = capsys.readouterr().out
        assert written.startswith("skipped: ")
        assert words in written
        assert written.count("\n") == 1
        assert (tmp_path / "calls").read_text() == "x", "the index is not asked about all the others"
    assert audit.main(["/nowhere/pip-audit"]) == SKIPPED


def test_with_data_it_is_red_for_what_is_known(pip_audit: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.main(pip_audit(json.dumps(report()))) == 0
    assert audit.main(pip_audit(json.dumps(report(KNOWN)), 1)) == 1
    assert "example 1.0: PYSEC-2026-1" in capsys.readouterr().out
