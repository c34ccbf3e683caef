"""What the company paid for an order's lines is for those who answer for results (revenue without it is the margin)."""

from typing import Any

import httpx
import pytest

from tests.gateway.bodies import a_line, a_partner, an_order, place

SERVICE = "gateway"


@pytest.mark.parametrize(
    ("role", "cost"), [("agent", None), ("manager", "4.00"), ("head", "4.00"), ("analyst", "4.00"), ("auditor", "4.00")]
)
async def test_unit_costs_are_for_who_answers_for_results(
    client: httpx.AsyncClient, as_role: Any, role: str, cost: str | None
) -> None:
    order = await place(client, an_order("1", a_line(1, "10.00", unit_cost="4.00", discount="1.00")))
    listed = await client.get(f"/v1/customers/{order['customer_id']}/orders", headers=as_role(role))
    for read in (
        (await client.get(f"/v1/orders/{order['id']}", headers=as_role(role))).json(),
        *listed.json()["items"],
    ):
        [line] = read["lines"]
        assert (line["amount"], line["discount"], line["unit_cost"]) == ("10.00", "1.00", cost)


async def test_a_partner_reads_no_costs(client: httpx.AsyncClient) -> None:
    _, key = await a_partner(client)
    order = await place(client, an_order("1", a_line(1, "10.00", unit_cost="4.00"), customer={"ref": "c"}), headers=key)
    read = (await client.get(f"/v1/orders/{order['id']}", headers=key)).json()
    assert read["lines"][0]["unit_cost"] is None
