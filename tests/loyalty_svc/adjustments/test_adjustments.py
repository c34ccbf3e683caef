"""Points changed by hand: limits, the second person, and what cannot be taken (L1)."""

from collections.abc import Callable
from datetime import date
from uuid import UUID

import httpx
import pytest

from services.loyalty_svc.adjustments.domain import Adjustment, decide_alone
from services.loyalty_svc.programmes.domain import PointLimits
from shared.authority import person_id
from shared.errors import DomainError
from shared.messaging import Database
from tests.loyalty_svc.builders import because, day, lot, wallet
from tests.loyalty_svc.invariants import balances_of, broken_invariants
from tests.loyalty_svc.support import ANNA, POINTS, Earn, balances, code_of, post, problem_of

SERVICE = "loyalty"


def test_L1_adjusting_takes_no_more_than_there_is() -> None:
    w = wallet()
    w.adjust(30, lot(), day(1), because())
    w.adjust(-10, lot(), day(1), because())
    assert balances(w) == (20, 0, 0)
    with pytest.raises(DomainError) as more:
        w.adjust(-21, lot(), day(1), because())
    assert code_of(more) == "not_enough_points"


def adjustment(number: int, points: int) -> Adjustment:
    return Adjustment(UUID(int=number), UUID(int=7), points, "goodwill", "anna", person_id("anna"), date(2026, 1, 2))


def test_L1_an_adjustment_above_a_limit_waits_for_another_person() -> None:
    small, large = adjustment(1, -1_000), adjustment(2, 1_001)
    decide_alone(small, {}, PointLimits())
    assert (small.state, small.alone, small.limits_reached) == ("posted", True, ())
    decide_alone(large, {}, PointLimits())
    assert (large.state, large.alone, large.limits_reached) == ("pending", False, ("customer",))
    with pytest.raises(DomainError) as own:
        large.approve("Anna")
    assert code_of(own) == "own_approval"
    large.approve("bert")
    assert (large.state, large.decided_by, large.alone) == ("posted", "bert", False)
    with pytest.raises(DomainError) as twice:
        large.reject("carl")
    assert code_of(twice) == "adjustment_not_pending"


@pytest.mark.parametrize("points", [0, 501, -501])
def test_L1_nothing_and_too_much_are_no_adjustments(points: int) -> None:
    with pytest.raises(DomainError) as refused:
        decide_alone(adjustment(1, points), {}, PointLimits(most=500))
    assert code_of(refused) == "points_out_of_range"


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
    assert problem_of(await post(client, f"{path}/approval", headers=hanna)) == (403, "own_approval")
    waiting = (await client.get("/v1/adjustments", params={"state": "pending"}, headers=hugo)).json()["items"]
    assert [item["id"] for item in waiting] == [large.json()["id"]]
    approved = await post(client, f"{path}/approval", headers=hugo)
    assert (approved.json()["state"], approved.json()["decided_by"]) == ("posted", "hugo")
    assert problem_of(await post(client, f"{path}/approval", headers=hugo)) == (409, "adjustment_not_pending")
    assert problem_of(await post(client, f"{path}/rejection", headers=hugo)) == (409, "adjustment_not_pending")
    assert await balances_of(database, ANNA) == (5060, 0, 0)
    assert await broken_invariants(database) == {}


async def test_L1_a_refused_adjustment_moves_nothing(client: httpx.AsyncClient, database: Database, earn: Earn) -> None:
    await earn("100.00")
    large = (await post(client, f"{POINTS}/adjustments", {"points": 5000, "reason": "goodwill"})).json()
    assert (await post(client, f"/v1/adjustments/{large['id']}/rejection")).json()["state"] == "rejected"
    assert await balances_of(database, ANNA) == (100, 0, 0)
