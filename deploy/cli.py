"""The `patron` command: a table of contents. What each command does lives in deploy/commands."""

import sys

import typer

from deploy.commands import back_test, backup, bus_key, demo, parked, privacy, rebuild, run, status, token, verify
from deploy.embedded.failures import ClientFailed, StartFailed
from deploy.terminal import CommandFailed, complain

app = typer.Typer(
    name="patron",
    help="Patron on one machine: start it, look at it, operate it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(run.up)
app.command()(run.down)
app.command()(status.status)
app.command()(status.topics)
app.command()(token.token)
app.command()(demo.demo)
app.command()(verify.verify)
app.command()(back_test.back_test)
app.command()(rebuild.rebuild)
app.command()(backup.backup)
app.command()(backup.restore)
app.command()(privacy.export)
app.command()(privacy.erase)
app.add_typer(parked.app, name="parked")
app.add_typer(bus_key.app, name="bus-key")


def main() -> None:
    """A failure that we foresaw is one clear text, not a traceback."""
    try:
        app()
    except (StartFailed, ClientFailed, CommandFailed) as error:
        complain(str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
