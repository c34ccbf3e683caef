"""A method that a path of the gateway's own does not have is 405, and says which it has; the root leads to the desk."""

import httpx
import pytest

from tests.gateway.behind import ServicesBehind, client
from tests.gateway.bodies import NOBODY, code_of

__all__ = ["client"]  # the fixture: a gateway with services behind it that the test plays

SERVICE = "gateway"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/orders", "POST"),
        ("DELETE", "/v1/orders", "POST"),
        ("OPTIONS", "/v1/orders", "POST"),
        ("GET", "/v1/orders:batch", "POST"),
        ("GET", "/v1/customers:batch", "POST"),
        ("PUT", f"/v1/orders/{NOBODY}", "GET"),
        ("GET", f"/v1/orders/{NOBODY}/returns", "POST"),
        ("DELETE", f"/v1/orders/{NOBODY}/cancellation", "POST"),
        ("POST", f"/v1/customers/{NOBODY}/orders", "GET"),
        ("DELETE", "/v1/partners", "GET, POST"),
        ("PATCH", f"/v1/partners/{NOBODY}/keys", "GET, POST"),
        ("GET", f"/v1/partners/{NOBODY}/keys/{NOBODY}", "DELETE"),
        ("GET", "/v1/payments", "POST"),
        ("GET", "/v1/receivables", "POST"),
        ("POST", "/v1/health", "GET"),
        ("POST", "/openapi.json", "GET"),
        ("POST", "/internal/references", "GET"),
        ("GET", "/dev/token", "POST"),
        ("GET", "/desk/sign-in", "POST"),
    ],
)
async def test_a_wrong_method_on_a_path_of_the_gateways_own(
    client: httpx.AsyncClient, behind: ServicesBehind, method: str, path: str, allowed: str
) -> None:
    answer = await client.request(method, path)
    assert (code_of(answer), answer.headers["allow"]) == ((405, "method_not_allowed"), allowed)
    assert behind.requests == []


async def test_paths_of_services_and_of_nobody_stay_what_they_are(
    client: httpx.AsyncClient, behind: ServicesBehind
) -> None:
    assert (await client.get("/v1/customers")).json() == {"from": "profile"}
    assert (await client.patch(f"/v1/customers/{NOBODY}")).json() == {"from": "profile"}
    behind.requests.clear()
    for path in ("/v1/nothing", "/v1/orders/1/2/3", "/v1/", "/nothing"):
        assert code_of(await client.put(path)) == (404, "not_found")
    assert code_of(await client.delete("/v1/orders", headers={"Authorization": ""}))[0] == 401
    assert behind.requests == []


async def test_the_root_leads_to_the_desk(client: httpx.AsyncClient) -> None:
    answer = await client.get("/", headers={"Authorization": ""})
    assert (answer.status_code, answer.headers["location"]) == (307, "/desk")
