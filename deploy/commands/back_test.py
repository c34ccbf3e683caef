"""`patron back-test`: what early-warning rules would have been worth. The work is in deploy/back_test."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from deploy.terminal import JsonOption


def back_test(
    data: Annotated[
        Path | None,
        typer.Option("--data", help="A running system's own history; without it, the demo's real year of purchases."),
    ] = None,
    rule: Annotated[list[str] | None, typer.Option("--rule", help="Only the rule of this cause, as `silent`.")] = None,
    horizon: Annotated[int, typer.Option("--horizon", min=1, max=12, help="Months after, in which a loss shows.")] = 3,
    baseline: Annotated[int, typer.Option("--baseline", min=1, max=24, help="Months before, for comparison.")] = 3,
    fall: Annotated[float, typer.Option("--fall", min=1, max=100, help="Percent that make a loss.")] = 50,
    least: Annotated[float, typer.Option("--least", min=0, help="A month's revenue below which nobody looks.")] = 100,
    as_json: JsonOption = False,
) -> None:
    """Print precision, recall and lead time of each early-warning rule, with the base rate."""
    # imported when called: the purchases' packages are large, and an extra
    from deploy.back_test import run
    from services.tiering_svc.monitoring.domain.back_test import LossDefinition

    loss = LossDefinition(horizon, baseline, Decimal(str(fall)), Decimal(str(least)))
    raise typer.Exit(run(data.absolute() if data else None, rule or [], loss, as_json))
