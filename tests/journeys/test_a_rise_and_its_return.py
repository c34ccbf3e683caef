"""K18: gold at once by one order, which is then returned. A correction from its date, not a downgrade."""

from datetime import UTC, datetime
from typing import Any

from tests.journeys.caller import Caller, ago, instant, new_code, now


async def history(caller: Caller, customer: str, **query: Any) -> list[tuple[str, str, datetime]]:
    items = (await caller.get(f"/v1/customers/{customer}/tier/history", **query))["items"]
    return [(row["kind"], row["tier"], instant(row["effective_from"])) for row in items]


async def explained(caller: Caller, customer: str, **query: Any) -> dict[str, Any]:
    explanation: dict[str, Any] = await caller.get(f"/v1/customers/{customer}/tier/explanation", **query)
    return explanation


async def spend(caller: Caller, customer: str, points: int) -> None:
    await caller.post(f"/v1/customers/{customer}/points/redemptions", {"points": points})


async def test_K18_the_only_order_comes_back_whole(admin: Caller) -> None:
    placed = ago(days=3)
    order = await admin.place(new_code("K"), "3000.00", at=placed)
    customer = order["customer_id"]
    await admin.settle()
    assert await admin.tier(customer) == "gold"
    assert await admin.points(customer) == (4500, 0), "one and a half points in gold, for the order that made it gold"
    between = now()

    await admin.take_back(order)
    await admin.settle()
    assert await admin.tier(customer) == "basic"
    assert await admin.points(customer) == (0, 0), "the bonus went too, and nothing is owed"
    assert await history(admin, customer) == [("correction", "basic", instant(placed))]
    assert await history(admin, customer, known_at=between) == [("first", "gold", instant(placed))]

    then = await explained(admin, customer, at=ago(days=1), known_at=between)
    assert then["tier"]["tier"] == "gold"
    assert then["reasons"]["value"] == "3000"
    today = await explained(admin, customer, at=ago(days=1))
    assert today["tier"]["tier"] == "basic"
    assert (today["tier"]["kind"], today["reasons"]["order_id"]) == ("correction", order["id"])


async def test_K18_what_was_bought_before_and_after_the_rise_stays_at_its_own_worth(admin: Caller) -> None:
    """Silver before the rise is silver after the correction, from the date of the rise; bonus points follow."""
    ref = new_code("K")
    started, rose = ago(days=20), ago(days=10)
    customer = (await admin.place(ref, "900.00", at=started))["customer_id"]
    big = await admin.place(ref, "2000.00", at=rose)
    await admin.place(ref, "100.00", at=ago(days=5))
    await admin.settle()
    assert await admin.tier(customer) == "gold"
    assert await admin.points(customer) == (1080 + 3000 + 150, 0)

    await admin.take_back(big)
    await admin.settle()
    assert await admin.tier(customer) == "silver"
    assert await history(admin, customer) == [
        ("first", "silver", instant(started)),
        ("correction", "silver", instant(rose)),
    ]
    assert await admin.points(customer) == (1080 + 120, 0), "the later order is worth what silver gives"


async def test_K18_a_corrected_rise_is_no_way_down_in_the_pyramid(admin: Caller) -> None:
    """Who was gold by mistake is new where it belongs; nobody was downgraded, whatever was corrected."""
    before = {level["tier"]: level for level in (await admin.get("/v1/pyramid"))["levels"]}
    order = await admin.place(new_code("K"), "3000.00")
    await admin.settle()
    await admin.take_back(order)
    await admin.settle()
    after = {level["tier"]: level for level in (await admin.get("/v1/pyramid"))["levels"]}
    assert {tier: level["came_down"] for tier, level in after.items()} == dict.fromkeys(after, 0)
    assert after["basic"]["new"] == before["basic"]["new"] + 1
    assert after["gold"]["new"] == before["gold"]["new"]


async def test_K18_bonus_points_that_were_spent_are_owed_and_no_more_than_those(admin: Caller) -> None:
    ref = new_code("K")
    customer = (await admin.place(ref, "100.00", at=ago(days=9)))["customer_id"]
    big = await admin.place(ref, "3000.00", at=ago(days=8))
    await admin.settle()
    assert await admin.points(customer) == (4600, 0)
    await spend(admin, customer, 4000)

    await admin.take_back(big)
    await admin.settle()
    assert await admin.points(customer) == (0, 3900), "spent 4,000; earned 100 that nobody takes back"
    assert await admin.tier(customer) == "basic"
    await admin.place(ref, "4000.00")
    await admin.settle()
    assert await admin.tier(customer) == "gold"
    assert await admin.points(customer) == (6000 - 3900, 0)


async def test_K18_a_cancelled_order_corrects_as_a_returned_one_does(admin: Caller) -> None:
    order = await admin.place(new_code("K"), "2400.00", "2400.00")
    customer = order["customer_id"]
    await admin.settle()
    assert await admin.tier(customer) == "platinum"
    await admin.take_back(order, (1, 1))
    await admin.settle()
    assert await admin.tier(customer) == "gold", "half of it came back"
    await admin.post(f"/v1/orders/{order['id']}/cancellation", {"cancelled_at": now(), "reason": "changed-mind"})
    await admin.settle()
    assert await admin.tier(customer) == "basic"
    assert await admin.points(customer) == (0, 0)
    assert {kind for kind, _, _ in await history(admin, customer)} == {"correction"}
    story = await admin.get(f"/v1/orders/{order['id']}")
    assert (len(story["returns"]), story["cancellation"]["amount"]) == (1, "2400.00")


async def test_T10_an_order_told_late_counts_from_its_own_date(admin: Caller) -> None:
    """Yesterday's small order is known, then last week's big one is reported: gold since last week."""
    ref = new_code("K")
    customer = (await admin.place(ref, "100.00", at=ago(days=1)))["customer_id"]
    await admin.settle()
    before = datetime.now(UTC).isoformat()
    big = ago(days=7)
    await admin.place(ref, "2500.00", at=big)
    await admin.settle()
    assert await admin.tier(customer) == "gold"
    assert (await explained(admin, customer, at=now(), known_at=before))["tier"]["tier"] == "basic"
    overview = await admin.overview(customer)
    assert instant(overview["orders"]["first_at"]) == instant(big)
