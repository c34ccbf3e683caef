"""The embedded broker lets anybody on this machine write: what was forged there is parked, and nothing else happens."""

import json
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from deploy.embedded.databases import database_of
from shared.events import OWNERS
from shared.messaging import new_id
from shared.messaging.broker.interface import Message
from shared.messaging.broker.kafka import KafkaBroker
from tests.reliability.whole import Whole
from tests.shared.messaging.world import until

pytestmark = [pytest.mark.system, pytest.mark.timeout(400)]

TOPIC = "patron.complaint"
PARKED = "select count(*) from parked where reason = 'not_authentic' and topic = $1 and key = $2"


async def value_in(whole: Whole, service: str, sql: str, *arguments: object) -> Any:
    connection = await asyncpg.connect(whole.system.postgres.url(database_of(service)))
    try:
        return await connection.fetchval(sql, *arguments)
    finally:
        await connection.close()


def five_million_points(customer: str, seal: bytes | None) -> Message:
    now = datetime.now(UTC).isoformat()
    payload = {"case_id": str(new_id()), "customer_id": customer, "resolution_id": str(new_id()),
               "points": 5_000_000, "amount": "0", "resolved_at": now}  # fmt: skip
    headers = {
        "ce_specversion": "1.0", "ce_id": str(new_id()), "ce_type": "complaint.complaint_resolved.v1",
        "ce_source": f"/patron/complaint/{new_id()}", "ce_seq": "1", "ce_recordedat": now, "ce_time": now,
    }  # fmt: skip
    sealed = [] if seal is None else [("patron-seal", seal)]
    return Message(
        TOPIC, customer.encode(), json.dumps(payload).encode(),
        [*((name, value.encode()) for name, value in headers.items()), *sealed],
    )  # fmt: skip


async def test_points_that_were_forged_on_the_broker_are_not_booked(whole: Whole) -> None:
    await whole.load.send(20)
    customer = next(iter(whole.load.orders.values()))["customer_id"]
    broker = KafkaBroker(whole.system.kafka, mode="embedded", topics=list(OWNERS))
    producer = await broker.producer()
    seals = [None, b"k1:" + b"0" * 32, b"k9:" + b"0" * 32]
    await producer.send([five_million_points(customer, seal) for seal in seals])
    await producer.stop()

    async def parked() -> bool:
        return bool(await value_in(whole, "loyalty", PARKED, TOPIC, customer) == len(seals))

    await until(parked, "all of them are parked", 60)
    await whole.load.complain(customer, f"{whole.load.name}-genuine")  # and what complaint sends of the same customer
    await whole.load.send(20)
    await whole.invariants_hold()
    assert await value_in(whole, "loyalty", "select max(points) from entry") < 5_000_000
