"""Who reaches the broker and has no key books nothing: forged events are parked, and nobody waits for them.

The attack that once worked: a `complaint_resolved` of 5,000,000 points, sent straight to complaint's topic.
"""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from deploy.verify.check import SUBSCRIBED_TOPICS, check_invariants
from deploy.verify.snapshots import connected
from shared.messaging import new_id
from shared.messaging.broker.interface import Message
from tests import harness
from tests.journeys.caller import Caller, ago, new_code
from tests.journeys.test_complaints_settled import file_for, settle_with
from tests.support.forgeries import FORGERIES, with_header
from tests.system import System
from tests.system import system as start_system

TOPIC = "patron.complaint"
LISTENING = ("profile", "tiering", "loyalty")
STOLEN = 5_000_000


@pytest.fixture
async def system(databases: harness.Databases, keys: harness.Keys) -> AsyncIterator[System]:
    async with start_system(databases, keys) as running:
        yield running


@pytest.fixture
async def admin(system: System) -> Caller:
    token = await Caller(system, {}).post("/dev/token", {"role": "admin"}, status=200)
    return Caller(system, {"Authorization": f"Bearer {token['access_token']}"})


def sent_by_complaint(system: System, customer: str) -> list[Message]:
    """What complaint has sent of a customer, in order."""
    logs = [log for (topic, _), log in system.broker.logs.items() if topic == TOPIC]
    return [message for log in logs for message in log if message.key == customer.encode()]


def resolved(genuine: Message, case: dict[str, Any], seq: int) -> Message:
    """The next event of the customer's stream as complaint would send it, but for the seal."""
    now = datetime.now(UTC).isoformat()
    payload = {"case_id": case["id"], "customer_id": (genuine.key or b"").decode(), "resolution_id": str(new_id()),
               "points": STOLEN, "amount": "0", "resolved_at": now}  # fmt: skip
    message = genuine._replace(value=json.dumps(payload).encode())
    for name, value in (
        ("ce_id", str(new_id())), ("ce_type", "complaint.complaint_resolved.v1"), ("ce_seq", str(seq)),
        ("ce_recordedat", now), ("ce_time", now),
    ):  # fmt: skip
        message = with_header(message, name, value.encode())
    return message


async def kept_by(system: System, service: str) -> list[Any]:
    rows: list[Any] = await system.databases[service].run(
        lambda tx: tx.raw.fetch("select * from parked where reason = 'not_authentic' and ended_at is null")
    )
    return rows


async def test_five_million_points_forged_in_every_way_are_not_booked(admin: Caller, system: System) -> None:
    customer = (await admin.place(new_code("C"), "100.00", at=ago(days=2)))["customer_id"]
    await admin.settle()
    case = await file_for(admin, customer)
    await admin.settle()
    log = sent_by_complaint(system, customer)
    forged = resolved(log[-1], case, len(log) + 1)
    producer = await system.broker.producer()
    await producer.send([forge(forged) for forge in FORGERIES.values()])  # before the genuine next event …
    await settle_with(admin, case, 7)
    await admin.settle()
    again = sent_by_complaint(system, customer)[-1]
    await producer.send([forge(resolved(again, case, 99)) for forge in FORGERIES.values()])  # … and after it
    await producer.send(sent_by_complaint(system, customer))  # and all that is genuine once more
    await admin.place(new_code("C"), "1.00")
    await admin.settle()

    assert await admin.points(customer) == (107, 0), "the genuine settlement alone"
    here = sum(message.topic == TOPIC for message in (forge(forged) for forge in FORGERIES.values()))
    for name in LISTENING:
        loop = system.service(name).consumer
        assert loop is not None
        assert loop.unverified.total >= here
        rows = await kept_by(system, name)
        assert 0 < len(rows) <= 20
        blocked = "select count(*) from stream_seen where blocked_at is not null"
        assert await system.databases[name].run(lambda tx: tx.raw.fetchval(blocked)) == 0  # noqa: B023
    await verify_is_clean_once_they_are_dropped(system)


async def verify_is_clean_once_they_are_dropped(system: System) -> None:
    urls = {name: database.url for name, database in system.databases.items()}
    async with connected(urls) as connections:
        report = await check_invariants(connections, SUBSCRIBED_TOPICS, 30)
        assert report.holds, [(result.code, result.examples) for result in report.broken]
        assert report.result("not_authentic").outcome == "noted"
        for name in LISTENING:
            for row in await kept_by(system, name):
                await system.service(name).inbox.drop(row["parked_id"], "ann")
        assert (await check_invariants(connections, SUBSCRIBED_TOPICS, 30)).result("not_authentic").outcome == "holds"
