"""`patron rebuild`: a service makes its copies, or its marks, anew from the owners' logs while the system runs."""

from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from urllib.parse import quote, urlencode

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from deploy.embedded.service import SERVICES
from deploy.operator import Operator, Unreachable
from deploy.terminal import DEFAULT_DATA, CommandFailed, DataOption, console, running_state

WHY = {
    "parked": "an event of it is parked: `patron parked list`",
    "log_begins_later": "months of its owner's log were dropped",
    "epoch_to_align": "its owner came back from a backup, and the service has yet to align: try again in a minute",
    "position_beyond_log": "its mark is damaged: `patron rebuild SERVICE --what marks` first",
}


class What(StrEnum):
    """What is made anew."""

    overview = "overview"
    copies = "copies"
    marks = "marks"


def rebuild(
    service: Annotated[str, typer.Argument(help=f"One of {', '.join(SERVICES)}.")],
    what: Annotated[
        What, typer.Option(help="The overview (of profile), all copies of others' facts, or damaged marks.")
    ] = What.copies,
    every: Annotated[
        bool, typer.Option("--every", help="With --what marks: take every stream again, not only damaged ones.")
    ] = False,
    data: DataOption = DEFAULT_DATA,
) -> None:
    """Make copies of others' facts anew from their owners' logs. The system goes on working meanwhile."""
    if service not in SERVICES:
        raise CommandFailed(f"There is no service {service}: one of {', '.join(SERVICES)}.")
    if every and what is not What.marks:
        raise CommandFailed("--every goes with --what marks.")
    left: Counter[str] = Counter()
    for name, path in _paths(service, what, data):
        rebuilt = _turn_pages(service, name, path, every, data, left)
        console.print(f"{service}: {name}, {rebuilt:,} keys made anew", markup=False)
    for reason, count in left.items():
        console.print(f"{count:,} left as they are: {WHY.get(reason, reason)}", style="yellow", markup=False)
    console.print("`patron verify` says whether all holds now.")
    if left:
        raise typer.Exit(1)


def _paths(service: str, what: What, data: Path) -> list[tuple[str, str]]:
    """What there is to make anew, with where to ask for it."""
    with Operator(data / "keys", running_state(data).internal) as operator:
        try:
            known = operator.get(service, "/internal/copies")
        except Unreachable as error:
            raise CommandFailed(f"{service}: {error}") from error
    if what is What.marks:
        return [(f"marks of {topic}", f"/internal/positions/{quote(topic)}/rebuild") for topic in known["topics"]]
    names = [name for name in known["copies"] if what is What.copies or name == what.value]
    if not names:
        raise CommandFailed(f"{service} keeps no {what.value}.")
    return [(name, f"/internal/copies/{quote(name)}/rebuild") for name in names]


def _turn_pages(service: str, name: str, path: str, every: bool, data: Path, left: Counter[str]) -> int:
    rebuilt, after = 0, ""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with (
        Operator(data / "keys", running_state(data).internal, timeout=120) as operator,
        Progress(*columns, console=console, transient=True) as progress,
    ):
        task = progress.add_task(name, total=None)
        while True:
            query = urlencode({"after": after} | ({"every": "true"} if every else {}))
            try:
                page = operator.post(service, f"{path}?{query}")
            except Unreachable as error:
                raise CommandFailed(f"{service} stopped at {after or 'the first key'}: {error}") from error
            rebuilt += int(page["rebuilt"])
            left.update(page["left"].values())
            progress.update(task, description=f"{name}: {rebuilt:,} keys")
            if page["next_after"] is None:
                return rebuilt
            after = page["next_after"]
