"""Group commit: each gets its own answer; conflicts are retried, what may pass is a 503, poison stays alone."""

import asyncio
from collections.abc import Sequence

import asyncpg
import httpx
import orjson
import pytest
from fastapi import FastAPI

from services.gateway.intake.handlers.group_commit import GroupCommit
from shared.events import OrderPlaced
from shared.messaging import Database, Transaction
from tests import harness
from tests.gateway.bodies import an_order, code_of, place

SERVICE = "gateway"


class Ledger:
    """Writes numbers; odd things happen at chosen ones."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.fail_with: dict[int, list[Exception]] = {}

    async def write(self, tx: Transaction, numbers: Sequence[int]) -> list[int]:
        self.groups.append(list(numbers))
        for number in numbers:
            if self.fail_with.get(number):
                raise self.fail_with[number].pop()
        return [number * 10 for number in numbers]


async def test_what_waits_is_written_together_and_nobody_waits_for_company(database: Database) -> None:
    ledger = Ledger()
    group = GroupCommit(database, ledger.write, most_items=4)
    assert await group.submit(1) == 10
    assert await asyncio.gather(*[group.submit(n) for n in range(10)]) == [n * 10 for n in range(10)]
    assert [len(numbers) for numbers in ledger.groups] == [1, 4, 4, 2]


async def test_where_much_waits_a_second_writer_does_not_wait_for_the_first(database: Database) -> None:
    """And no more than two: what comes while both are busy is the next group of whoever is free first."""
    begun: asyncio.Queue[int] = asyncio.Queue()
    go_on = asyncio.Event()

    async def write(tx: Transaction, numbers: Sequence[int]) -> list[int]:
        begun.put_nowait(len(numbers))
        await go_on.wait()
        return [number * 10 for number in numbers]

    group = GroupCommit(database, write)
    batches = [range(n * 100, n * 100 + size) for n, size in enumerate([100, 100, 99, 1])]
    writing = []
    for batch in batches[:2]:
        writing.append(asyncio.create_task(group.submit_all(batch)))
        assert await asyncio.wait_for(begun.get(), 10) == 100
    writing += [asyncio.create_task(group.submit_all(batch)) for batch in batches[2:]]
    await asyncio.sleep(0)
    assert begun.empty()
    go_on.set()
    assert await asyncio.gather(*writing) == [[number * 10 for number in batch] for batch in batches]
    assert begun.get_nowait() == 100


async def test_few_that_wait_are_left_to_the_one_writer(database: Database) -> None:
    ledger = Ledger()
    group = GroupCommit(database, ledger.write)
    await asyncio.gather(group.submit(1), *[group.submit(n) for n in range(2, 100)])
    assert [len(numbers) for numbers in ledger.groups] == [99]


async def test_the_same_orders_in_two_batches_at_once_are_accepted_once(
    client: httpx.AsyncClient, database: Database
) -> None:
    """K7 for batches: two writers meet the same new references and order ids."""
    lines = [orjson.dumps(an_order(str(n), customer={"source": "demo", "ref": f"c{n % 7}"})) for n in range(250)]
    body, headers = b"\n".join(lines), {"Content-Type": "application/x-ndjson"}
    answers = await asyncio.gather(*[client.post("/v1/orders:batch", content=body, headers=headers) for _ in range(4)])
    assert {answer.content for answer in answers} == {answers[0].content}
    assert [orjson.loads(line)["status"] for line in answers[0].content.splitlines()] == [202] * 250
    events = await harness.announced(database)
    assert sum(isinstance(event, OrderPlaced) for event in events) == 250
    assert len(events) == 257


async def test_an_error_that_will_not_pass_is_narrowed_down_to_its_item(database: Database) -> None:
    ledger = Ledger()
    ledger.fail_with[3] = [ValueError("always")] * 10
    group = GroupCommit(database, ledger.write)
    answers = await group.submit_all(range(8))
    assert [answer for answer in answers if not isinstance(answer, BaseException)] == [0, 10, 20, 40, 50, 60, 70]
    assert isinstance(answers[3], ValueError)


async def test_a_conflict_is_tried_again_and_a_lost_connection_is_told_to_all(database: Database) -> None:
    ledger = Ledger()
    ledger.fail_with[1] = [asyncpg.DeadlockDetectedError("x"), asyncpg.SerializationError("x")]
    group = GroupCommit(database, ledger.write)
    assert await group.submit_all([1, 2]) == [10, 20]
    assert ledger.groups == [[1, 2]] * 3
    ledger.fail_with[1] = [ConnectionResetError()]
    answers = await group.submit_all([1, 2])
    assert [type(answer) for answer in answers] == [ConnectionResetError] * 2
    assert await group.submit(1) == 10


async def test_a_caller_that_went_away_does_not_disturb_the_others(database: Database) -> None:
    ledger = Ledger()
    group = GroupCommit(database, ledger.write)
    gone = asyncio.create_task(group.submit(1))
    stays = asyncio.create_task(group.submit(2))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays == 20
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_a_lost_database_is_said_as_try_again(client: httpx.AsyncClient, app: FastAPI) -> None:
    queue = app.state.order_intake.queue
    decide = queue.decide

    async def lost(*_: object) -> list[object]:
        raise ConnectionResetError

    queue.decide = lost
    answer = await client.post("/v1/orders", json=an_order("1"))
    assert code_of(answer) == (503, "try_again")
    assert "retry-after" in answer.headers
    queue.decide = decide
    await place(client, an_order("1"))


async def test_two_processes_of_the_gateway_take_the_same_orders_once(
    database: Database, keys: harness.Keys, databases: harness.Databases
) -> None:
    """Each has a writer and a pool of its own, as replicas do; new references and order ids collide all the time."""
    second = Database(database.url)
    apps = [harness.app_of("gateway", each, keys) for each in (database, second)]
    orders = [an_order(str(n), customer={"source": "demo", "ref": f"c{n % 5}"}) for n in range(40)]
    try:
        async with (
            harness.client_of(apps[0], harness.AsAdmin(keys, "gateway")) as first,
            harness.client_of(apps[1], harness.AsAdmin(keys, "gateway")) as other,
        ):
            answers = await asyncio.gather(
                *[client.post("/v1/orders", json=order) for order in orders for client in (first, other)]
            )
    finally:
        await second.close()
    assert {answer.status_code for answer in answers} == {202}
    assert [answers[n].content == answers[n + 1].content for n in range(0, 80, 2)] == [True] * 40
    events = await harness.announced(database)
    assert sum(isinstance(event, OrderPlaced) for event in events) == 40
    assert len(events) == 45
