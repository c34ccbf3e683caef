"""Who may do what with points (G1)."""

from collections.abc import Callable
from uuid import uuid4

import httpx

from tests.loyalty_svc.support import POINTS, Earn, post, problem_of

SERVICE = "loyalty"


async def test_G1_who_may_do_what(
    client: httpx.AsyncClient, earn: Earn, as_role: Callable[..., dict[str, str]]
) -> None:
    await earn("100.00")
    agent, auditor = as_role("agent"), as_role("auditor")
    partner = as_role("partner", partner_id=uuid4())
    assert (await client.get(POINTS, headers=partner)).status_code == 200
    assert (await post(client, f"{POINTS}/redemptions", {"points": 1}, headers=auditor)).status_code == 403
    assert (await post(client, f"{POINTS}/redemptions", {"points": 1}, headers=partner)).status_code == 403
    assert (await post(client, f"{POINTS}/redemptions", {"points": 1}, headers=agent)).status_code == 201
    adjustment = {"points": 1, "reason": "x"}
    assert (await post(client, f"{POINTS}/adjustments", adjustment, headers=agent)).status_code == 403
    hold = (await post(client, f"{POINTS}/holds", {"points": 1}, headers=agent)).json()["id"]
    assert problem_of(await client.get(f"/v1/holds/{hold}", headers=partner)) == (404, "hold_not_found")
    assert problem_of(await client.get("/v1/points/liability", headers=partner)) == (404, "not_found")
