"""New versions of the programme over HTTP (L2)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.loyalty_svc.programmes.repository import PROGRAMME_ID
from services.loyalty_svc.subscriptions import subscriptions
from shared.messaging import Database
from shared.messaging.database.transaction import system_clock
from tests.loyalty_svc.builders import day, order_placed
from tests.loyalty_svc.invariants import balances_of
from tests.loyalty_svc.support import ANNA, Deliver, Earn, post, problem_of, put_in_force

SERVICE = "loyalty"
PROGRAMME = f"/v1/programmes/{PROGRAMME_ID}"


async def test_L2_a_programme_begins_now_or_later(
    client: httpx.AsyncClient, database: Database, earn: Earn, as_role: Callable[..., dict[str, str]]
) -> None:
    terms = {
        "base_rate": "2",
        "tiers": {"gold": "3"},
        "categories": {"A": "1.5"},
        "bonuses": {"B": 5},
        "lifetime_months": 12,
    }
    written = await post(client, "/v1/programmes", {"document": terms})
    document = written.json()["document"]
    assert (written.status_code, written.json()["version"], document["categories"]) == (201, 2, {"A": "1.50"})
    head = as_role("head")
    past = await post(client, f"{PROGRAMME}/activation", {"effective_from": "2020-01-01T00:00:00Z"}, headers=head)
    assert problem_of(past) == (422, "in_the_past")
    at_once = {"effective_from": (system_clock() + timedelta(seconds=3)).isoformat()}
    soon = await post(client, f"{PROGRAMME}/activation", at_once, headers=head)
    assert problem_of(soon) == (422, "notice_too_short")
    tomorrow = (system_clock() + timedelta(days=1, minutes=1)).isoformat()
    activated = await post(client, f"{PROGRAMME}/activation", {"effective_from": tomorrow}, headers=head)
    assert (activated.status_code, activated.json()["status"]) == (200, "scheduled")
    listed = (await client.get(PROGRAMME)).json()["versions"]
    assert [programme["version"] for programme in listed] == [2, 1]
    assert (await client.get("/v1/programmes")).json()["items"][0]["version"] == 1
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
    terms = {"bonuses": {}, "lifetime_months": 12}
    answer = await post(client, "/v1/programmes", {"document": terms | rates})
    assert answer.status_code == status, answer.text
    if status == 422:
        assert answer.json()["code"] == "rate_out_of_range"


async def test_L2_a_programme_is_put_in_force_by_somebody_else_than_its_author(
    client: httpx.AsyncClient, as_role: Callable[..., dict[str, str]]
) -> None:
    await post(client, "/v1/programmes", {"document": {"base_rate": "2", "lifetime_months": 12}})
    assert problem_of(await post(client, f"{PROGRAMME}/activation")) == (403, "own_rule_set")
    partner = as_role("partner", partner_id=uuid4())
    assert problem_of(await client.get(PROGRAMME, headers=partner)) == (404, "not_found")


async def test_L2_an_order_of_before_falls_under_the_programme_of_then(database: Database, deliver: Deliver) -> None:
    """Also when the version in force now began between the two."""
    document = {"base_rate": "2", "tiers": {}, "categories": {}, "bonuses": {}, "lifetime_months": 12}
    await put_in_force(database, day(2), document)
    before = order_placed(ANNA, UUID(int=1), ("A", "10.00"), at=day(1))
    after = order_placed(ANNA, UUID(int=2), ("A", "10.00"), at=day(3))
    await deliver(database, subscriptions, [before, after], at=day(4))
    assert await balances_of(database, ANNA) == (10 + 20, 0, 0)
    rows = await database.run(lambda tx: tx.raw.fetch("select programme from order_points order by order_id"))
    assert [row["programme"] for row in rows] == [1, 2]
