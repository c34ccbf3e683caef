"""The command behind `patron demo`: from a data directory to a replayed year and its result."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from deploy.demo.dates import weeks_to_move
from deploy.demo.gateway import Gateway, RequestRefused
from deploy.demo.progress import ProgressLine
from deploy.demo.purchases import DataMissing, Purchases, read_purchases
from deploy.demo.quiescence import NotQuiescent, wait_for_quiescence
from deploy.demo.replay import Replay, ReviewNotApplied
from deploy.demo.result import show_result
from deploy.demo.state import DemoState
from deploy.embedded.state import State
from deploy.launch import make_room, show_addresses, start_detached
from deploy.terminal import DEFAULT_DATA, CommandFailed, patron, with_data
from deploy.verify.check import verify
from deploy.verify.command import embedded_urls
from deploy.verify.report import Report, print_report

HOUSEHOLDS = 2_469


def run(customers: int | None = None, data: Path = DEFAULT_DATA) -> int:
    """Replay a sample of the households, or all, and show the result. The exit code: 0 when every invariant holds."""
    console = Console(highlight=False)
    began = time.monotonic()
    data = data.absolute()
    households = HOUSEHOLDS if customers is None else customers  # 0 is nobody, not everybody
    try:
        with ThreadPoolExecutor(max_workers=1) as executor:  # a second of reading, while the system starts
            reading = executor.submit(read_purchases)
            system = running_system(data, console)
            purchases = reading.result()
        state = DemoState.read(data) or new_state(data, purchases)
        report = asyncio.run(replay(data, system, state, purchases, households, console))
    except (DataMissing, RequestRefused, ReviewNotApplied, NotQuiescent) as error:
        raise CommandFailed(str(error)) from error
    except BaseExceptionGroup as group:
        raise CommandFailed(str(first_error(group))) from group
    print_provenance(console, purchases)
    console.print(f"Done in {time.monotonic() - began:.1f} s. The same command again changes nothing.")
    if not report.holds:
        print_report(report, console)
        return 1
    console.print(f"All {len(report.results)} invariants hold ({patron('verify')}{with_data(data)}).", style="green")
    return 0


def running_system(data: Path, console: Console) -> State:
    """The system on this directory; one is started when none runs, and it stays."""
    state = State.read(data)
    if state is None or not state.alive:
        console.print(
            f"No system runs on {data}: starting one. It stays; stop it with {patron('down')}{with_data(data)}"
        )
        make_room(data)
        start_detached(data)
        show_addresses(data, patron("down"))
        state = State.read(data)
    assert state is not None
    return state


def new_state(data: Path, purchases: Purchases) -> DemoState:
    """The weeks are chosen once: the orders of a second run must be those of the first."""
    state = DemoState(weeks=weeks_to_move(int(purchases.placed_at[-1]), datetime.now(UTC)))
    state.write(data)
    return state


async def replay(
    data: Path, system: State, state: DemoState, purchases: Purchases, households: int, console: Console
) -> Report:
    async with Gateway(system.services["gateway"]) as gateway:
        work = Replay(gateway, data, state, purchases, households, datetime.now(UTC))
        orders = work.orders_to_send()
        if orders:
            console.print(f"{orders:,} orders of {work.sample_size:,} households, dates moved by {state.weeks} weeks")
        else:
            console.print("These households were replayed before; looking at the result.")
        with ProgressLine(console, orders, "orders") as progress:
            await work.run(progress)
            progress.describe("waiting until all has arrived")
            await wait_for_quiescence(data, system.internal)
        last_review = state.reviews[max(state.reviews)] if state.reviews else None
        await show_result(gateway, console, last_review)
    return await verify(embedded_urls(data))


def print_provenance(console: Console, purchases: Purchases) -> None:
    console.print(
        "\nReal: who bought what, when and for how much. Made up: names, phones, e-mails and teams; what goods cost "
        "the shop; returns and complaints. "
        f"{purchases.zero_quantities:,} lines of the data have quantity 0 and were sent as 1.",
        style="dim",
    )


def first_error(error: BaseException) -> BaseException:
    """The first real failure inside a group of tasks'."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
