"""Cuts `requirements.lock` down to what runs: the base dependencies and the named extras, with their pins and hashes.

    python runtime_lock.py requirements.lock pyproject.toml > runtime.lock

The lock names for each package who asked for it ("# via"), so what is reachable from the wanted names is what is kept.
Only the standard library is used: this runs in a bare image, before anything is installed.
"""

import re
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==", re.MULTILINE)


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def wanted(project: str, extras: Iterable[str]) -> set[str]:
    """The names that pyproject.toml asks for."""
    tables = tomllib.loads(project)["project"]
    asked = list(tables["dependencies"])
    for extra in extras:
        asked += tables["optional-dependencies"][extra]
    return {canonical(match.group()) for line in asked if (match := NAME.match(line))}


def blocks(lock: str) -> dict[str, str]:
    """Each package's lines: the pin, its hashes, and the comment that says who asked."""
    starts = [match.start() for match in PIN.finditer(lock)]
    pieces = [lock[start:end] for start, end in zip(starts, [*starts[1:], len(lock)], strict=True)]
    return {canonical(piece.partition("==")[0]): piece for piece in pieces}


def asked_by(block: str) -> set[str]:
    comment = block.partition("# via")[2]
    return {canonical(match) for line in comment.splitlines() for match in NAME.findall(line.strip(" #"))[:1]}


def cut(lock: str, names: set[str]) -> str:
    packages = blocks(lock)
    if missing := names - packages.keys():
        raise SystemExit(f"not in the lock: {', '.join(sorted(missing))} (run `make lock`)")
    kept = set(names)
    while more := {name for name, block in packages.items() if name not in kept and asked_by(block) & kept}:
        kept |= more
    return "".join(packages[name] for name in sorted(kept))


if __name__ == "__main__":
    lock_file, project_file, *chosen = sys.argv[1:]
    sys.stdout.write(cut(Path(lock_file).read_text(), wanted(Path(project_file).read_text(), chosen)))
