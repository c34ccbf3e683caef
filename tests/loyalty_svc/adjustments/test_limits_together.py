"""What one person changes by hand is counted together, with what it grants through cases (L1, C5)."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.loyalty_svc.subscriptions import subscriptions
from shared.authority import person_id
from shared.events import ComplaintResolved
from shared.messaging import Database
from shared.messaging.database.transaction import system_clock
from tests.loyalty_svc.builders import CASE, order_placed
from tests.loyalty_svc.invariants import balances_of, broken_invariants
from tests.loyalty_svc.support import ANNA, BERT, Deliver, problem_of

SERVICE = "loyalty"
OTHERS = [UUID(int=0xA0 + number) for number in range(8)]
AsRole = Callable[..., dict[str, str]]


class Heads:
    """Heads that adjust points, each a person of its own."""

    def __init__(self, client: httpx.AsyncClient, as_role: AsRole) -> None:
        self.client, self.as_role = client, as_role

    async def post(self, path: str, body: Any = None, *, by: str = "hanna", role: str = "head") -> httpx.Response:
        return await self.client.post(f"/v1/{path}", json=body, headers=self.as_role(role, subject=by))

    async def adjust(self, points: int, customer: UUID = ANNA, *, by: str = "hanna") -> httpx.Response:
        body = {"points": points, "reason": "counted twice"}
        return await self.post(f"customers/{customer}/points/adjustments", body, by=by)


@pytest.fixture
async def heads(client: httpx.AsyncClient, as_role: AsRole, database: Database, deliver: Deliver) -> Heads:
    every = [order_placed(customer, uuid4(), ("A", "6000.00"), at=system_clock()) for customer in (ANNA, BERT, *OTHERS)]
    await deliver(database, subscriptions, every)
    return Heads(client, as_role)


def state_of(answer: httpx.Response) -> tuple[int, str, list[str]]:
    body = answer.json()
    return answer.status_code, body["state"], body["limits_reached"]


async def test_L1_many_small_adjustments_are_one_sum(heads: Heads, database: Database) -> None:
    for _ in range(4):
        assert state_of(await heads.adjust(250)) == (201, "posted", [])
    waiting = await heads.adjust(1)
    assert state_of(waiting) == (202, "pending", ["customer"])
    assert state_of(await heads.adjust(1, by="hugo")) == (202, "pending", ["customer"]), "nor another one"
    assert await balances_of(database, ANNA) == (7000, 0, 0)
    path = f"adjustments/{waiting.json()['id']}/approval"
    assert problem_of(await heads.post(path)) == (403, "own_approval")
    assert problem_of(await heads.post(path, by="Hanna ", role="admin")) == (403, "own_approval")
    assert (await heads.post(path, by="hugo")).json()["state"] == "posted"
    assert await balances_of(database, ANNA) == (7001, 0, 0)
    assert await broken_invariants(database) == {}


async def test_L1_a_debit_makes_no_room_for_a_credit(heads: Heads) -> None:
    assert state_of(await heads.adjust(-600)) == (201, "posted", [])
    assert state_of(await heads.adjust(600)) == (202, "pending", ["customer"])


async def test_L1_several_customers_a_day_are_one_sum_of_the_person(heads: Heads) -> None:
    answers = [(await heads.adjust(1_000, customer)).json()["limits_reached"] for customer in OTHERS]
    assert answers == [[]] * 5 + [["day"]] * 3
    assert state_of(await heads.adjust(1_000, OTHERS[7], by="hugo")) == (201, "posted", [])


async def test_L1_two_adjustments_at_once_do_not_both_pass(heads: Heads) -> None:
    answers = await asyncio.gather(*(heads.adjust(900, customer) for customer in (ANNA, ANNA, *OTHERS[:6])))
    posted = [answer for answer in answers if answer.status_code == 201]
    assert len(posted) == 5


async def test_L1_a_transfer_counts_on_both_sides(heads: Heads, database: Database) -> None:
    url, body = f"customers/{ANNA}/points/transfers", {"to": str(BERT), "points": 800, "reason": "one family"}
    assert state_of(await heads.post(url, body)) == (201, "posted", [])
    assert state_of(await heads.adjust(300, BERT)) == (202, "pending", ["customer"])
    waiting = await heads.post(url, body)
    assert state_of(waiting) == (202, "pending", ["customer"])
    assert await balances_of(database, BERT) == (6800, 0, 0)
    approved = await heads.post(f"adjustments/{waiting.json()['id']}/approval", by="hugo")
    assert (approved.json()["state"], approved.json()["to"]) == ("posted", str(BERT))
    assert (await balances_of(database, ANNA), await balances_of(database, BERT)) == ((4400, 0, 0), (7600, 0, 0))
    assert await broken_invariants(database) == {}


async def test_L1_no_number_of_points_is_absurd(heads: Heads) -> None:
    assert (await heads.adjust(10_000_001)).status_code == 422
    assert (await heads.adjust(10_000_000)).status_code == 202


# --- what is granted through cases ---


def settled(
    points: int, customer: UUID | None = ANNA, *, by: str | None = "hanna", approved_by: str | None = None
) -> ComplaintResolved:
    return ComplaintResolved(
        subject_id=customer or CASE, case_id=CASE, customer_id=customer, resolution_id=uuid4(), points=points,
        amount="0", resolved_at=system_clock(), granted_by=None if by is None else person_id(by),
        approved_by=None if approved_by is None else person_id(approved_by),
    )  # fmt: skip


async def test_L2_what_a_person_grants_through_cases_counts_with_what_it_adjusts(
    heads: Heads, database: Database, deliver: Deliver
) -> None:
    await deliver(database, subscriptions, [settled(4_900, OTHERS[0]), settled(700, approved_by="hugo")])
    assert state_of(await heads.adjust(101)) == (202, "pending", ["day"])
    assert state_of(await heads.adjust(100)) == (201, "posted", []), "what was approved counts for nobody"
    assert state_of(await heads.adjust(101, by="hugo")) == (201, "posted", [])


async def test_L2_a_settlement_above_the_ceiling_that_nobody_approved_is_held(
    heads: Heads, database: Database, deliver: Deliver, as_role: AsRole
) -> None:
    forged = settled(5_000_000)
    await deliver(database, subscriptions, [forged])
    await deliver(database, subscriptions, [forged])
    assert await balances_of(database, ANNA) == (6000, 0, 0)
    headers = as_role("head", subject="hugo")
    [held] = (await heads.client.get("/v1/adjustments", params={"state": "pending"}, headers=headers)).json()["items"]
    assert (held["id"], held["kind"], held["case_id"]) == (str(forged.resolution_id), "settlement", str(CASE))
    path = f"adjustments/{held['id']}/approval"
    assert problem_of(await heads.post(path)) == (403, "own_approval"), "who granted it does not approve it here"
    assert (await heads.post(path, by="hugo")).json()["state"] == "posted"
    assert await balances_of(database, ANNA) == (5_006_000, 0, 0)
    await deliver(database, subscriptions, [forged])
    assert await balances_of(database, ANNA) == (5_006_000, 0, 0)
    [entry] = [e for e in await entries(heads, headers) if e["kind"] == "grant"]
    assert entry["case_id"] == str(CASE)
    assert await broken_invariants(database) == {}


async def entries(heads: Heads, headers: dict[str, str]) -> list[dict[str, Any]]:
    answer = await heads.client.get(f"/v1/customers/{ANNA}/points/entries", headers=headers)
    return list(answer.json()["items"])


async def test_L2_many_settlements_below_the_ceiling_are_one_sum(
    database: Database, deliver: Deliver, heads: Heads
) -> None:
    await deliver(database, subscriptions, [settled(8_000), settled(8_000), settled(8_000)])
    assert await balances_of(database, ANNA) == (22_000, 0, 0)
    await deliver(database, subscriptions, [settled(19_000, other, by="hugo") for other in OTHERS])
    granted = [await balances_of(database, other) for other in OTHERS]
    assert sum(available for available, _, _ in granted) == 6_000 * 8 + 19_000 * 2


async def test_L2_an_approved_settlement_is_granted_and_an_absurd_one_is_held_all_the_same(
    database: Database, deliver: Deliver, heads: Heads
) -> None:
    await deliver(database, subscriptions, [settled(1_000_000, approved_by="hugo")])
    assert await balances_of(database, ANNA) == (1_006_000, 0, 0)
    await deliver(database, subscriptions, [settled(10_000_001, approved_by="hugo")])
    assert await balances_of(database, ANNA) == (1_006_000, 0, 0)
