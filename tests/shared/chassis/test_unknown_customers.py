"""A customer that is not known is looked for outside of the request's transaction, and the request runs again."""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI, Query

from shared.chassis import Id, Ports, Tx, allow, service_router
from shared.errors import customer_not_found, not_found
from shared.messaging import Database
from shared.messaging.inbox.pull_on_demand import Answer
from tests import harness
from tests.shared.chassis import sample

KNOWN: set[UUID] = set()
RUNS: Counter[str] = Counter()
router = service_router(prefix="/v1")


@router.post("/greetings", status_code=201, dependencies=[allow("customers:write")])
async def greet(tx: Tx, customer_id: Annotated[list[Id], Query()]) -> int:
    """Writes before it finds out that somebody is not known."""
    RUNS["greet"] += 1
    await tx.raw.execute("insert into thing (id, name, version) values ($1, 'greeting', 1)", uuid4())
    for each in customer_id:
        if each not in KNOWN:
            raise customer_not_found(each)
    return len(customer_id)


@router.get("/letters", dependencies=[allow("customers:read")])
async def find_letter() -> None:
    RUNS["letter"] += 1
    raise not_found("letter_not_found", "There is no such letter.")


class Owners:
    """Stands for the pull: makes known whom it shall, over a connection of its own, and counts what it was asked."""

    def __init__(self, database: Database) -> None:
        self.database, self.asked_for = database, []  # type: ignore[var-annotated]
        self.have: set[UUID] = set()
        self.answer = Answer.CAUGHT_UP

    async def pull(self, key: str) -> Answer:
        self.asked_for.append(key)
        # the pool has one connection: this would wait for ever if the request still held it
        await self.database.run(lambda tx: tx.raw.execute("select from thing"))
        if UUID(key) in self.have:
            KNOWN.add(UUID(key))
        return self.answer

    async def stop(self, *, grace_seconds: float) -> None:
        pass


@pytest.fixture
async def database(databases: harness.Databases, migrations: Any) -> AsyncIterator[Database]:
    database = Database(await databases.prepare("bare", migrations), pool_size=1)
    yield database
    await database.close()


@pytest.fixture
def app(database: Database, keys: harness.Keys) -> FastAPI:
    KNOWN.clear()
    RUNS.clear()
    settings = sample.Settings(database_url=database.url, keys=keys.directory, migrate=False)
    ports = Ports(database=database, running=False, logs=False, transport=harness.nowhere)
    return sample.create_app(settings, ports, routers=[router])


@pytest.fixture
def owners(app: FastAPI, database: Database) -> Owners:
    app.state.service.pull_on_demand = owners = Owners(database)
    return owners


async def greetings(database: Database) -> int:
    count: int = await database.run(lambda tx: tx.raw.fetchval("select count(*) from thing"))
    return count


async def greet_them(client: httpx.AsyncClient, *customers: UUID) -> tuple[int, Any]:
    answer = await client.post("/v1/greetings", params={"customer_id": [str(id) for id in customers]})
    return answer.status_code, answer.json() if answer.status_code == 201 else answer.json()["code"]


async def test_who_becomes_known_by_the_pull_is_served_once(
    client: httpx.AsyncClient, owners: Owners, database: Database
) -> None:
    customers = [uuid4(), uuid4()]
    owners.have.update(customers)
    assert await greet_them(client, *customers) == (201, 2)
    assert owners.asked_for == [str(id) for id in customers], "one after the other, each once"
    assert await greetings(database) == 1, "the tries before it left nothing"


async def test_who_is_nowhere_is_not_found_without_another_try(
    client: httpx.AsyncClient, owners: Owners, database: Database
) -> None:
    owners.answer = Answer.ABSENT
    assert await greet_them(client, uuid4()) == (404, "customer_not_found")
    assert (RUNS["greet"], await greetings(database)) == (1, 0)


async def test_whose_streams_do_not_make_it_known_is_not_found(
    client: httpx.AsyncClient, owners: Owners, database: Database
) -> None:
    assert await greet_them(client, uuid4()) == (404, "customer_not_found")
    assert (RUNS["greet"], await greetings(database)) == (2, 0)


async def test_where_an_owner_does_not_answer_it_is_tried_and_said_so(
    client: httpx.AsyncClient, owners: Owners
) -> None:
    owners.answer = Answer.UNKNOWN
    known = uuid4()
    owners.have.add(known)
    assert await greet_them(client, known) == (201, 1), "another owner was enough, or the consumer was faster"
    answer = await client.post("/v1/greetings", params={"customer_id": str(uuid4())})
    assert (answer.status_code, answer.json()["code"]) == (503, "customer_not_known_yet")
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["content-type"] == "application/problem+json"


async def test_other_things_that_are_not_found_are_not_looked_for(client: httpx.AsyncClient, owners: Owners) -> None:
    assert (await client.get("/v1/letters")).json()["code"] == "letter_not_found"
    assert (RUNS["letter"], owners.asked_for) == (1, [])


async def test_where_no_consumer_runs_the_refusal_stands(client: httpx.AsyncClient) -> None:
    assert await greet_them(client, uuid4()) == (404, "customer_not_found")
    assert RUNS["greet"] == 1
