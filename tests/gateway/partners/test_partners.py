"""Partners: opened under a code of their own, listed, shown."""

from uuid import uuid4

import httpx

from tests.gateway.bodies import a_partner, code_of

SERVICE = "gateway"


async def test_partners_have_codes_of_their_own(client: httpx.AsyncClient) -> None:
    await a_partner(client, "dealer")
    for code, status, refusal in (
        ("dealer", 409, "code_taken"),
        ("patron", 422, "code_reserved"),
        ("demo", 422, "code_reserved"),  # of the settings' sources
        ("a:b", 422, "code_reserved"),
    ):
        assert code_of(await client.post("/v1/partners", json={"code": code, "name": "x"})) == (status, refusal)
    listed = (await client.get("/v1/partners")).json()["items"]
    assert [(row["code"], row["source"]) for row in listed] == [("dealer", f"partner:{listed[0]['id']}")]
    assert (await client.get(f"/v1/partners/{listed[0]['id']}")).json() == listed[0]
    assert code_of(await client.get(f"/v1/partners/{uuid4()}")) == (404, "partner_not_found")
    assert code_of(await client.post(f"/v1/partners/{uuid4()}/keys")) == (404, "partner_not_found")
