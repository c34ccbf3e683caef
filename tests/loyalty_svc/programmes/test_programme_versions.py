"""New versions of the programme over HTTP (L2)."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared.messaging import Database
from shared.messaging.database.transaction import system_clock
from tests.loyalty_svc.invariants import balances_of
from tests.loyalty_svc.support import ANNA, Earn, post, problem_of

SERVICE = "loyalty"


async def test_L2_a_programme_begins_now_or_later(client: httpx.AsyncClient, database: Database, earn: Earn) -> None:
    terms = {
        "base_rate": "2",
        "tiers": {"gold": "3"},
        "categories": {"A": "1.5"},
        "bonuses": {"B": 5},
        "lifetime_months": 12,
    }
    tomorrow = (system_clock() + timedelta(days=1)).isoformat()
    made = await post(client, "/v1/programmes", terms | {"effective_from": tomorrow})
    assert (made.status_code, made.json()["version"], made.json()["categories"]) == (201, 2, {"A": "1.50"})
    past = await post(client, "/v1/programmes", terms | {"effective_from": "2020-01-01T00:00:00Z"})
    assert problem_of(past) == (422, "in_the_past")
    listed = (await client.get("/v1/programmes")).json()
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
    answer = await post(client, "/v1/programmes", terms | rates)
    assert answer.status_code == status, answer.text
    if status == 422:
        assert answer.json()["code"] == "rate_out_of_range"
