"""The token bucket of each client."""

from uuid import UUID

from shared.messaging import Database
from tests import harness
from tests.gateway.bodies import code_of

SERVICE = "gateway"


async def test_G6_who_asks_too_much_is_told_to_slow_down(database: Database, keys: harness.Keys) -> None:
    app = harness.app_of("gateway", database, keys, requests_per_second=0.5, burst=3)
    headers = keys.headers("gateway", "admin", subject=str(UUID(int=1)))
    async with harness.client_of(app, None) as client:
        answers = [await client.get("/v1/partners", headers=headers) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
        assert code_of(answers[3]) == (429, "too_many_requests")
        assert int(answers[3].headers["retry-after"]) >= 1
        assert "x-request-id" in answers[3].headers
        other = await client.get("/v1/partners", headers=keys.headers("gateway", "admin", subject="other"))
        assert other.status_code == 200
