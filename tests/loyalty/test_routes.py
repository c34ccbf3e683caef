"""Loyalty over HTTP: who may do what, what is refused with which code, what the answers say (L1, K5, K7, K10)."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.loyalty_svc.subscriptions import subscriptions
from shared.messaging import Database
from shared.messaging.transaction import system_clock
from tests.loyalty.invariants import balances_of, broken_invariants
from tests.loyalty.makers import order_placed, tier_changed

SERVICE = "loyalty"
ANNA, BERT = UUID(int=0xA), UUID(int=0xB)
POINTS = f"/v1/customers/{ANNA}/points"

Deliver = Callable[..., Awaitable[Any]]
Earn = Callable[..., Awaitable[None]]


@pytest.fixture
async def earn(database: Database, deliver: Deliver) -> Earn:
    async def earned(amount: str, customer: UUID = ANNA, days_ago: int = 1) -> None:
        at = system_clock() - timedelta(days=days_ago)
        await deliver(database, subscriptions, [order_placed(customer, uuid4(), ("A", amount), at=at)])

    return earned


async def post(client: httpx.AsyncClient, path: str, body: Any = None, **more: Any) -> httpx.Response:
    return await client.post(path, json=body, **more) if body is not None else await client.post(path, **more)


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


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


async def test_L1_what_is_overdue_is_not_shown_as_balance(client: httpx.AsyncClient, earn: Earn) -> None:
    await earn("70.00", days_ago=800)
    await earn("30.00")
    shown = (await client.get(POINTS)).json()
    assert (shown["balance"], sum(m["points"] for m in shown["expiring"])) == (30, 30)
    assert refused(await post(client, f"{POINTS}/redemptions", {"points": 31})) == (409, "not_enough_points")
    liability = (await client.get("/v1/points/liability")).json()
    assert (liability["outstanding"], liability["available"], liability["held"], liability["debt"]) == (30, 30, 0, 0)


async def test_L1_an_unknown_customer_is_404(client: httpx.AsyncClient) -> None:
    for path in (POINTS, f"{POINTS}/entries", f"{POINTS}/lots", f"{POINTS}/holds"):
        assert refused(await client.get(path)) == (404, "customer_not_found")
    assert refused(await post(client, f"{POINTS}/redemptions", {"points": 1})) == (404, "customer_not_found")
    assert refused(await client.get(f"/v1/holds/{uuid4()}")) == (404, "hold_not_found")
    assert refused(await post(client, f"/v1/holds/{uuid4()}/capture")) == (404, "hold_not_found")
    assert refused(await post(client, f"/v1/adjustments/{uuid4()}/approval")) == (404, "adjustment_not_found")


@pytest.mark.parametrize("points", [0, -1, 1.5, "10", True, None, 10**13])
async def test_L1_points_are_whole_and_positive(client: httpx.AsyncClient, earn: Earn, points: Any) -> None:
    await earn("100.00")
    assert (await post(client, f"{POINTS}/redemptions", {"points": points})).status_code == 422


async def test_L1_redeeming_answers_with_the_entry(client: httpx.AsyncClient, database: Database, earn: Earn) -> None:
    await earn("100.00")
    answer = await post(client, f"{POINTS}/redemptions", {"points": 30, "reference": "shop 7", "reason": "a gift"})
    assert answer.status_code == 201
    entry = answer.json()
    assert (entry["kind"], entry["points"], entry["balance"]) == ("redeem", -30, 70)
    assert (entry["reference"], entry["reason"], entry["actor"]) == ("shop 7", "a gift", "admin-1")
    assert (await client.get(f"{POINTS}/entries")).json()["items"][0] == entry
    assert refused(await post(client, f"{POINTS}/redemptions", {"points": 71})) == (409, "not_enough_points")
    assert await balances_of(database, ANNA) == (70, 0, 0)


async def test_K7_fifty_equal_requests_at_once_redeem_once(
    client: httpx.AsyncClient, database: Database, earn: Earn
) -> None:
    await earn("100.00")
    sent = [
        post(client, f"{POINTS}/redemptions", {"points": 40}, headers={"Idempotency-Key": "once"}) for _ in range(50)
    ]
    answers = await asyncio.gather(*sent)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert await balances_of(database, ANNA) == (60, 0, 0)


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


async def test_K10_a_redemption_is_given_back_whole_or_in_parts(
    client: httpx.AsyncClient, database: Database, earn: Earn
) -> None:
    await earn("60.00", days_ago=9)
    await earn("60.00", days_ago=2)
    before = (await client.get(f"{POINTS}/lots")).json()["items"]
    redemption = (await post(client, f"{POINTS}/redemptions", {"points": 100})).json()["id"]
    path = f"{POINTS}/redemptions/{redemption}/reversal"
    part = await post(client, path, {"points": 30, "reason": "one came back"})
    assert (part.status_code, part.json()["points"], part.json()["reverses"]) == (201, 30, redemption)
    assert refused(await post(client, path, {"points": 71})) == (422, "points_out_of_range")
    assert (await post(client, path)).json()["points"] == 70
    assert (await client.get(f"{POINTS}/lots")).json()["items"] == before
    assert refused(await post(client, path)) == (409, "already_given_back")
    earned = (await client.get(f"{POINTS}/entries")).json()["items"][-1]["id"]
    assert refused(await post(client, f"{POINTS}/redemptions/{earned}/reversal")) == (404, "redemption_not_found")
    await earn("10.00", BERT)
    foreign = f"/v1/customers/{BERT}/points/redemptions/{redemption}/reversal"
    assert refused(await post(client, foreign)) == (404, "redemption_not_found")
    assert await broken_invariants(database) == {}


async def test_L1_a_hold_is_captured_in_part_and_the_rest_is_free(
    client: httpx.AsyncClient, database: Database, earn: Earn
) -> None:
    await earn("100.00")
    hold = (await post(client, f"{POINTS}/holds", {"points": 80, "reference": "booking 5"})).json()
    assert (hold["state"], hold["points"], hold["reference"]) == ("open", 80, "booking 5")
    assert await balances_of(database, ANNA) == (20, 80, 0)
    assert refused(await post(client, f"/v1/holds/{hold['id']}/capture", {"points": 81})) == (
        422,
        "points_out_of_range",
    )
    captured = await post(client, f"/v1/holds/{hold['id']}/capture", {"points": 50})
    assert (captured.status_code, captured.json()["state"], captured.json()["captured"]) == (201, "captured", 50)
    assert await balances_of(database, ANNA) == (50, 0, 0)
    for step in ("capture", "release"):
        assert refused(await post(client, f"/v1/holds/{hold['id']}/{step}")) == (409, "hold_not_open")
    assert (await client.get(f"/v1/holds/{hold['id']}")).json() == captured.json()
    assert (await client.get(f"{POINTS}/holds", params={"state": "open"})).json()["items"] == []
    spent = (await client.get(f"{POINTS}/entries")).json()["items"][1]
    assert spent["kind"] == "capture"
    assert (await post(client, f"{POINTS}/redemptions/{spent['id']}/reversal")).json()["points"] == 50
    assert await broken_invariants(database) == {}


async def test_L1_a_hold_ends_in_the_future(client: httpx.AsyncClient, earn: Earn) -> None:
    await earn("100.00")
    past = (system_clock() - timedelta(minutes=1)).isoformat()
    answer = await post(client, f"{POINTS}/holds", {"points": 10, "expires_at": past})
    assert refused(answer) == (422, "already_over")


async def test_L1_adjusting_above_the_limit_takes_two_people(
    client: httpx.AsyncClient, database: Database, earn: Earn, as_role: Callable[..., dict[str, str]]
) -> None:
    await earn("100.00")
    hanna, hugo = as_role("head", subject="hanna"), as_role("head", subject="hugo")
    small = await post(client, f"{POINTS}/adjustments", {"points": -40, "reason": "counted twice"}, headers=hanna)
    assert (small.status_code, small.json()["state"]) == (201, "posted")
    large = await post(client, f"{POINTS}/adjustments", {"points": 5000, "reason": "goodwill"}, headers=hanna)
    assert (large.json()["state"], large.json()["entry_id"]) == ("pending", None)
    assert await balances_of(database, ANNA) == (60, 0, 0)
    path = f"/v1/adjustments/{large.json()['id']}"
    assert refused(await post(client, f"{path}/approval", headers=hanna)) == (403, "own_approval")
    waiting = (await client.get("/v1/adjustments", params={"state": "pending"}, headers=hugo)).json()["items"]
    assert [item["id"] for item in waiting] == [large.json()["id"]]
    approved = await post(client, f"{path}/approval", headers=hugo)
    assert (approved.json()["state"], approved.json()["decided_by"]) == ("posted", "hugo")
    assert refused(await post(client, f"{path}/approval", headers=hugo)) == (409, "adjustment_not_pending")
    assert refused(await post(client, f"{path}/refusal", headers=hugo)) == (409, "adjustment_not_pending")
    assert await balances_of(database, ANNA) == (5060, 0, 0)
    assert await broken_invariants(database) == {}


async def test_L1_a_refused_adjustment_moves_nothing(client: httpx.AsyncClient, database: Database, earn: Earn) -> None:
    await earn("100.00")
    large = (await post(client, f"{POINTS}/adjustments", {"points": 5000, "reason": "goodwill"})).json()
    assert (await post(client, f"/v1/adjustments/{large['id']}/refusal")).json()["state"] == "refused"
    assert await balances_of(database, ANNA) == (100, 0, 0)


async def test_L1_points_move_to_another_customer(client: httpx.AsyncClient, database: Database, earn: Earn) -> None:
    await earn("100.00")
    await earn("5.00", BERT)
    body = {"to": str(BERT), "points": 60, "reason": "one family"}
    assert (await post(client, f"{POINTS}/transfers", body)).json()["points"] == -60
    assert (await balances_of(database, ANNA), await balances_of(database, BERT)) == ((40, 0, 0), (65, 0, 0))
    assert refused(await post(client, f"{POINTS}/transfers", body | {"to": str(ANNA)})) == (422, "same_customer")
    assert refused(await post(client, f"{POINTS}/transfers", body | {"to": str(uuid4())})) == (
        404,
        "customer_not_found",
    )
    assert await broken_invariants(database) == {}


async def test_L1_a_lot_can_only_live_longer(client: httpx.AsyncClient, database: Database, earn: Earn) -> None:
    await earn("100.00")
    lot = (await client.get(f"{POINTS}/lots")).json()["items"][0]
    path = f"{POINTS}/lots/{lot['id']}/extension"
    later = {"expires_at": "2150-01-01T00:00:00Z", "reason": "a long illness"}
    assert (await post(client, path, later)).json()["expires_at"] == "2150-01-01T00:00:00Z"
    assert refused(await post(client, path, later | {"expires_at": "2149-01-01T00:00:00Z"})) == (422, "not_later")
    await earn("5.00", BERT)
    foreign = f"/v1/customers/{BERT}/points/lots/{lot['id']}/extension"
    assert refused(await post(client, foreign, later)) == (404, "lot_not_found")
    assert await broken_invariants(database) == {}


async def test_L2_a_programme_begins_now_or_later(client: httpx.AsyncClient, database: Database, earn: Earn) -> None:
    terms = {
        "base_rate": "2",
        "tiers": {"gold": "3"},
        "categories": {"A": "1.5"},
        "bonuses": {"B": 5},
        "lifetime_months": 12,
    }
    tomorrow = (system_clock() + timedelta(days=1)).isoformat()
    made = await post(client, "/v1/points/programmes", terms | {"effective_from": tomorrow})
    assert (made.status_code, made.json()["version"], made.json()["categories"]) == (201, 2, {"A": "1.50"})
    past = await post(client, "/v1/points/programmes", terms | {"effective_from": "2020-01-01T00:00:00Z"})
    assert refused(past) == (422, "in_the_past")
    listed = (await client.get("/v1/points/programmes")).json()
    assert [programme["version"] for programme in listed] == [2, 1]
    await earn("10.00")
    assert await balances_of(database, ANNA) == (10, 0, 0)


@pytest.mark.parametrize(
    ("rates", "status"),
    [
        ({"base_rate": "99999999999999.9999"}, 422),
        ({"base_rate": "10000.0001"}, 422),
        ({"base_rate": "100", "tiers": {"gold": "10"}, "categories": {"A": "10.1"}}, 422),
        ({"base_rate": "0.0001", "tiers": {"gold": "99999999999999"}}, 422),
        ({"base_rate": "100", "tiers": {"gold": "10", "iron": "0"}, "categories": {"A": "10", "B": "0.5"}}, 201),
        ({"base_rate": "10000", "tiers": {"iron": "0.5"}}, 201),
    ],
)
async def test_L2_a_programme_gives_no_more_than_a_ledger_can_count(
    client: httpx.AsyncClient, rates: dict[str, Any], status: int
) -> None:
    terms = {"bonuses": {}, "lifetime_months": 12, "effective_from": (system_clock() + timedelta(days=1)).isoformat()}
    answer = await post(client, "/v1/points/programmes", terms | rates)
    assert answer.status_code == status, answer.text
    if status == 422:
        assert answer.json()["code"] == "rate_out_of_range"


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
    assert refused(await client.get(f"/v1/holds/{hold}", headers=partner)) == (404, "hold_not_found")
    assert refused(await client.get("/v1/points/liability", headers=partner)) == (403, "not_for_partners")
