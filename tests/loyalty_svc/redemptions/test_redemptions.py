"""Points spent and given back (L1, K7, K10)."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.loyalty_svc.redemptions.domain import SpentLot, parts_to_reverse
from shared.errors import DomainError
from shared.messaging import Database
from tests.loyalty_svc.invariants import balances_of, broken_invariants
from tests.loyalty_svc.support import ANNA, BERT, POINTS, Earn, code_of, post, problem_of

SERVICE = "loyalty"


def test_K10_part_by_part_the_last_taken_comes_back_first_and_never_more_than_was_spent() -> None:
    a, b = UUID(int=1), UUID(int=2)
    assert parts_to_reverse([SpentLot(a, 100, 0), SpentLot(b, 50, 0)], 60) == ((b, 50), (a, 10))
    assert parts_to_reverse([SpentLot(a, 100, 10), SpentLot(b, 50, 50)], None) == ((a, 90),)
    with pytest.raises(DomainError) as more:
        parts_to_reverse([SpentLot(a, 100, 10), SpentLot(b, 50, 50)], 91)
    assert code_of(more) == "points_out_of_range"
    with pytest.raises(DomainError) as again:
        parts_to_reverse([SpentLot(a, 100, 100)], None)
    assert code_of(again) == "already_reversed"


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
    assert problem_of(await post(client, f"{POINTS}/redemptions", {"points": 71})) == (409, "not_enough_points")
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
    assert problem_of(await post(client, path, {"points": 71})) == (422, "points_out_of_range")
    assert (await post(client, path)).json()["points"] == 70
    assert (await client.get(f"{POINTS}/lots")).json()["items"] == before
    assert problem_of(await post(client, path)) == (409, "already_reversed")
    earned = (await client.get(f"{POINTS}/entries")).json()["items"][-1]["id"]
    assert problem_of(await post(client, f"{POINTS}/redemptions/{earned}/reversal")) == (404, "redemption_not_found")
    await earn("10.00", BERT)
    foreign = f"/v1/customers/{BERT}/points/redemptions/{redemption}/reversal"
    assert problem_of(await post(client, foreign)) == (404, "redemption_not_found")
    assert await broken_invariants(database) == {}
