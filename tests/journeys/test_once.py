"""Told many times, it happens once: K7 over HTTP, and K8, everybody hearing everything again from the first event."""

import asyncio
from typing import Any

from shared.events import OWNERS
from shared.messaging import Database, Transaction
from shared.messaging.broker.interface import Message
from shared.messaging.inbox.received import ReceivedEvent
from tests.journeys.caller import Caller, a_line, ago, an_order, new_code, now
from tests.system import System

AT_ONCE = 50


async def test_K7_fifty_times_the_same_order_at_once_is_one_order(admin: Caller) -> None:
    order = an_order(new_code("N"), [a_line(1, "100.00")])
    key = {"Idempotency-Key": new_code("key")}
    answers = await asyncio.gather(*(admin.send("POST", "/v1/orders", json=order, headers=key) for _ in range(AT_ONCE)))
    assert {answer.status_code for answer in answers} == {202}
    [accepted] = {answer.text for answer in answers}
    customer = answers[0].json()["customer_id"]
    await admin.settle()
    assert accepted
    assert (await admin.overview(customer))["orders"]["count"] == 1
    assert await admin.points(customer) == (100, 0)


async def test_K7_fifty_redemptions_with_one_key_at_once_are_one_redemption(admin: Caller) -> None:
    customer = (await admin.place(new_code("N"), "100.00"))["customer_id"]
    await admin.settle()
    path, key = f"/v1/customers/{customer}/points/redemptions", {"Idempotency-Key": new_code("key")}
    answers = await asyncio.gather(*(admin.send("POST", path, json={"points": 3}, headers=key) for _ in range(AT_ONCE)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1, "fifty equal answers"
    assert [answer.headers.get("Idempotency-Replayed") for answer in answers].count("true") == AT_ONCE - 1
    await admin.settle()
    assert await admin.points(customer) == (97, 0)

    other = await admin.send("POST", path, json={"points": 4}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    another_key = await admin.send("POST", path, json={"points": 3}, headers={"Idempotency-Key": new_code("key")})
    assert another_key.json()["balance"] == 94


async def test_K7_fifty_complaints_with_one_key_at_once_are_one_case(admin: Caller) -> None:
    customer = (await admin.place(new_code("N"), "100.00"))["customer_id"]
    await admin.settle()
    body = {"customer": {"id": customer}, "channel": "web", "category": "price", "what_happened": "Charged twice."}
    key = {"Idempotency-Key": new_code("key")}
    answers = await asyncio.gather(
        *(admin.send("POST", "/v1/complaints", json=body, headers=key) for _ in range(AT_ONCE))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    await admin.settle()
    assert (await admin.overview(customer))["cases"]["open"] == 1


# --- K8 ---


async def a_life(admin: Caller) -> list[str]:
    """Something of everything, by two customers; returns the paths whose answers must not change."""
    ref = new_code("N")
    customer = (await admin.place(ref, "900.00", "20.00", at=ago(days=40)))["customer_id"]
    big = await admin.place(ref, "2000.00", at=ago(days=3))
    other = (await admin.place(new_code("N"), "55.00"))["customer_id"]
    await admin.settle()
    await admin.post(f"/v1/customers/{customer}/points/redemptions", {"points": 500})
    case = await admin.post(
        "/v1/complaints",
        {"customer": {"id": customer}, "channel": "call", "category": "delivery", "what_happened": "Late."},
    )
    await admin.take_back(big)
    await admin.post(f"/v1/complaints/{case['id']}/acknowledgement")
    await admin.post(f"/v1/complaints/{case['id']}/judgement", {"valid": True, "reason": "It was."})
    await admin.post(f"/v1/complaints/{case['id']}/proposals", {"text": "Points.", "points": 40})
    await admin.post(f"/v1/complaints/{case['id']}/acceptance", {"accepted": True})
    await admin.post(f"/v1/complaints/{case['id']}/resolution")
    owed = {"receivable_id": new_code("I"), "customer": {"id": other}, "amount": "55.00", "issued_on": "2026-01-10"}
    receivable = await admin.post("/v1/receivables", owed | {"due_on": "2026-02-10"})
    paid = {"payment_id": new_code("P"), "receivable": receivable["id"], "amount": "5.00", "paid_at": now()}
    await admin.post("/v1/payments", paid)
    await admin.settle()
    then = now().replace("+", "%2B")
    return [
        f"/v1/pyramid?as_of={then}",
        f"/v1/complaints/{case['id']}",
        "/v1/complaints",
        "/v1/points/liability",
        *(
            f"/v1/customers/{who}{what}"
            for who in (customer, other)
            for what in (
                "",
                "/overview",
                "/orders",
                f"/tier/history?known_at={then}",
                f"/tier/explanation?at={then}&known_at={then}",
                f"/indicators?as_of={then}&known_at={then}",
                "/points",
                "/points/entries",
                "/points/lots",
            )
        ),
    ]


async def answers_at(admin: Caller, paths: list[str]) -> dict[str, Any]:
    return {path: without_the_clock(await admin.get(path)) for path in paths}


def without_the_clock(answer: Any) -> Any:
    """What only says what time it is now."""
    if isinstance(answer, dict):
        return {
            k: without_the_clock(v) for k, v in answer.items() if k not in ("as_of", "known_at", "remaining_seconds")
        }
    return [without_the_clock(part) for part in answer] if isinstance(answer, list) else answer


async def all_logs(system: System) -> list[list[ReceivedEvent]]:
    """The whole logs of all owners, from their first event."""
    return [await log_of(system.databases[owner], topic) for topic, owner in OWNERS.items()]


async def log_of(owner: Database, topic: str) -> list[ReceivedEvent]:
    async def read(tx: Transaction) -> list[ReceivedEvent]:
        epoch = await tx.raw.fetchval("select epoch from stream_epoch order by 1 desc limit 1")
        rows = await tx.raw.fetch("select * from outbox where topic = $1 order by position", topic)
        return [
            ReceivedEvent(topic, row["key"], row["seq"], epoch, row["event_id"], row["type"], row["payload"].encode(),
                    row["recorded_at"])
            for row in rows
        ]  # fmt: skip

    return await owner.run(read)


async def test_K8_a_service_that_hears_all_of_it_again_changes_nothing(admin: Caller, system: System) -> None:
    paths = await a_life(admin)
    before = await answers_at(admin, paths)
    events = 0
    for log in await all_logs(system):
        events += len(log)
        for name in system.databases:
            topics = system.service(name).subscriptions.topics
            if log and log[0].topic in topics:
                outcome = await system.service(name).inbox.apply(log)
                assert (outcome.applied, outcome.gaps) == (0, {}), name
    assert events > 20
    await admin.settle()
    assert await answers_at(admin, paths) == before


async def test_K8_a_broker_that_sends_everything_again_out_of_order_changes_nothing(
    admin: Caller, system: System
) -> None:
    paths = await a_life(admin)
    before = await answers_at(admin, paths)
    messages: list[Message] = [message for log in system.broker.logs.values() for message in log]
    assert {message.topic for message in messages} == set(OWNERS)
    for message in reversed(messages):
        system.broker.append(message)
    await until_everybody_has_read_everything(system)
    await admin.settle()
    assert await answers_at(admin, paths) == before


async def test_K8_a_broker_that_forgets_everything_loses_nothing(admin: Caller, system: System) -> None:
    """No messages, no offsets, another cluster: the consumers begin again, and what comes after is heard."""
    paths = await a_life(admin)
    before = await answers_at(admin, paths)
    system.broker.forget_everything()
    order = await admin.place(new_code("N"), "100.00")
    await admin.settle()
    assert await admin.points(order["customer_id"]) == (100, 0)
    customers = [path for path in paths if path.startswith("/v1/customers")]
    assert await answers_at(admin, customers) == {path: before[path] for path in customers}


async def until_everybody_has_read_everything(system: System) -> None:
    async with asyncio.timeout(60):
        while any([await unread(system, name) for name in system.databases]):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def unread(system: System, name: str) -> bool:
    consumer = system.service(name).consumer
    return consumer is None or consumer.consumer is None or any((await consumer.consumer.lag()).values())
