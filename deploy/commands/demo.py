"""`patron demo`: real retail orders through the gateway. The work is in deploy/demo."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.terminal import DEFAULT_DATA, DataOption, complain, console, patron, with_data


def demo(
    customers: Annotated[
        int, typer.Option("--customers", min=1, help="How many households; all 2,469 unless said.")
    ] = 2_469,
    data: DataOption = DEFAULT_DATA,
) -> None:
    """Replay real retail orders through the gateway and show the result."""
    # imported when called: the demo's packages are large, and an extra
    from deploy.demo import run

    raise typer.Exit(run(customers=customers, data=data.absolute()) or 0)


def load_demo(data: Path, customers: int) -> None:
    """The first start's demo. When it fails the system stays up: it is worth a look without it too."""
    again = f"Try again with: {patron('demo')}{with_data(data)}"
    try:
        from deploy.demo import run

        console.print(f"\nloading the demo: a year of real purchases of {customers} households", style="dim")
        if run(customers=customers, data=data):
            complain(f"The demo did not come to its end. {again}")
    except Exception as error:
        complain(f"The demo was not loaded ({type(error).__name__}: {error}). {again}")
