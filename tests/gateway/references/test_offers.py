"""Profile asks for the ids behind references before it opens files (P12): known, offered, or of an unknown source."""

import pytest

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


@pytest.mark.parametrize("body", [{}, {"references": [["demo"]]}, {"references": [["demo", "1"]] * 1001}])
async def test_what_is_no_list_of_references_is_refused(client, as_service, body):
    answer = await client.post("/internal/references:offer", json=body, headers=as_service("profile"))
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


async def test_only_services_ask_for_ids(client, as_role):
    answer = await client.post("/internal/references:offer", json={"references": []}, headers=as_role("admin"))
    assert answer.status_code in (401, 403)
