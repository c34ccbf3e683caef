"""Who asks too much: a client by its own bucket, an address by what comes from it before it is known who asks."""

import asyncio
import time
from ipaddress import IPv4Network, ip_network
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.gateway.access.routes import rate_limit
from services.gateway.access.routes.rate_limit import MOST_REMEMBERED, REFUSALS_AT_ONCE, RefusalDelay, TokenBuckets
from shared.chassis.connections.settings import ConnectionSettings
from shared.chassis.server.command import server_of
from shared.messaging import Database
from tests import harness
from tests.gateway.bodies import code_of

SERVICE = "gateway"
SLOW: dict[str, Any] = {"requests_per_second": 0.5, "burst": 3}


def client_at(app: Any, address: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app, client=(address, 1)), base_url="http://localhost")


async def test_G6_who_asks_too_much_is_told_to_slow_down(database: Database, keys: harness.Keys) -> None:
    app = harness.app_of("gateway", database, keys, **SLOW)
    headers = keys.headers("gateway", "admin", subject="a")
    async with harness.client_of(app, None) as client:
        answers = [await client.get("/v1/partners", headers=headers) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
        assert code_of(answers[3]) == (429, "too_many_requests")
        assert int(answers[3].headers["retry-after"]) >= 1
        assert "x-request-id" in answers[3].headers
        other = await client.get("/v1/partners", headers=keys.headers("gateway", "admin", subject="other"))
        assert other.status_code == 200


async def test_a_client_is_the_same_whatever_it_shows_and_wherever_it_is(
    database: Database, keys: harness.Keys
) -> None:
    app = harness.app_of("gateway", database, keys, **SLOW)
    partner = uuid4()
    statuses = []
    async with app.router.lifespan_context(app):
        for number in range(4):
            headers = keys.headers("gateway", "partner", partner_id=partner, subject=f"key-{number}")
            async with client_at(app, f"10.0.0.{number}") as client:
                statuses.append((await client.get(f"/v1/orders/{uuid4()}", headers=headers)).status_code)
    assert statuses == [404, 404, 404, 429]


async def test_who_guesses_has_the_bucket_of_the_address(database: Database, keys: harness.Keys) -> None:
    """A new wrong key is no new client; and the guesser's headers tell of the address, not of any client."""
    app = harness.app_of("gateway", database, keys, requests_per_address=0.5, address_burst=4)
    async with app.router.lifespan_context(app), client_at(app, "10.0.0.1") as client:
        answers = [
            await client.get("/v1/partners", headers={"Authorization": f"Bearer pk_wrong_{number}"})
            for number in range(6)
        ]
        assert [answer.status_code for answer in answers][-2:] == [429, 429]
        assert {answer.headers["ratelimit-limit"] for answer in answers} == {"4"}
        async with client_at(app, "10.0.0.2") as other:
            good = await other.get("/v1/partners", headers=keys.headers("gateway"))
            assert (good.status_code, good.headers["ratelimit-limit"]) == (200, "4000")


@pytest.mark.parametrize(("proxies", "seen"), [((), "10.9.9.9"), ((ip_network("10.9.0.0/16"),), "203.0.113.7")])
async def test_only_a_trusted_proxy_says_who_asks(
    database: Database, keys: harness.Keys, proxies: tuple[IPv4Network, ...], seen: str
) -> None:
    app = harness.app_of("gateway", database, keys, requests_per_address=0.5, address_burst=1)
    settings = app.state.service.settings
    server = server_of(lambda: app, settings, ConnectionSettings(trusted_proxies=proxies), None)
    server.config.load()
    served: Any = server.config.loaded_app
    forwarded = {"X-Forwarded-For": "198.51.100.1, 203.0.113.7"}
    async with app.router.lifespan_context(app):
        async with client_at(served, "10.9.9.9") as proxy:
            assert (await proxy.get("/livez", headers=forwarded)).status_code == 200
        async with client_at(served, seen) as same:
            assert (await same.get("/livez")).status_code == 429
        async with client_at(served, "198.51.100.1") as claimed:  # what a client wrote into the header itself
            assert (await claimed.get("/livez")).status_code == 200


async def test_who_is_refused_again_and_again_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each address by itself, and only so many at a time: waiting must not take everybody's places."""
    monkeypatch.setattr(rate_limit, "HELD_SECONDS", 0.2)
    monkeypatch.setattr(rate_limit, "MOST_HELD", 3)
    delay = RefusalDelay()

    async def refuse(address: str) -> float:
        began = time.monotonic()
        await delay.hold({"client": (address, 1)})
        return time.monotonic() - began

    assert max([await refuse("10.0.0.1") for _ in range(REFUSALS_AT_ONCE)]) < 0.2
    assert await refuse("10.0.0.1") >= 0.2
    assert await refuse("10.0.0.2") < 0.2
    took = await asyncio.gather(*[refuse("10.0.0.1") for _ in range(5)])
    assert sum(seconds >= 0.2 for seconds in took) == 3


def test_buckets_fill_with_time_and_only_so_many_are_kept() -> None:
    buckets = TokenBuckets(per_second=2.0, burst=2)
    assert [buckets.take("a", 0.0) for _ in range(3)] == [1.0, 0.0, -1.0]
    assert buckets.take("a", 0.25) == -0.5
    assert buckets.take("a", 0.5) == 0.0
    assert buckets.take("a", 100.0) == 1.0
    for number in range(MOST_REMEMBERED + 100):
        buckets.take(f"caller-{number}", 100.0)
    assert len(buckets) == MOST_REMEMBERED
