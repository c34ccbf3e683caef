"""`make coverage`: how much of every `domain` its own pure tests reach, by branches, with a floor.

The floor of each domain is `[tool.patron] domain_branch_floor` of pyproject.toml, in percent of branches and lines
taken together (as coverage.py counts them). A domain that is reached only through a database is not tested well: the
tests run here are the pure ones. Shared components whose rules are pure are held to the same floor.
"""

import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TESTS = [
    "tests/complaint_svc", "tests/gateway", "tests/loyalty_svc", "tests/profile_svc", "tests/tiering_svc",
    "tests/shared/erasure", "tests/shared/rule_sets", "tests/shared/texts",
]  # fmt: skip
ALSO = {
    "shared/erasure/declaration.py",
    "shared/rule_sets/lifecycle.py",
    "shared/rule_sets/timeline.py",
    "shared/texts",
}


@dataclass
class Reached:
    """Lines and branches of one domain: how many there are, and how many the tests took."""

    total: int = 0
    taken: int = 0
    missed: list[str] = field(default_factory=list)

    @property
    def percent(self) -> float:
        return 100.0 * self.taken / self.total if self.total else 100.0


def domain_of(path: str) -> str | None:
    """`services/x_svc/area/domain/y.py` belongs to services/x_svc/area; other files to no domain."""
    for place in ALSO:
        if path == place or path.startswith(f"{place}/"):
            return place
    parts = Path(path).with_suffix("").parts
    return "/".join(parts[: parts.index("domain")]) if parts[0] == "services" and "domain" in parts else None


def by_domain(report: Mapping[str, Any]) -> dict[str, Reached]:
    """What coverage's JSON report says, added up by domain."""
    domains: dict[str, Reached] = {}
    for path, file in report["files"].items():
        if (domain := domain_of(path)) is None:
            continue
        summary, reached = file["summary"], domains.setdefault(domain, Reached())
        reached.total += summary["num_statements"] + summary["num_branches"]
        reached.taken += summary["covered_lines"] + summary["covered_branches"]
        if file["missing_lines"] or file["missing_branches"]:
            lines = {*file["missing_lines"], *(origin for origin, _ in file["missing_branches"])}
            reached.missed.append(f"{path}: {', '.join(str(abs(line)) for line in sorted(lines, key=abs)[:12])}")
    return domains


def table(domains: Mapping[str, Reached], floor: float) -> Iterator[str]:
    for domain, reached in sorted(domains.items(), key=lambda item: item[1].percent):
        low = reached.percent < floor
        yield f"{'BELOW ' if low else 'ok    '} {reached.percent:5.1f} %  {domain}"
        if low:
            yield from (f"           {missed}" for missed in reached.missed)


def measure(arguments: list[str]) -> dict[str, Any]:
    """Run the pure tests under coverage.py and return its JSON report."""
    with tempfile.TemporaryDirectory() as folder:
        data, report = Path(folder) / "coverage", Path(folder) / "report.json"
        coverage = [sys.executable, "-m", "coverage"]
        run = [*coverage, "run", f"--data-file={data}", "-m", "pytest", "-q", "-m", "pure", *TESTS, *arguments]
        if subprocess.run(run, cwd=ROOT, check=False).returncode:
            raise SystemExit("coverage: tests failed")
        subprocess.run([*coverage, "json", f"--data-file={data}", "-q", "-o", str(report)], cwd=ROOT, check=True)
        content: dict[str, Any] = json.loads(report.read_text())
        return content


def main(arguments: list[str]) -> int:
    floor = float(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["patron"]["domain_branch_floor"])
    domains = by_domain(measure(arguments))
    print("\n".join(table(domains, floor)))
    low = [domain for domain, reached in domains.items() if reached.percent < floor]
    print(f"coverage: {len(domains)} domains, the floor is {floor:g} %" + (f"; {len(low)} below it" if low else ""))
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
