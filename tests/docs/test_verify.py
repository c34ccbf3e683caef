"""docs/verify.md says of every invariant what to do when it is broken, and of nothing else."""

import re
from pathlib import Path

from deploy.verify.invariants import INVARIANTS

PAGE = Path(__file__).parents[2] / "docs" / "verify.md"
ROW = re.compile(r"^\| `(\w+)` \| (\S.*) \|$", re.MULTILINE)


def test_every_invariant_has_its_line_of_what_to_do() -> None:
    rows = ROW.findall(PAGE.read_text())
    codes, listed = [invariant.code for invariant in INVARIANTS], [code for code, _ in rows]
    missing = [code for code in codes if code not in listed]
    assert not missing, (
        f'docs/verify.md, "When one is broken", needs a line for {", ".join(missing)}: '
        "| `code` | what an operator does when it is broken |"
    )
    assert not set(listed) - set(codes), f"no such invariant: {', '.join(set(listed) - set(codes))}"
    assert len(listed) == len(set(listed)), "two lines for one invariant"


def test_lines_that_point_to_another_point_to_one_that_is_there() -> None:
    rows = dict(ROW.findall(PAGE.read_text()))
    for code, text in rows.items():
        for other in re.findall(r"`([a-z]+_[a-z_]+)`", text):
            if other not in ("expiry_failed", "rule_set_step"):
                assert other in rows, f"{code} points to {other}"
