"""The packages from npm that checks of the contract need, in `.tools/npm` (git does not see it).

`tools/npm/package.json` names them in exact versions, and `package-lock.json` what they need, with digests and without
the address of any registry: npm takes the one it is set up with.
"""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WANTED = ROOT / "tools" / "npm"
FOLDER = ROOT / ".tools" / "npm"
LISTS = ("package.json", "package-lock.json")
OLDEST_NODE = 18
SKIPPED = 77  # the exit code of a check that could not be made here (as automake has it)
REQUIRED = "PATRON_CHECK_ALL"  # set where nothing may be skipped (.ci/run): a missing npm fails then


class CannotRun(Exception):
    """The packages can not be had here; the message says why, for people."""


def install() -> Path:
    """The folder whose `node_modules` has the packages; installed the first time and when the lock file changes.

    Raises CannotRun where there is no npm, node is too old, or npm can not get them.
    """
    if shutil.which("npm") is None or shutil.which("node") is None:
        raise CannotRun("npm is not there (Node.js 18 or newer brings it)")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    if int(version.strip().removeprefix("v").partition(".")[0] or 0) < OLDEST_NODE:
        raise CannotRun(f"node is {version.strip()}, and has to be {OLDEST_NODE} or newer")
    stamp = FOLDER / ".installed"
    digest = hashlib.sha256(b"".join((WANTED / name).read_bytes() for name in LISTS)).hexdigest()
    if not stamp.exists() or stamp.read_text() != digest:
        FOLDER.mkdir(parents=True, exist_ok=True)
        for name in LISTS:
            shutil.copy(WANTED / name, FOLDER / name)
        command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
        done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise CannotRun(f"npm could not install the packages of tools/npm: {done.stderr.strip()[:500]}")
        stamp.write_text(digest)
    return FOLDER


def exit_code_of(reason: CannotRun) -> int:
    """Says why a check was not made; a failure where everything has to be checked."""
    print(f"skipped: {reason}")
    return 1 if os.environ.get(REQUIRED) else SKIPPED
