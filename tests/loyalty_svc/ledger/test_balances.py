"""A customer's balances, entries and lots over HTTP (L1)."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from services.loyalty_svc.subscriptions import subscriptions
from shared.events import PolicyActivated
from shared.messaging import Database
from shared.messaging.database.transaction import system_clock
from tests.loyalty_svc.builders import day, tier_changed
from tests.loyalty_svc.support import ANNA, POINTS, Deliver, Earn, post, problem_of

SERVICE = "loyalty"


async def test_L1_points_tell_balance_expiry_and_what_a_purchase_earns(
    client: httpx.AsyncClient, database: Database, deliver: Deliver, earn: Earn
) -> None:
    await deliver(database, subscriptions, [tier_changed(ANNA, uuid4(), "gold", system_clock() - timedelta(days=3))])
    await earn("100.00", days_ago=40)
    await earn("100.00")
    shown = (await client.get(POINTS)).json()
    assert (shown["balance"], shown["held"], shown["debt"]) == (250, 0, 0)
    assert (shown["tier"], shown["multiplier"]) == ("gold", "1.50")
    assert [month["points"] for month in shown["expiring"]] == [100, 150]
    assert shown["programme"]["base_rate"] == "1.00"
    assert shown["programme"]["tiers"] == {"platinum": "2.00", "gold": "1.50", "silver": "1.20"}


async def test_L1_L13_what_is_overdue_is_not_shown_as_balance(client: httpx.AsyncClient, earn: Earn) -> None:
    await earn("70.00", days_ago=800)
    await earn("30.00")
    shown = (await client.get(POINTS)).json()
    assert (shown["balance"], sum(m["points"] for m in shown["expiring"])) == (30, 30)
    assert problem_of(await post(client, f"{POINTS}/redemptions", {"points": 31})) == (409, "not_enough_points")
    liability = (await client.get("/v1/points/liability")).json()
    assert (liability["outstanding"], liability["available"], liability["held"], liability["debt"]) == (30, 30, 0, 0)


async def test_L1_an_unknown_customer_is_404(client: httpx.AsyncClient) -> None:
    for path in (POINTS, f"{POINTS}/entries", f"{POINTS}/lots", f"{POINTS}/holds"):
        assert problem_of(await client.get(path)) == (404, "customer_not_found")
    assert problem_of(await post(client, f"{POINTS}/redemptions", {"points": 1})) == (404, "customer_not_found")
    assert problem_of(await client.get(f"/v1/holds/{uuid4()}")) == (404, "hold_not_found")
    assert problem_of(await post(client, f"/v1/holds/{uuid4()}/capture")) == (404, "hold_not_found")
    assert problem_of(await post(client, f"/v1/adjustments/{uuid4()}/approval")) == (404, "adjustment_not_found")


async def test_L1_entries_are_paged_newest_first(client: httpx.AsyncClient, earn: Earn) -> None:
    for _ in range(5):
        await earn("10.00")
    seen: list[int] = []
    cursor = None
    while True:
        params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get(f"{POINTS}/entries", params=params)).json()
        seen += [entry["number"] for entry in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [5, 4, 3, 2, 1]


async def test_L1_lots_are_paged_first_to_expire_first(client: httpx.AsyncClient, earn: Earn) -> None:
    for days in (3, 9, 6, 9):
        await earn("10.00", days_ago=days)
    first = (await client.get(f"{POINTS}/lots", params={"limit": "3"})).json()
    rest = (await client.get(f"{POINTS}/lots", params={"limit": "3", "cursor": first["next"]})).json()
    ends = [lot["expires_at"] for lot in first["items"] + rest["items"]]
    assert len({lot["id"] for lot in first["items"] + rest["items"]}) == 4
    assert ends == sorted(ends)
    assert rest["next"] is None


async def test_L2_keys_that_are_no_customers_make_no_account(database: Database, handle: Any) -> None:
    await handle(PolicyActivated(policy_id=UUID(int=44), version=1, activated_at=day(1)))
    assert await database.run(lambda tx: tx.raw.fetchval("select count(*) from wallet")) == 0
