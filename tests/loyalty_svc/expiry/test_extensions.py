"""Longer life for points (L1)."""

import httpx

from shared.messaging import Database
from tests.loyalty_svc.invariants import broken_invariants
from tests.loyalty_svc.support import BERT, POINTS, Earn, post, problem_of

SERVICE = "loyalty"


async def test_L1_a_lot_can_only_live_longer(client: httpx.AsyncClient, database: Database, earn: Earn) -> None:
    await earn("100.00")
    lot = (await client.get(f"{POINTS}/lots")).json()["items"][0]
    path = f"{POINTS}/lots/{lot['id']}/extension"
    later = {"expires_at": "2150-01-01T00:00:00Z", "reason": "a long illness"}
    assert (await post(client, path, later)).json()["expires_at"] == "2150-01-01T00:00:00Z"
    assert problem_of(await post(client, path, later | {"expires_at": "2149-01-01T00:00:00Z"})) == (422, "not_later")
    await earn("5.00", BERT)
    foreign = f"/v1/customers/{BERT}/points/lots/{lot['id']}/extension"
    assert problem_of(await post(client, foreign, later)) == (404, "lot_not_found")
    assert await broken_invariants(database) == {}
