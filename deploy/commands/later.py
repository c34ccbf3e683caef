"""Commands whose code lives in deploy/demo and deploy/verify: imported when called, so the command line is quick."""

import importlib
import sys
from typing import Any

import typer

from deploy.commands.terminal import CommandFailed

# every argument goes to the command's own parser, `--help` too
PASS_ON: dict[str, Any] = {"allow_extra_args": True, "ignore_unknown_options": True}


def find_run(module: str) -> Any:
    try:
        return importlib.import_module(module).run
    except ModuleNotFoundError as error:
        raise CommandFailed(
            f"{error.name} is not part of this installation. Install all of it with `make setup`."
        ) from error


def run_with(module: str, name: str, arguments: list[str]) -> None:
    """Runs `module.run` as a typer command of its own."""
    own = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    own.command()(find_run(module))
    sys.exit(own(args=arguments, prog_name=f"patron {name}", standalone_mode=True))
