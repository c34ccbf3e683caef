"""One customer out of two: wallets stay apart, one spends what the other has, and after an undo it is owed (P12)."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.loyalty_svc.subscriptions import subscriptions
from shared.events import CustomerReferenceRegistered, CustomersMerged, CustomersUnmerged, Event
from shared.messaging import Database
from shared.messaging.database.transaction import system_clock
from tests.loyalty_svc.builders import day, order_placed, resolved, returned_whole
from tests.loyalty_svc.invariants import balances_of, broken_invariants
from tests.loyalty_svc.support import ANNA, BERT, Deliver, Earn, post, problem_of

SERVICE = "loyalty"
CARL = UUID(int=0xC)
MERGE = UUID(int=0x111)


def points_of(customer: UUID) -> str:
    return f"/v1/customers/{customer}/points"


def merged(whose: UUID = ANNA, root: UUID = ANNA, absorbed: UUID = BERT, merge: UUID = MERGE) -> CustomersMerged:
    return CustomersMerged(customer_id=whose, merge_id=merge, root_id=root, absorbed_id=absorbed, merged_at=day(1))


def unmerged(whose: UUID = ANNA, root: UUID = ANNA, absorbed: UUID = BERT, merge: UUID = MERGE) -> CustomersUnmerged:
    return CustomersUnmerged(
        customer_id=whose, merge_id=merge, root_id=root, absorbed_id=absorbed, merged_at=day(1), unmerged_at=day(2)
    )


@pytest.fixture
def announce_to(database: Database, deliver: Deliver) -> Any:
    async def deliver_facts(*facts: Event) -> None:
        await deliver(database, subscriptions, list(facts))
        assert await broken_invariants(database) == {}

    return deliver_facts


async def figures(client: httpx.AsyncClient, customer: UUID) -> dict[str, int]:
    shown = (await client.get(points_of(customer))).json()
    return {name: shown[name] for name in ("balance", "held", "debt", "borrowed", "lent")}


def kinds_of(entries: Sequence[dict[str, Any]]) -> list[tuple[str, str, int]]:
    names = {str(ANNA): "anna", str(BERT): "bert", str(CARL): "carl"}
    return [(names[entry["customer_id"]], entry["kind"], entry["points"]) for entry in entries]


async def test_L1_a_read_of_either_id_answers_for_all_members(
    client: httpx.AsyncClient, earn: Earn, announce_to: Any
) -> None:
    await earn("30.00", ANNA, 3)
    await earn("100.00", BERT, 2)
    await announce_to(merged())
    for customer in (ANNA, BERT):
        assert await figures(client, customer) == {"balance": 130, "held": 0, "debt": 0, "borrowed": 0, "lent": 0}
        entries = (await client.get(f"{points_of(customer)}/entries")).json()["items"]
        assert sorted(kinds_of(entries)) == [("anna", "earn", 30), ("bert", "earn", 100)]
        lots = (await client.get(f"{points_of(customer)}/lots")).json()["items"]
        assert [lot["remaining"] for lot in lots] == [30, 100]
    await announce_to(unmerged(BERT))
    assert (await figures(client, ANNA))["balance"] == 30
    assert (await figures(client, BERT))["balance"] == 100


async def test_L1_pages_of_entries_show_each_of_a_merged_customer_once(
    client: httpx.AsyncClient, earn: Earn, announce_to: Any
) -> None:
    for number in range(4):
        await earn("10.00", (ANNA, BERT)[number % 2], 9 - number)
    await announce_to(merged())
    seen, cursor = [], None
    while True:
        more = {"cursor": cursor} if cursor else {}  # type: ignore[var-annotated]
        page = (await client.get(f"{points_of(BERT)}/entries", params={"limit": 1, **more})).json()
        seen += [entry["id"] for entry in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert len(seen) == len(set(seen)) == 4


async def test_L1_a_redemption_takes_the_wallet_it_names_first_then_the_others_by_expiry(
    client: httpx.AsyncClient, database: Database, earn: Earn, announce_to: Any
) -> None:
    await earn("30.00", ANNA, 1)
    await earn("50.00", BERT, 9)
    await earn("40.00", CARL, 5)
    await announce_to(merged(), merged(CARL, ANNA, CARL, UUID(int=0x112)))
    assert problem_of(await post(client, f"{points_of(ANNA)}/redemptions", {"points": 121})) == (
        409, "not_enough_points")  # fmt: skip
    answer = await post(client, f"{points_of(ANNA)}/redemptions", {"points": 100})
    assert (answer.status_code, answer.json()["points"], answer.json()["balance"]) == (201, -100, 0)
    assert await balances_of(database, ANNA) == (0, 0, 0)
    assert await balances_of(database, BERT) == (0, 0, 0)  # earned before Carl's, so over before
    assert await balances_of(database, CARL) == (20, 0, 0)
    assert await broken_invariants(database) == {}
    await announce_to(unmerged(), unmerged(CARL, ANNA, CARL, UUID(int=0x112)))
    assert await figures(client, ANNA) == {"balance": 0, "held": 0, "debt": 0, "borrowed": 70, "lent": 0}
    assert (await figures(client, BERT))["lent"] == 50
    assert (await figures(client, CARL))["lent"] == 20


async def test_K10_what_was_borrowed_returns_to_the_lots_of_its_owner(
    client: httpx.AsyncClient, database: Database, earn: Earn, announce_to: Any
) -> None:
    await earn("30.00", ANNA, 3)
    await earn("100.00", BERT, 2)
    before = (await client.get(f"{points_of(BERT)}/lots")).json()["items"]
    await announce_to(merged(BERT))
    spent = (await post(client, f"{points_of(ANNA)}/redemptions", {"points": 50})).json()["id"]
    part = await post(client, f"{points_of(BERT)}/redemptions/{spent}/reversal", {"points": 15})
    assert (part.status_code, part.json()["points"]) == (201, 15)
    assert await balances_of(database, ANNA) == (0, 0, 0)
    assert await balances_of(database, BERT) == (95, 0, 0)
    await announce_to(unmerged())
    assert problem_of(await post(client, f"{points_of(BERT)}/redemptions/{spent}/reversal")) == (
        404, "redemption_not_found")  # fmt: skip
    assert (await figures(client, ANNA))["borrowed"] == 5
    await post(client, f"{points_of(ANNA)}/redemptions/{spent}/reversal")
    assert await figures(client, ANNA) == {"balance": 30, "held": 0, "debt": 0, "borrowed": 0, "lent": 0}
    assert (await client.get(f"{points_of(BERT)}/lots")).json()["items"] == before
    assert await broken_invariants(database) == {}


async def test_K9_after_an_undo_what_is_earned_next_repays_what_was_borrowed(
    client: httpx.AsyncClient, database: Database, earn: Earn, announce_to: Any
) -> None:
    await earn("100.00", BERT, 2)
    await earn("1.00", ANNA, 2)
    await announce_to(merged())
    await post(client, f"{points_of(ANNA)}/redemptions", {"points": 81})
    await earn("10.00", ANNA, 1)
    assert await balances_of(database, ANNA) == (10, 0, 0)  # while they are one nothing is owed
    await announce_to(unmerged())
    assert await balances_of(database, ANNA) == (10, 0, 0)
    await earn("30.00", ANNA, 1)
    assert await figures(client, ANNA) == {"balance": 10, "held": 0, "debt": 0, "borrowed": 50, "lent": 0}
    assert await figures(client, BERT) == {"balance": 50, "held": 0, "debt": 0, "borrowed": 0, "lent": 50}
    await earn("10.00", BERT, 1)
    assert (await figures(client, BERT))["balance"] == 60
    await announce_to(resolved(ANNA, uuid4(), 70))
    assert await figures(client, ANNA) == {"balance": 30, "held": 0, "debt": 0, "borrowed": 0, "lent": 0}
    assert (await figures(client, BERT))["balance"] == 110
    assert await broken_invariants(database) == {}


async def test_K9_an_order_that_repaid_and_comes_back_is_a_debt_of_who_bought(
    client: httpx.AsyncClient, database: Database, earn: Earn, announce_to: Any
) -> None:
    await earn("100.00", BERT, 2)
    await earn("1.00", ANNA, 2)
    await announce_to(merged())
    await post(client, f"{points_of(ANNA)}/redemptions", {"points": 81})
    order = order_placed(ANNA, uuid4(), ("A", "60.00"), at=system_clock() - timedelta(days=1))
    await announce_to(unmerged(), order)
    await announce_to(returned_whole(order, uuid4()))
    assert await figures(client, ANNA) == {"balance": 0, "held": 0, "debt": 60, "borrowed": 20, "lent": 0}
    assert await figures(client, BERT) == {"balance": 80, "held": 0, "debt": 0, "borrowed": 0, "lent": 20}


@pytest.mark.parametrize("undone", [False, True])
async def test_L1_a_hold_that_borrowed_gives_back_what_is_not_captured(
    client: httpx.AsyncClient, database: Database, earn: Earn, announce_to: Any, *, undone: bool
) -> None:
    await earn("30.00", ANNA, 3)
    await earn("100.00", BERT, 2)
    await announce_to(merged())
    held = [(await post(client, f"{points_of(ANNA)}/holds", {"points": points})).json()["id"] for points in (40, 50)]
    assert await figures(client, BERT) == {"balance": 40, "held": 90, "debt": 0, "borrowed": 0, "lent": 0}
    if undone:
        await announce_to(unmerged())
        assert (await figures(client, BERT))["lent"] == 60
    assert (await post(client, f"/v1/holds/{held[0]}/capture", {"points": 35})).status_code == 201
    assert (await post(client, f"/v1/holds/{held[1]}/release")).status_code == 201
    assert await balances_of(database, ANNA) == (0, 0, 0)
    assert await balances_of(database, BERT) == (95, 0, 0)
    assert await broken_invariants(database) == {}
    if undone:
        assert (await figures(client, ANNA))["borrowed"] == (await figures(client, BERT))["lent"] == 5


async def test_K9_a_debt_of_its_own_is_not_paid_with_borrowed_points(
    client: httpx.AsyncClient, database: Database, earn: Earn, announce_to: Any
) -> None:
    order = order_placed(ANNA, uuid4(), ("A", "30.00"), at=system_clock() - timedelta(days=1))
    await announce_to(order)
    await earn("100.00", BERT, 2)
    await post(client, f"{points_of(ANNA)}/redemptions", {"points": 30})
    await announce_to(returned_whole(order, uuid4()), merged())
    assert await balances_of(database, ANNA) == (0, 0, 30)
    spent = (await post(client, f"{points_of(ANNA)}/redemptions", {"points": 20})).json()
    assert (await balances_of(database, ANNA), await balances_of(database, BERT)) == ((0, 0, 30), (80, 0, 0))
    assert (await post(client, f"{points_of(ANNA)}/redemptions/{spent['id']}/reversal")).status_code == 201
    assert (await balances_of(database, ANNA), await balances_of(database, BERT)) == ((0, 0, 30), (100, 0, 0))
    assert await broken_invariants(database) == {}


@pytest.mark.parametrize("whose", [ANNA, BERT])
async def test_P12_either_event_of_a_merge_and_of_its_undoing_is_enough_in_any_order(
    client: httpx.AsyncClient, earn: Earn, announce_to: Any, whose: UUID
) -> None:
    await announce_to(merged(whose))
    await earn("10.00", ANNA, 2)
    await earn("10.00", BERT, 2)
    assert (await figures(client, ANNA))["balance"] == (await figures(client, BERT))["balance"] == 20
    await announce_to(unmerged(whose))
    await announce_to(merged(ANNA), merged(BERT))
    assert (await figures(client, ANNA))["balance"] == (await figures(client, BERT))["balance"] == 10
    await announce_to(unmerged(whose, ANNA, CARL, UUID(int=0x113)))
    await announce_to(merged(whose, ANNA, CARL, UUID(int=0x113)))
    assert (await client.get(points_of(ANNA))).json()["members"] == [str(ANNA)]


async def test_G1_a_partner_sees_and_spends_its_own_part_only(
    client: httpx.AsyncClient, earn: Earn, announce_to: Any, as_role: Any
) -> None:
    await earn("30.00", ANNA, 3)
    await earn("100.00", BERT, 2)
    partner = uuid4()
    await announce_to(
        merged(), CustomerReferenceRegistered(customer_id=ANNA, source=f"partner:{partner}", registered_at=day(0))
    )
    headers = as_role("partner", partner_id=partner)
    shown = (await client.get(points_of(ANNA), headers=headers)).json()
    assert (shown["balance"], shown["members"]) == (30, [str(ANNA)])
    assert len((await client.get(f"{points_of(ANNA)}/entries", headers=headers)).json()["items"]) == 1
    assert (await client.get(points_of(BERT), headers=headers)).status_code == 404
    spender = as_role("partner", partner_id=partner, scopes=["points:write"])
    refused = await post(client, f"{points_of(ANNA)}/redemptions", {"points": 31}, headers=spender)
    assert problem_of(refused) == (409, "not_enough_points")


async def test_L1_limits_of_a_customer_count_over_all_who_are_one(
    client: httpx.AsyncClient, earn: Earn, announce_to: Any
) -> None:
    await earn("1000.00", ANNA, 3)
    await earn("1000.00", BERT, 2)
    await announce_to(merged())
    limit = (await client.get("/v1/programmes")).json()["items"][0]["document"]["limits"]["customer"]
    most = {"points": limit, "reason": "a correction"}
    assert (await post(client, f"{points_of(ANNA)}/adjustments", most)).status_code == 201
    correction = {"points": -1, "reason": "a correction"}
    assert (await post(client, f"{points_of(BERT)}/adjustments", correction)).status_code == 202
    assert len((await client.get("/v1/adjustments", params={"customer_id": str(BERT)})).json()["items"]) == 2
    to = {"to": str(BERT), "points": 1, "reason": "theirs"}
    assert problem_of(await post(client, f"{points_of(ANNA)}/transfers", to)) == (422, "same_customer")


async def test_L1_members_that_spend_each_others_points_at_once_spend_each_point_once(
    client: httpx.AsyncClient, database: Database, earn: Earn, announce_to: Any
) -> None:
    await earn("50.00", ANNA, 3)
    await earn("50.00", BERT, 2)
    await announce_to(merged())
    sent = [post(client, f"{points_of((ANNA, BERT)[n % 2])}/redemptions", {"points": 20}) for n in range(8)]
    answers = await asyncio.gather(*sent)
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [409] * 3
    assert await balances_of(database, ANNA) == await balances_of(database, BERT) == (0, 0, 0)
    assert await broken_invariants(database) == {}
