"""`patron --help` and the operators' page say the same: every command, and every option of each."""

import re
from collections.abc import Iterator
from typing import Any

import typer

from deploy.cli import app
from tests.docs.pages import ROOT

EVERYWHERE = {"--data", "--help"}  # named once, above the table
ARGUMENT = "an argument"


def commands(command: Any = None, name: str = "") -> Iterator[tuple[str, Any]]:
    """(`parked list`, its definition) for all commands, the groups followed."""
    command = typer.main.get_command(app) if command is None else command
    for part, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, f"{name} {part}".strip())
    if not hasattr(command, "commands"):
        yield name, command


def options_of(command: Any) -> set[str]:
    options = {option for parameter in command.params for option in parameter.opts if option.startswith("--")}
    arguments = {ARGUMENT for parameter in command.params if parameter.param_type_name == "argument"}
    return (options | arguments) - EVERYWHERE


def documented() -> dict[str, set[str]]:
    page = (ROOT / "docs" / "operations.md").read_text()
    table = page.partition("## Commands\n")[2].partition("\n## ")[0]
    listed: dict[str, set[str]] = {}
    for line in re.findall(r"^\| `patron ([^`]+)` \|", table, re.MULTILINE):
        words = line.split()
        name = " ".join(word for word in words[:2] if re.fullmatch(r"[a-z][a-z-]*", word))
        after = words[len(name.split()) : len(name.split()) + 1]
        listed[name] = set(re.findall(r"--[a-z-]+", line)) | {ARGUMENT for word in after if word.isupper()}
    return listed


def test_the_page_has_every_command_with_every_option() -> None:
    assert documented() == {name: options_of(command) for name, command in commands()}


def test_every_command_and_option_has_a_text() -> None:
    for name, command in commands():
        assert command.help, name
        for parameter in command.params:
            assert getattr(parameter, "help", None), f"{name} {parameter.name}"


def test_the_readme_lists_every_command_and_make_target() -> None:
    readme = (ROOT / "README.md").read_text()
    table = readme.partition("## Commands\n")[2].partition("\n## ")[0]
    first_words = {name.split()[0] for name, _ in commands()}
    assert [word for word in sorted(first_words) if not re.search(rf"`(patron )?{word}`", table)] == []
    targets = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert [
        target
        for target in targets
        if f"make {target}" not in table and target not in ("help", "clean", "check-clients")
    ] == []
