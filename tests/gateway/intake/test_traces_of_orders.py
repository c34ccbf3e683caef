"""Orders of many requests are committed together; each one's event belongs to the trace of its own request."""

import asyncio
from uuid import UUID

import httpx

from shared.messaging import Database
from shared.messaging.tracing import new_traceparent
from tests.gateway.bodies import an_order

SERVICE = "gateway"


async def test_each_order_of_a_group_carries_the_trace_of_its_request(
    client: httpx.AsyncClient, database: Database
) -> None:
    traces = [new_traceparent() for _ in range(30)]

    async def place(number: int) -> UUID:
        order = an_order(f"o-{number}", customer={"source": "patron", "ref": f"c-{number}"})
        answer = await client.post("/v1/orders", json=order, headers={"traceparent": traces[number]})
        assert answer.status_code == 202, answer.text
        return UUID(answer.json()["customer_id"])

    customers = await asyncio.gather(*[place(number) for number in range(len(traces))])
    rows = await database.run(lambda tx: tx.raw.fetch("select type, key, traceparent, recorded_at from outbox"))
    assert len({row["recorded_at"] for row in rows}) < len(traces)  # they were grouped
    for customer, trace in zip(customers, traces, strict=True):
        of_customer = [row for row in rows if row["key"] == str(customer)]
        assert sorted(row["type"] for row in of_customer) == [
            "intake.customer_reference_registered.v1", "intake.order_placed.v1",
        ]  # fmt: skip
        assert {row["traceparent"][3:35] for row in of_customer} == {trace[3:35]}
