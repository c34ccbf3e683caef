"""One service is not there (G3): the others answer, what is its own says so, and when it comes back it has it all."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any

import httpx
import pytest

from deploy.verify.snapshots import connected
from shared.chassis import Ports
from shared.messaging import Database
from shared.messaging.broker.interface import Message
from tests import harness
from tests.journeys.caller import Caller, ago, new_code
from tests.journeys.conftest import check_all_invariants
from tests.system import FAST, System, transport_to
from tests.system import system as start_system

Running = Callable[[], AbstractAsyncContextManager[None]]


@pytest.fixture(scope="module")
async def system(databases: harness.Databases, keys: harness.Keys) -> AsyncIterator[System]:
    """Everything but loyalty, which each journey starts and stops itself."""
    others = [name for name in harness.SERVICES if name != "loyalty"]
    async with start_system(databases, keys, services=others) as running:
        yield running


@pytest.fixture
async def loyalty(system: System, databases: harness.Databases) -> Running:
    """`async with loyalty():` it runs, on a database that stays as it is in between."""
    return partial(running_service, system, "loyalty", databases)


@pytest.fixture(scope="module")
async def loyaltys_database(databases: harness.Databases) -> str:
    return await databases.prepare("loyalty", harness.migrations_of("loyalty"))


@pytest.fixture(autouse=True)
async def what_must_hold(system: System, loyalty: Running, loyaltys_database: str) -> AsyncIterator[None]:
    """As after every journey; for that loyalty has to be there."""
    yield
    async with loyalty():
        urls = {name: database.url for name, database in system.databases.items()}
        async with connected(urls) as connections:
            await check_all_invariants(system, connections)


@asynccontextmanager
async def running_service(system: System, name: str, databases: harness.Databases) -> AsyncIterator[None]:
    database = Database(databases.url(name).replace("postgresql://", "postgresql+asyncpg://"), pool_size=5)
    ports = Ports(broker=system.broker, database=database, transport=transport_to(system.apps), logs=False, timing=FAST)
    settings = harness.settings_of(name, database.url, system.keys.directory)
    app = harness.part_of(name, "app").create_app(settings, ports)
    system.apps[name], system.databases[name] = app, database
    try:
        async with harness.client_of(app, harness.AsAdmin(system.keys, name)):
            yield
    finally:
        del system.apps[name], system.databases[name]
        await database.close()


def is_away(answer: httpx.Response, service: str) -> bool:
    problem = answer.json()
    answered = (answer.status_code, problem["code"], problem["service"], "retry-after" in answer.headers)
    return answered == (503, "service_unavailable", service, True)


async def test_G3_what_is_not_loyaltys_goes_on_without_it_and_it_catches_up(admin: Caller, loyalty: Running) -> None:
    ref = new_code("D")
    customer = (await admin.place(ref, "900.00", at=ago(days=2)))["customer_id"]
    await admin.settle()
    overview = await admin.overview(customer)
    assert (overview["tier"]["tier"], overview["orders"]["revenue"]) == ("silver", "900.00")
    assert overview["points"] == {"balance": 0, "held": 0, "debt": 0}
    path = f"/v1/customers/{customer}/points"
    assert is_away(await admin.send("GET", path), "loyalty")
    assert is_away(await admin.send("POST", f"{path}/redemptions", json={"points": 1}), "loyalty")
    assert (await who_answers(admin, customer)) == (["loyalty"], {"tier", "cases"})
    health = await admin.get("/v1/health")
    assert (health["state"], [service["name"] for service in health["services"] if service["state"] == "away"]) == (
        "degraded",
        ["loyalty"],
    )

    async with loyalty():
        await admin.settle()
        assert await admin.points(customer) == (1080, 0), "in silver since the order that made it silver"
        assert await who_answers(admin, customer) == ([], {"tier", "cases", "points"})
        await admin.post(f"{path}/redemptions", {"points": 80})
        await admin.settle()

    assert (await admin.overview(customer))["points"]["balance"] == 1000, "the overview knows what it heard last"
    second = await admin.place(ref, "100.00", at=ago(days=1))
    await admin.take_back(second)
    await admin.place(ref, "50.00")
    assert is_away(await admin.send("GET", path), "loyalty")
    async with loyalty():
        await admin.settle()
        assert await admin.points(customer) == (1060, 0)


async def test_K15_what_the_broker_loses_of_one_is_found_while_another_is_away(admin: Caller, system: System) -> None:
    """Nothing of tiering comes through, and loyalty is down: profile asks tiering itself all the same."""

    def without_tiering(messages: Sequence[Message]) -> Sequence[Message]:
        return [message for message in messages if message.topic != "patron.tiering"]

    system.broker.mangle = without_tiering
    try:
        customer = (await admin.place(new_code("D"), "900.00"))["customer_id"]
        await admin.settle()
    finally:
        system.broker.mangle = lambda messages: messages
    assert await admin.tier(customer) == "silver"


async def who_answers(caller: Caller, customer: str) -> tuple[list[str], set[str]]:
    fresh: dict[str, Any] = await caller.get(f"/v1/customers/{customer}/overview", fresh="true")
    assert fresh["customer"]["id"] == customer
    return fresh["did_not_answer"], set(fresh["fresh"])
