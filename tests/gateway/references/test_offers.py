"""Profile asks for the ids behind references before it opens files (P12): known, offered, or of an unknown source."""

from datetime import timedelta
from uuid import UUID

import pytest

from services.gateway.references.handlers import OFFERS_KEPT, forget_offers
from services.gateway.references.repository import add_known

SERVICE = "gateway"
ASKED = [["demo", "1"], ["demo", "2"], ["nobody", "3"]]


async def test_P12_ids_are_offered_once_and_registered_by_nobody(client, as_service, database):
    headers = as_service("profile")
    lookup = await client.post(
        "/internal/references:offer", json={"references": ASKED, "offer": False}, headers=headers
    )
    assert lookup.json() == {"customer_ids": [None, None, None], "known_sources": [True, True, False]}
    first = await client.post("/internal/references:offer", json={"references": ASKED}, headers=headers)
    ids = first.json()["customer_ids"]
    assert (len(set(ids)), ids[2]) == (3, None)
    again = await client.post("/internal/references:offer", json={"references": ASKED[:2] * 2}, headers=headers)
    assert again.json()["customer_ids"] == [*ids[:2], *ids[:2]]
    registered = "select count(*) from customer_reference where registered_at is not null"
    assert await database.run(lambda tx: tx.raw.fetchval(registered)) == 0


async def test_P13_what_was_offered_and_never_taken_up_is_forgotten_after_a_week(client, as_service, database):
    """It may be the number of somebody whose file was refused. Who has an order, or a file, is known by it for good."""
    offered = await client.post(
        "/internal/references:offer", json={"references": ASKED[:2]}, headers=as_service("profile")
    )
    first, second = offered.json()["customer_ids"]
    await database.run(lambda tx: add_known(tx, [UUID(second)]))
    now = database.clock()
    assert await forget_offers(database, now - OFFERS_KEPT) == 0
    assert await forget_offers(database, now + timedelta(seconds=1)) == 1
    rows = await database.run(lambda tx: tx.raw.fetch("select customer_id from customer_reference"))
    assert [str(row["customer_id"]) for row in rows] == [second]
    again = await client.post(
        "/internal/references:offer", json={"references": ASKED[:1]}, headers=as_service("profile")
    )
    assert again.json()["customer_ids"] not in ([None], [first])


@pytest.mark.parametrize("body", [{}, {"references": [["demo"]]}, {"references": [["demo", "1"]] * 1001}])
async def test_what_is_no_list_of_references_is_refused(client, as_service, body):
    answer = await client.post("/internal/references:offer", json=body, headers=as_service("profile"))
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


async def test_only_services_ask_for_ids(client, as_role):
    answer = await client.post("/internal/references:offer", json={"references": []}, headers=as_role("admin"))
    assert answer.status_code in (401, 403)
