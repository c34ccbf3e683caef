"""`patron verify`: the invariants across all services. The work is in deploy/verify."""

import typer

from deploy.commands.later import PASS_ON, run_with

__all__ = ["PASS_ON", "verify"]


def verify(context: typer.Context) -> None:
    """Check the invariants across all services; exit 1 when one is broken."""
    run_with("deploy.verify", "verify", context.args)
