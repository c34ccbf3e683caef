"""All five services in one process: what the gateway is told reaches everybody, also over a broker that loses."""

from collections.abc import Sequence

import pytest

from shared.messaging.broker.interface import Message
from tests.system import NotSettled, System


def order(number: int) -> dict[str, object]:
    line = {"line": 1, "sku": "A-1", "category": "tools", "quantity": 2, "amount": "120.00"}
    return {
        "order_id": f"100{number}",
        "customer": {"source": "patron", "ref": f"C-{number % 3}"},
        "placed_at": f"2026-10-0{number + 1}T10:00:00Z",
        "currency": "USD",
        "channel": "web",
        "lines": [line],
    }


async def place(system: System, many: int) -> set[str]:
    """Place orders; returns the customers' ids."""
    customers = set()
    for number in range(many):
        answer = await system.gateway.post("/v1/orders", json=order(number))
        assert answer.status_code == 202, answer.text
        customers.add(answer.json()["customer_id"])
    return customers


async def test_an_order_is_known_to_every_service_once_the_system_has_settled(system: System) -> None:
    customers = await place(system, 6)
    await system.settle()
    for customer in customers:
        for path in (f"/v1/customers/{customer}/overview", f"/v1/customers/{customer}/tier"):
            assert (await system.gateway.get(path)).status_code == 200, path
        points = (await system.gateway.get(f"/v1/customers/{customer}/points")).json()
        assert points["balance"] > 0, points


async def test_what_the_broker_loses_doubles_or_turns_around_arrives_all_the_same(system: System) -> None:
    """Every second message is lost, and what is left comes twice and backwards; the rest is pulled from the owners."""

    def mangle(messages: Sequence[Message]) -> Sequence[Message]:
        kept = list(messages[::2])
        return list(reversed(kept + kept))

    system.broker.mangle = mangle
    customers = await place(system, 6)
    await system.settle(deadline=60)
    for customer in customers:
        assert (await system.gateway.get(f"/v1/customers/{customer}/points")).json()["balance"] > 0


async def test_a_system_that_does_not_settle_says_who_owes_what(system: System) -> None:
    system.broker.mangle = lambda messages: []
    await system.settle()
    for service in ("profile", "loyalty", "tiering", "complaint"):
        system.service(service).tasks["consumer"].cancel()
    await place(system, 1)
    with pytest.raises(NotSettled, match=r"is behind in 1 streams of patron.intake"):
        await system.settle(deadline=1)
