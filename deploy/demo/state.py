"""`<data>/demo.json`: what was decided once for this data directory, and how far the replay has come."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass
class DemoState:
    """`households` counts, by month, how many of the ranked households were sent: a sample can grow."""

    weeks: int
    households: dict[str, int] = field(default_factory=dict)
    reviews: dict[str, str] = field(default_factory=dict)  # as_of -> run id, of the reviews that were applied
    files: int = 0  # ranked households whose file was written
    team: int = 0  # customers that were given an account manager

    @classmethod
    def read(cls, data: Path) -> "DemoState | None":
        try:
            return cls(**json.loads((data / "demo.json").read_bytes()))
        except FileNotFoundError:
            return None

    def write(self, data: Path) -> None:
        temporary = data / "demo.json.tmp"
        temporary.write_text(json.dumps(asdict(self), indent=2) + "\n")
        temporary.replace(data / "demo.json")
