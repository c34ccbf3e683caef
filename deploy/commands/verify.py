"""`patron verify`: the invariants across all services. The work is in deploy/verify."""

import typer

from deploy.terminal import DEFAULT_DATA, DataOption, JsonOption


def verify(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """Check the invariants across all services; exit 1 when one is broken."""
    from deploy.verify import run

    raise typer.Exit(run(data.absolute(), as_json))
