"""The customer 360 at the gateway: within two seconds whoever hangs, and by audience."""

import asyncio
import time
from typing import Any

import httpx
import pytest

from tests.gateway.behind import ServicesBehind, client
from tests.gateway.bodies import NOBODY, a_partner, an_order, code_of, place

__all__ = ["client"]  # the fixture: a gateway with services behind it that the test plays

SERVICE = "gateway"

OVERVIEW = {
    "customer": {"id": NOBODY}, "account_manager": {"name": "Ann"}, "receivables": {"outstanding": "1.00"},
    "orders": {"revenue": "9.00", "margin": "5.00"}, "warnings": [],
}  # fmt: skip


@pytest.mark.parametrize("hung", ["profile", "tiering", "complaint", "loyalty"])
async def test_the_overview_asked_afresh_answers_within_two_seconds_whoever_hangs(
    client: httpx.AsyncClient, behind: ServicesBehind, hung: str
) -> None:
    async def hang(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(30)
        raise AssertionError("nobody waits so long")

    behind.answers[hung] = hang
    began = time.perf_counter()
    answer = await client.get(f"/v1/customers/{NOBODY}/overview?fresh=true")
    assert time.perf_counter() - began < 2.0
    assert (answer.status_code, answer.json()["did_not_answer"]) == (200, [hung])
    assert len(answer.json()["fresh"]) == (3 if hung == "profile" else 2)


async def test_the_overview_from_profile_fails_within_two_seconds(
    client: httpx.AsyncClient, behind: ServicesBehind
) -> None:
    def slow(_: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("x")

    behind.answers["profile"] = slow
    assert code_of(await client.get(f"/v1/customers/{NOBODY}/overview")) == (504, "service_timeout")
    [(_, request)] = behind.requests
    assert request.extensions["timeout"]["read"] == 1.5


async def test_a_partner_and_an_agent_read_what_is_for_them(
    client: httpx.AsyncClient, behind: ServicesBehind, as_role: Any
) -> None:
    behind.answers["profile"] = lambda _: httpx.Response(200, json=OVERVIEW, headers={"ETag": '"7"'})
    _, key = await a_partner(client)
    own = (await place(client, an_order("1", customer={"ref": "c"}), headers=key))["customer_id"]
    for query in ("", "?fresh=true"):
        path = f"/v1/customers/{own}/overview{query}"
        partner = (await client.get(path, headers=key)).json()
        assert (partner["customer"], partner["orders"]) == (OVERVIEW["customer"], {"revenue": "9.00"})
        assert not {"account_manager", "receivables", "warnings"} & set(partner)
        agent = (await client.get(path, headers=as_role("agent"))).json()
        assert agent["orders"] == {"revenue": "9.00"}
        assert agent["account_manager"] == OVERVIEW["account_manager"]
        head = (await client.get(path, headers=as_role("head"))).json()
        assert head | OVERVIEW == head
    assert (await client.get(f"/v1/customers/{own}/overview", headers=key)).headers["etag"] == '"7"'
