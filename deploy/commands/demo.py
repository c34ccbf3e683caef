"""`patron demo`: real retail orders through the gateway. The work is in deploy/demo."""

from pathlib import Path

import typer

from deploy.commands.later import PASS_ON, find_run, run_with
from deploy.commands.terminal import CommandFailed, complain, console, patron, with_data

__all__ = ["PASS_ON", "demo", "load_demo"]

MODULE = "deploy.demo"


def demo(context: typer.Context) -> None:
    """Replay real retail orders through the gateway and show the result."""
    run_with(MODULE, "demo", context.args)


def load_demo(data: Path, customers: int) -> None:
    """The first start's demo. When it fails the system stays up: it is worth a look without it too."""
    try:
        run = find_run(MODULE)
        console.print(f"\nloading the demo: a year of real purchases of {customers} households", style="dim")
        run(customers=customers, data=data)
    except (Exception, SystemExit) as error:
        if isinstance(error, SystemExit) and not error.code:
            return
        reason = str(error) if isinstance(error, CommandFailed) else f"{type(error).__name__}: {error}"
        complain(f"The demo was not loaded: {reason}\nTry again with: {patron('demo')}{with_data(data)}")
