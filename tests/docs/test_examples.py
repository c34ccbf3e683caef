"""docs/examples: complete programs, at most 60 lines, that print what they say they print."""

import ast
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.docs.conftest import RunningSystem
from tests.docs.pages import ROOT

EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.py"))
MOST_LINES = 60
DAY = re.compile(r"\d{4}-\d\d(-\d\d)?")  # days and months are those of the run


def documented_output(example: Path) -> str:
    """The indented lines at the end of the docstring, after "It prints"."""
    docstring = ast.get_docstring(ast.parse(example.read_text())) or ""
    _, prints, after = docstring.partition("It prints")
    assert prints, "the docstring says what it prints"
    return textwrap.dedent(after.partition("\n\n")[2])


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_short_and_listed(example: Path) -> None:
    assert len(example.read_text().splitlines()) <= MOST_LINES
    assert f"({example.name})" in (example.parent / "README.md").read_text()


@pytest.mark.system
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_prints_what_it_says(example: Path, running_system: RunningSystem) -> None:
    done = subprocess.run(
        [sys.executable, str(example)], env=running_system.environment, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert DAY.sub("DAY", done.stdout.strip()) == DAY.sub("DAY", documented_output(example).strip())
