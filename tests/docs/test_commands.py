"""Every command line of the pages is run as it stands there, or says here why not.

A page's `sh` blocks are one session of a shell, against an embedded system with a few households of the demo. What is
not run is checked all the same: the programs after `<<'PROGRAM'` compile and import what is there, targets exist.
"""

import ast
import importlib
import re
import subprocess
from pathlib import Path

import pytest

from tests.docs.conftest import RunningSystem
from tests.docs.pages import PAGES, ROOT, Block, blocks, name_of

ADDRESS = "http://127.0.0.1:8000"
NOT_RUN = {
    r"make (setup|up|test|test-fast|check|coverage|bench|chaos|test-kafka|lock|format|docs|screenshots)\b": (
        "starts, measures or changes this working copy; the target is held to exist"
    ),
    r"docker compose ": "needs Docker; tests/deploy reads the file, and the image's commands are run from a copy",
    r"\.venv/bin/python -m deploy\.docker\.make_secrets": "tests/deploy runs it",  # pragma: allowlist secret
    r"patron parked (retry|drop) ID": "needs a parked event; tests/reliability parks one",
    r"patron bus-key (use|retire) k": "the first key of a system that is shared stays; tests/embedded changes keys",
    r"patron down && patron backup|patron restore ": "stops the system; tests/embedded runs both",
    r"git |pre-commit ": "changes the repository",
    r"python3 -m venv /tmp/s3 |export AWS_|curl -X PUT http://127\.0\.0\.1:5959|PATRON_TEST_S3=": (
        "installs and starts another program's server, and runs tests"
    ),
    r"\.venv/bin/python -m pytest": "tests within tests; the files it names are held to exist",
}
HEREDOC = re.compile(r"^(?P<command>[^\n]*<<'PROGRAM'[^\n]*)\n(?P<program>.*?)^PROGRAM$", re.DOTALL | re.MULTILINE)
# an answer above 400 is a failed command, which curl says only if asked
PRELUDE = 'set -eu -o pipefail\ncurl() { command curl --fail-with-body --max-time 30 "$@"; }\n'
WITH_COMMANDS = [page for page in PAGES if any(blocks(page, "sh"))]


def commands(text: str) -> list[str]:
    """The commands of a block: continued lines are one, a program follows its command, comments are left out."""
    programs = [match["program"] for match in HEREDOC.finditer(text)]
    joined = HEREDOC.sub(lambda match: match["command"], text).replace("\\\n", " ")
    lines = [re.sub(r"(^|\s+)#.*$", "", line).strip() for line in joined.splitlines()]
    return [f"{line}\n{programs.pop(0)}PROGRAM" if "<<'PROGRAM'" in line else line for line in lines if line]


def why_not(command: str) -> str | None:
    return next((reason for pattern, reason in NOT_RUN.items() if re.match(pattern, command)), None)


def test_no_other_block_holds_commands() -> None:
    """Commands stand in `sh` blocks, where they are found."""
    stray = [
        f"{block.page}:{block.line}"
        for page in PAGES
        for block in blocks(page)
        if block.language in ("bash", "shell", "console", "")
        and re.search(r"^\s*(\$ |make |patron |curl |docker |python )", block.text, re.MULTILINE)
    ]
    assert stray == []


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=name_of)
def test_what_is_not_run_is_checked(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for block in blocks(page, "sh"):
        for program in HEREDOC.finditer(block.text):
            check_imports(block, program["program"])
        for command in commands(block.text):
            if target := re.match(r"make ([a-z-]+)", command):
                assert target[1] in targets, f"{block.page}:{block.line}"
            for path in re.findall(r"(?<![\w/])(?:tests|docs|tools|deploy|services|shared)/[\w./-]*", command):
                assert (ROOT / path).exists(), f"{block.page}:{block.line}: {path}"


def check_imports(block: Block, program: str) -> None:
    for node in ast.walk(ast.parse(program)):
        if isinstance(node, ast.ImportFrom) and node.module:
            module = importlib.import_module(node.module)
            assert [a.name for a in node.names if not hasattr(module, a.name)] == [], f"{block.page}:{block.line}"


@pytest.mark.system
@pytest.mark.parametrize("page", WITH_COMMANDS, ids=name_of)
def test_the_commands_of_a_page_work_as_they_stand_there(
    page: Path, running_system: RunningSystem, tmp_path: Path
) -> None:
    for entry in ROOT.iterdir():  # what a page writes stays out of the working copy
        (tmp_path / entry.name).symlink_to(entry)
    script = [
        command.replace(ADDRESS, running_system.gateway)
        for block in blocks(page, "sh")
        for command in commands(block.text)
        if why_not(command) is None
    ]
    done = subprocess.run(
        ["bash", "-c", PRELUDE + "set -x\n" + "\n".join(script)],
        cwd=tmp_path, env=running_system.environment, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"


def test_a_command_is_joined_and_its_comment_left_out() -> None:
    text = "curl -s $GATEWAY/v1 \\\n     -d '{}'   # says why\n# a comment\npython - <<'PROGRAM'\nimport os\nPROGRAM\n"
    assert commands(text) == ["curl -s $GATEWAY/v1       -d '{}'", "python - <<'PROGRAM'\nimport os\nPROGRAM"]
