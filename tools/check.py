"""`make check`: format, lint, types, import rules, contracts, secrets. All are run; one failure fails the whole."""

import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tools.npm_packages import SKIPPED

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Check:
    what: str
    command: list[str]
    remedy: str


def checks() -> list[Check]:
    def tool(name: str, *arguments: str) -> list[str]:
        return [str(BIN / name), *arguments]

    return [
        Check(
            "format: every file as ruff lays it out", tool("ruff", "format", "--check", "--quiet", "."), "ruff format ."
        ),
        Check("lint: rules of pyproject.toml", tool("ruff", "check", "--quiet", "."), "ruff check --fix ."),
        Check("types: mypy --strict", tool("mypy", "--no-error-summary"), "add or correct the types it names"),
        Check(
            "types of the tests: every body, by tests/mypy.ini",
            tool("mypy", "--config-file", "tests/mypy.ini", "--no-error-summary"),
            "correct the types it names; a file that is clean leaves the list there",
        ),
        Check("imports: who may import whom", tool("lint-imports"), "see [tool.importlinter] in pyproject.toml"),
        Check(
            "schemas: docs/events, docs/openapi and docs/asyncapi.yaml match the code",
            [sys.executable, "-m", "tools.contracts", "--check"],
            "python -m tools.contracts, and look at the diff",
        ),
        Check(
            "contract: docs/openapi by the rules of tools/openapi-rules.yaml (needs npm)",
            [sys.executable, "-m", "tools.openapi_lint"],
            "the rule's name in tools/openapi-rules.yaml says what is asked for, and why",
        ),
        Check(
            "contract: nothing breaks who relies on the last release (docs/openapi/released)",
            [sys.executable, "-m", "tools.openapi_changes"],
            "keep the old beside the new; what has to go is deprecated in one release and goes in a later one",
        ),
        Check(
            "dependencies: no known vulnerability in requirements.lock",
            [sys.executable, "-m", "tools.audit"],
            "take the version that mends it, or say in tools/audit_exceptions.toml why not, and until when",
        ),
        Check(
            "secrets: none in the files git knows",
            tool("detect-secrets-hook", "--baseline", ".secrets.baseline", *tracked_files()),
            "remove it and change it where it is used; a false alarm gets a comment `# pragma: allowlist secret`",
        ),
    ]


def tracked_files() -> list[str]:
    """What is committed or would be; without git, every file outside the hidden folders."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        files = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
        return [str(path) for path in files if not any(part.startswith(".") for part in path.parts)]
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def run(check: Check) -> bool | None:
    """Whether it passed; None where it can not be made here."""
    started = time.monotonic()
    done = subprocess.run(check.command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == SKIPPED:
        print(f"SKIPPED {check.what}: {done.stdout.strip().removeprefix('skipped: ')}", flush=True)
        return None
    passed = done.returncode == 0
    print(f"{'ok    ' if passed else 'FAILED'} {check.what}  ({time.monotonic() - started:.1f} s)", flush=True)
    if not passed:
        print((done.stdout + done.stderr).strip())
        print(f"       to mend it: {check.remedy}", flush=True)
    return passed


def main() -> int:
    results = [run(check) for check in checks()]
    failed, skipped = results.count(False), results.count(None)
    verdict = "all passed" if not failed else f"{failed} of {len(results)} failed"
    print(f"check: {verdict}" + (f", {skipped} SKIPPED" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
