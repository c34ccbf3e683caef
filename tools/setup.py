"""`make setup`, after .venv exists: every package of requirements.lock, checked against its hash, and Patron itself.

Run by .venv's own Python with nothing installed yet: the standard library only.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ["shared", "services", "deploy", "bench", "tools"]
LOCK = ROOT / "requirements.lock"
PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
UV = [str(Path(sys.executable).with_name("uv")), "--quiet", "pip", "install", "--python", sys.executable]


def main() -> int:
    print("setup: packages from requirements.lock, each checked against its hash", flush=True)
    # uv takes a tenth of pip's time. pip knows a machine's own index settings that uv does not: it is the fallback.
    # Both compile what they install. Where Python is kept from writing bytecode (PYTHONDONTWRITEBYTECODE), each process
    # would do it at each of its starts: more than half of the time that the system takes to start there.
    # The lock file names every package, so nothing is resolved anew (--no-deps): it knows the overrides of [tool.uv].
    if not (install_uv() and run([*UV, "--compile-bytecode", "--no-deps", "--require-hashes", "-r", str(LOCK)])):
        print("setup: with pip instead; this takes a few minutes", flush=True)
        if not run([*PIP, "--use-pep517", "--no-deps", "--require-hashes", "-r", str(LOCK)]):
            print("setup: the packages could not be installed; the lines above say why. Is a package index reachable?")
            return 1
    if not run([*PIP, "--no-build-isolation", "--no-deps", "--editable", str(ROOT)]):
        return 1
    return 0 if run([sys.executable, "-m", "compileall", "-q", *PACKAGES]) else 1


def install_uv() -> bool:
    """uv alone, from its own lines of the lock file."""
    entry = re.search(r"^uv==.*?(?=^\S)", LOCK.read_text() + "\nend", re.MULTILINE | re.DOTALL)
    if entry is None:
        return False
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as only_uv:
        only_uv.write(entry.group())
        only_uv.flush()
        return run([*PIP, "--require-hashes", "-r", only_uv.name])


def run(command: list[str]) -> bool:
    try:
        return subprocess.run(command, cwd=ROOT, check=False).returncode == 0
    except OSError as error:
        print(f"setup: {command[0]}: {error}")
        return False


if __name__ == "__main__":
    sys.exit(main())
