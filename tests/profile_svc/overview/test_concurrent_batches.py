"""G3: several topics change the same overviews at the same time; nothing is lost and nobody waits in a circle."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from services.profile_svc.subscriptions import subscriptions
from shared.events import ComplaintFiled, OrderPlaced, PointsPosted, ReceivableIssued

SERVICE = "profile"
START = datetime(2026, 1, 5, 9, tzinfo=UTC)
CUSTOMERS = [UUID(int=n) for n in range(1, 40)]
ROUNDS = 12


def batches(seed: int, make) -> list[list]:
    """Each with other customers in another order: what would deadlock without one order of locks."""
    dice = Random(seed)
    return [[make(dice.choice(CUSTOMERS), seed * 10_000 + n * 100 + m) for m in range(60)] for n in range(ROUNDS)]


def order(customer: UUID, number: int) -> OrderPlaced:
    about = {"order_id": UUID(int=number), "customer_id": customer, "placed_at": START + timedelta(seconds=number)}
    return OrderPlaced(**about, source="patron", currency="USD", channel="web", amount=Decimal("0.10"), lines=())


def points(customer: UUID, number: int) -> PointsPosted:
    numbers = {"points": 1, "balance": number, "held": 0, "debt": 0}
    return PointsPosted(customer_id=customer, entry_id=UUID(int=number), kind="earn", **numbers, posted_at=START)


def filed(customer: UUID, number: int) -> ComplaintFiled:
    about = {"subject_id": customer, "case_id": UUID(int=number), "customer_id": customer}
    words = {"kind": "praise", "severity": "low", "channel": "web", "category": "x"}
    return ComplaintFiled(**about, **words, filed_at=START)


async def test_G3_overview_many_topics_at_once_lose_nothing(database, deliver):
    streams = {make: batches(seed, make) for seed, make in enumerate((order, points, filed), start=1)}

    async def play(stream: list[list]) -> None:
        for batch in stream:
            await deliver(database, subscriptions, batch)

    await asyncio.wait_for(asyncio.gather(*(play(stream) for stream in streams.values())), 60)
    rows = {row["customer_id"]: row for row in await database.run(lambda tx: tx.raw.fetch("select * from overview"))}
    every = {make: [event for batch in stream for event in batch] for make, stream in streams.items()}
    for customer in CUSTOMERS:
        own = {make: [event for event in events if event.customer_id == customer] for make, events in every.items()}
        row = rows[customer]
        assert row["orders_count"] == len(own[order])
        assert row["revenue_total"] == Decimal("0.10") * len(own[order])
        assert row["open_cases"] == len(own[filed])
        assert row["points_balance"] == own[points][-1].balance


async def test_G3_overview_what_is_overdue_follows_the_day(client, database, deliver):
    body = {"kind": "organisation", "names": [{"name": "Acme"}]}
    customer = UUID((await client.post("/v1/customers", json=body)).json()["id"])
    today = datetime.now(UTC).date()
    for number, days in enumerate((-3, 0, 5), start=1):
        receivable = ReceivableIssued(
            receivable_id=UUID(int=number),
            customer_id=customer,
            amount=Decimal(10**number),
            issued_on=today - timedelta(days=30),
            due_on=today + timedelta(days=days),
            recorded_at=START,
        )
        await deliver(database, subscriptions, [receivable])
    owed = (await client.get(f"/v1/customers/{customer}/overview")).json()["receivables"]
    assert (owed["outstanding"], owed["overdue"]) == ("1110.00", "10.00")
