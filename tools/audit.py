"""`python -m tools.audit`, of `make check`: known vulnerabilities of the packages in requirements.lock.

pip-audit asks the package index. Where that has no such data (a mirror, a machine without network), one line says so
and the check is skipped. What is known and accepted for a while is in tools/audit_exceptions.toml, with why and until
when.
"""

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tools.npm_packages import SKIPPED

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
EXCEPTIONS = Path(__file__).with_name("audit_exceptions.toml")
PROBE = "pip"  # asked about alone first: where the index knows nothing of it, it is not asked about all the others
SECONDS = 300
PIP_AUDIT = (str(Path(sys.executable).with_name("pip-audit")), "--disable-pip", "--require-hashes")
OUTPUT = ("--format", "json", "--desc", "off", "--progress-spinner", "off", "--timeout", "15")

Report = Mapping[str, Any]  # what pip-audit writes as JSON


class NotHad(Exception):
    """The data can not be had here; the text says why."""


@dataclass(frozen=True)
class Accepted:
    """A vulnerability that is known and left for a while."""

    id: str
    package: str
    reason: str
    until: date


def read_accepted(file: Path = EXCEPTIONS) -> list[Accepted]:
    """The entries of the file; KeyError or TypeError for one without its reason or its day."""
    entries = tomllib.loads(file.read_text()).get("accepted", [])
    accepted = [Accepted(entry["id"], entry["package"], entry["reason"], entry["until"]) for entry in entries]
    for entry in accepted:
        if not entry.reason.strip() or not isinstance(entry.until, date):
            raise TypeError(f"{entry.id}: an entry says why, and until which day (until = 2027-01-31)")
    return accepted


def judge(report: Report, accepted: Sequence[Accepted], today: date) -> list[str]:
    """A sentence for each vulnerability that is not accepted on this day. NotHad when no package was looked up."""
    answered = [entry for entry in report["dependencies"] if "vulns" in entry]
    if not answered:
        reasons = {entry.get("skip_reason", "").partition(":")[0] for entry in report["dependencies"]}
        raise NotHad(f"the index gave no data about vulnerabilities ({'; '.join(sorted(reasons)) or 'no packages'})")
    faults = []
    for entry in answered:
        for vulnerability in entry["vulns"]:
            names = {vulnerability["id"], *vulnerability.get("aliases", ())}
            known = [item for item in accepted if item.id in names and item.package == entry["name"]]
            if not any(item.until >= today for item in known):
                fixed = ", ".join(vulnerability.get("fix_versions", ())) or "no version yet"
                over = f"; accepted until {max(item.until for item in known)}, which is over" if known else ""
                faults.append(f"{entry['name']} {entry['version']}: {vulnerability['id']} (mended in: {fixed}{over})")
    return faults


def pins_of(lock: str, only: str = "") -> str:
    """The lock, or one package's lines of it."""
    if not only:
        return lock
    entry = re.search(rf"^{re.escape(only)}==.*?(?=^\S)", f"{lock}\nend", re.MULTILINE | re.DOTALL)
    if entry is None:
        raise NotHad(f"{only} is not in requirements.lock")
    return entry.group()


def ask(pins: str, command: Sequence[str] = PIP_AUDIT) -> Report:
    """What the index knows of these pins."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as requirements:
        requirements.write(pins)
        requirements.flush()
        whole = [*command, "--requirement", requirements.name, *OUTPUT]
        try:
            done = subprocess.run(whole, capture_output=True, text=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise NotHad(f"the index did not answer within {SECONDS} s") from None
        except OSError:
            raise NotHad("pip-audit is not installed") from None
    try:
        report: Report = json.loads(done.stdout)
        if not isinstance(report["dependencies"], list):
            raise ValueError
    except (ValueError, KeyError, TypeError):
        last = (done.stderr.strip().splitlines() or ["it wrote nothing"])[-1]
        raise NotHad(f"pip-audit could not ask the index: {last[:120]}") from None
    return report


def main(command: Sequence[str] = PIP_AUDIT) -> int:
    today = datetime.now(tz=UTC).date()
    accepted, lock = read_accepted(), LOCK.read_text()
    try:
        judge(ask(pins_of(lock, PROBE), command), accepted, today)
        report = ask(lock, command)
        faults = judge(report, accepted, today)
    except NotHad as reason:
        print(f"skipped: {reason}")
        return SKIPPED
    print("\n".join(faults) or "no known vulnerability that is not accepted")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
