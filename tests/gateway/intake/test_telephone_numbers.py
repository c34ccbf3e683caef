"""K25: telephone numbers as references, ids and articles are accepted and in no event; as codes of classes refused."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.gateway.core.domain import IntakeRules
from services.gateway.intake.domain.orders import AcceptedOrder, order_placed
from services.gateway.intake.schemas.order_fast_parser import OrderFastParser
from services.gateway.intake.schemas.orders import OrderCreate
from shared.events import OrderPlaced
from shared.messaging import Database
from tests.gateway.bodies import PLACED, a_line, a_partner, an_order, place
from tests.support.people import telephone_numbers

SERVICE = "gateway"
PHONE = "13800000000"
RULES = IntakeRules()
CODES_THERE_ARE = ["DELI", "819765", "A-1", "43211503", "ART/4006"]
CODES = st.sampled_from(CODES_THERE_ARE)

Announced = Callable[[], Awaitable[list[Any]]]


async def test_K25_references_ids_and_articles_may_be_telephone_numbers_and_no_event_has_them(
    client: httpx.AsyncClient, announced: Announced, database: Database
) -> None:
    customer = {"source": "patron", "ref": "8613800000001"}
    line = a_line(1, "10.00", 2) | {"sku": PHONE}
    accepted = await place(client, an_order("8613800000002", line, a_line(2, "5.00"), customer=customer))
    again = await place(client, an_order("8613800000002", line, a_line(2, "5.00"), customer=customer))
    assert again == accepted
    order = f"/v1/orders/{accepted['id']}"
    returned = {"return_id": "8613800000003", "returned_at": PLACED, "lines": [{"line": 1, "quantity": 1}]}
    delivered = {"delivery_id": "8613800000004", "delivered_at": PLACED}
    receivable = {
        "receivable_id": "8613800000005", "customer": customer, "order": "8613800000002", "amount": "5.00",
        "issued_on": PLACED[:10], "due_on": PLACED[:10],
    }  # fmt: skip
    payment = {"payment_id": "8613800000006", "receivable": "8613800000005", "amount": "1.00", "paid_at": PLACED}
    for path, body in (
        (f"{order}/returns", returned), (f"{order}/deliveries", delivered), ("/v1/receivables", receivable),
        ("/v1/payments", payment),
    ):  # fmt: skip
        answer = await client.post(path, json=body)
        assert answer.status_code == 201, answer.text
    payloads = await database.run(lambda tx: tx.raw.fetch("select payload from outbox"))
    assert len(payloads) == 6
    assert not [row for row in payloads if "138000000" in row["payload"]]
    placed = next(event for event in await announced() if isinstance(event, OrderPlaced))
    assert [line.sku for line in placed.lines] == ["withheld", a_line(2, "5.00")["sku"]]
    shown = (await client.get(order)).json()
    assert shown["lines"][0]["sku"] == PHONE, "the order itself says which article it was"


@pytest.mark.parametrize("field", ["channel", "category"])
async def test_K25_a_code_of_a_class_that_looks_like_a_telephone_number_is_refused(
    client: httpx.AsyncClient, announced: Announced, field: str
) -> None:
    order = an_order("1", a_line(1, "10.00"))
    if field == "channel":
        order["channel"] = PHONE
    else:
        order["lines"][0]["category"] = PHONE
    refused = await client.post("/v1/orders", json=order)
    assert refused.status_code == 422
    [error] = refused.json()["errors"]
    assert error["code"] == "looks_personal"
    assert error["pointer"].endswith(field)
    assert PHONE not in refused.text
    accepted = await place(client, an_order("2", a_line(1, "10.00")))
    cancellation = {"cancelled_at": PLACED, "reason": PHONE}
    answer = await client.post(f"/v1/orders/{accepted['id']}/cancellation", json=cancellation)
    assert answer.json()["errors"][0]["code"] == "looks_personal"
    assert len(await announced()) == 2


async def test_K17_a_partner_whose_references_are_telephone_numbers_is_served(client: httpx.AsyncClient) -> None:
    _, key = await a_partner(client, "telecom")
    orders = [an_order(str(i), a_line(1, "1.00"), customer={"ref": f"861380000000{i}"}) for i in range(3)]
    batch = "\n".join(map(json.dumps, orders))
    answer = await client.post(
        "/v1/orders:batch", content=batch, headers=key | {"Content-Type": "application/x-ndjson"}
    )
    assert [json.loads(line)["status"] for line in answer.text.splitlines()] == [202] * 3


@given(*[st.one_of(telephone_numbers(), CODES)] * 5)
def test_K25_whatever_stands_where_no_order_announces_a_telephone_number(
    order_id: str, ref: str, channel: str, sku: str, category: str
) -> None:
    """By both paths into the gateway: what one accepts the other announces alike."""
    line = {"line": 1, "sku": sku, "category": category, "quantity": 1, "amount": "3.00"}
    body = json.dumps({
        "order_id": order_id, "customer": {"source": "demo", "ref": ref}, "placed_at": "2026-03-01T10:00:00Z",
        "currency": "USD", "channel": channel, "lines": [line],
    }).encode()  # fmt: skip
    fast = OrderFastParser(RULES).read(body)
    try:
        exact = OrderCreate.model_validate_json(body).content(RULES)
    except ValidationError:
        assert fast is None, "what the exact path refuses the fast one leaves to it"
        return
    assert fast in (None, exact)
    event = order_placed(AcceptedOrder(UUID(int=1), "demo", UUID(int=2), UUID(int=3), exact))
    numbers = {text for text in (order_id, ref, channel, sku, category) if text not in CODES_THERE_ARE}
    assert not [number for number in numbers if f'"{number}"' in event]
    assert OrderPlaced.model_validate_json(event).placed_at == datetime(2026, 3, 1, 10, tzinfo=UTC)
