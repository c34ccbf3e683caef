"""`patron verify`: the invariants across all services. The work is in deploy/verify."""

from typing import Annotated

import typer

from deploy.terminal import DEFAULT_DATA, DataOption, JsonOption

AllOption = Annotated[bool, typer.Option("--all", help="Work out every customer anew; of many, else a sample.")]


def verify(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False, everybody: AllOption = False) -> None:
    """Check the invariants across all services; exit 1 when one is broken."""
    from deploy.verify import run

    raise typer.Exit(run(data.absolute(), as_json, everybody))
