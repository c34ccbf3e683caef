"""P12: overview, search, list and pop show a merged customer once, with the figures of all its members."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.profile_svc.subscriptions import subscriptions
from shared.events import OrderPlaced
from tests.profile_svc.merging import merged, opened, read, undone

SERVICE = "profile"
JUNE, JULY = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)


def order(customer: str, amount: str, at: datetime) -> OrderPlaced:
    return OrderPlaced(
        customer_id=UUID(customer), order_id=uuid4(), source="patron", placed_at=at, amount=Decimal(amount),
        currency="USD", channel="shop", lines=(),
    )  # fmt: skip


@pytest.fixture
async def two(client, database, deliver) -> tuple[str, str]:
    root = await opened(client, "Acme Works", phones=[{"number": "023-6759 4008"}])
    more: dict[str, Any] = {"phones": [{"number": "+49 89 1234567"}], "emails": [{"address": "x@acme.example"}]}
    other = await opened(client, "长安汽车", **more)
    await deliver(database, subscriptions, [order(root, "100.00", JUNE), order(other, "40.50", JULY)])
    return root, other


async def test_G3_the_overview_of_a_merged_customer_is_that_of_all_members(client, two):
    root, other = two
    before = await read(client, f"{other}/overview")
    merge = await merged(client, root, other)
    overview = await read(client, f"{root}/overview")
    assert await read(client, f"{other}/overview") == overview
    assert (overview["customer"]["id"], overview["customer"]["merged_from"]) == (root, [other])
    orders = overview["orders"]
    assert (orders["count"], Decimal(orders["revenue"])) == (2, Decimal("140.50"))
    assert (orders["first_at"][:10], orders["last_at"][:10]) == ("2026-06-01", "2026-07-01")
    await undone(client, root, merge)
    assert await read(client, f"{other}/overview") == before


async def test_P12_lists_and_searches_show_the_root_once_however_it_is_found(client, two):
    root, other = two
    third = await opened(client, "Third")
    merge = await merged(client, root, other)
    listed = (await client.get("/v1/customers")).json()["items"]
    assert [(item["id"], item["merged_from"]) for item in listed] == [(root, [other]), (third, [])]
    for text in ("acme", "changan", "长安", "+49891234567", "x@acme.example", other):
        items = (await client.get("/v1/customers", params={"q": text})).json()["items"]
        assert [(item["id"], item["name"]) for item in items] == [(root, "Acme Works")], text
    named = (await client.get("/v1/customers", params={"ids": [other, root, third]})).json()["items"]
    assert [item["id"] for item in named] == [root, third]
    await undone(client, root, merge)
    items = (await client.get("/v1/customers", params={"q": "长安"})).json()["items"]
    assert [item["id"] for item in items] == [other]


async def test_P12_a_partner_finds_its_own_member_only(client, two, as_role, registry, deliver, database):
    root, other = two
    partner = uuid4()
    await deliver(database, subscriptions, [registry.registered(other, "P-1", f"partner:{partner}")])
    await merged(client, root, other)
    headers = as_role("partner", partner_id=partner)
    listed = (await client.get("/v1/customers", headers=headers)).json()["items"]
    assert [(item["id"], item["name"], item["merged_from"]) for item in listed] == [(other, "长安汽车", [])]
    assert (await client.get("/v1/customers", params={"q": "acme works"}, headers=headers)).json()["items"] == []
    assert (await client.get("/v1/customers", params={"ids": root}, headers=headers)).json()["items"] == []
    overview = (await client.get(f"/v1/customers/{other}/overview", headers=headers)).json()
    assert (overview["customer"]["id"], overview["orders"]["count"]) == (other, 1)
    assert overview["customer"]["merged_from"] == []


async def test_G4_a_call_of_any_members_number_pops_up_the_one_customer(client, two):
    root, other = two
    await merged(client, root, other)
    for number in ("+862367594008", "+49891234567"):
        [match] = (await client.get("/v1/calls/pop", params={"number": number})).json()["matches"]
        assert (match["customer"]["id"], match["customer"]["name"]) == (root, "Acme Works")
    event = {"call_id": "c-1", "number": "+49891234567", "state": "ringing", "at": datetime.now(UTC).isoformat()}
    assert (await client.post("/v1/call-events", json=event)).json()["customer_id"] == root
