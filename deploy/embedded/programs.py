"""The programs that come in wheels, PostgreSQL's and the broker's, are compared with what the project recorded of them
before they run.

`programs.json` holds a digest for each wheel, over the names and hashes of everything in it that is run; it was made
from wheels whose own hashes are in requirements.lock (`python -m tools.program_digests`). At start the wheel's list of
files (RECORD) must have that digest, and each file the hash that the list gives it. A file that has not changed since
it was last looked at, by its inode, size and times, is not read again.
"""

import base64
import csv
import hashlib
import importlib.metadata
import json
import os
from collections.abc import Mapping
from pathlib import Path

from deploy.embedded.failures import StartFailed

RECORDED = Path(__file__).with_name("programs.json")
RUN_SUFFIXES = (".so", ".dylib", ".sql", ".control", ".bki")
Hashes = Mapping[str, str]  # a file's path in the wheel -> its SHA-256, as RECORD writes it
Checked = dict[str, list[str | int]]  # a file -> its hash, and what tells that it has not changed since

REMEDY = "Install it anew (remove .venv, then make setup), and find out who changed it."


def is_run(path: str) -> bool:
    """Programs, their libraries, and the SQL that a new cluster or an extension runs as the superuser."""
    top, *_, name = path.split("/")
    if top.endswith(".dist-info"):
        return False
    return "/bin/" in path or top.endswith(".libs") or name.endswith(RUN_SUFFIXES) or ".so." in name


def hashes_in(record: str) -> Hashes:
    """What is run, of a wheel's RECORD."""
    rows = csv.reader(record.splitlines())
    return {path: value.removeprefix("sha256=") for path, value, _ in rows if value and is_run(path)}


def digest_of(hashes: Hashes) -> str:
    """One digest of all that is run in a wheel."""
    lines = sorted(f"{path} {value}\n" for path, value in hashes.items())
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def tag_of(wheel_file: str) -> str:
    """What a wheel was built for: the first tag of its WHEEL file."""
    return next(line.removeprefix("Tag:").strip() for line in wheel_file.splitlines() if line.startswith("Tag:"))


def check_programs(package: str, data_dir: Path, site: Path | None = None) -> str | None:
    """Raises StartFailed when a program is not the one that the project recorded. `site` is where the package's files
    lie, when that is a copy. Returns a sentence where this platform's wheel was not recorded: its own list had to do.
    """
    installed = importlib.metadata.distribution(package)
    hashes = hashes_in(installed.read_text("RECORD") or "")
    if not hashes:
        raise StartFailed(f"{package} has no list of its files, so its programs can not be checked. {REMEDY}")
    note = _compare_with_record(package, installed, hashes)
    changed = _changed_files(hashes, site or Path(str(installed.locate_file(""))), data_dir / f"{package}.checked.json")
    if changed:
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        raise StartFailed(
            f"{changed[0]}{more} is not what {package} {installed.version} brought: it was changed after it was "
            f"installed. {REMEDY}"
        )
    return note


def _compare_with_record(package: str, installed: importlib.metadata.Distribution, hashes: Hashes) -> str | None:
    tag = tag_of(installed.read_text("WHEEL") or "Tag: none")
    recorded = json.loads(RECORDED.read_text()).get(f"{package} {installed.version}", {})
    if tag not in recorded:
        return (
            f"the programs of {package} {installed.version} for {tag} are not recorded; "
            "they are compared with the package's own list"
        )
    if recorded[tag] != digest_of(hashes):
        raise StartFailed(
            f"The list of files of {package} {installed.version} is not that of the wheel that the project recorded: "
            f"its programs may be somebody else's. {REMEDY}"
        )
    return None


def _changed_files(hashes: Hashes, site: Path, remembered_in: Path) -> list[Path]:
    remembered = _read(remembered_in)
    good: Checked = {}
    changed: list[Path] = []
    for path, value in hashes.items():
        file = site / path
        try:
            seen = _identity(file.stat())
            if remembered.get(str(file)) != [value, *seen] and _sha256(file) != value:
                changed.append(file)
            else:
                good[str(file)] = [value, *seen]
        except OSError:
            changed.append(file)
    if good != remembered:
        _write(remembered_in, good)
    return changed


def _identity(state: os.stat_result) -> list[int]:
    return [state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino]


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _read(file: Path) -> Checked:
    try:
        remembered = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return remembered if isinstance(remembered, dict) else {}


def _write(file: Path, content: Checked) -> None:
    temporary = file.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_text(json.dumps(content))
    temporary.replace(file)
