"""Any one service can not be reached (G3): its paths say so, all others answer, and intake goes on."""

import pytest

from tests.journeys.caller import Caller, ago, new_code
from tests.system import System

PATHS = {
    "profile": "/v1/customers/{id}",
    "tiering": "/v1/customers/{id}/tier",
    "complaint": "/v1/complaints?customer_id={id}",
    "loyalty": "/v1/customers/{id}/points",
}
PARTS = {"tiering": "tier", "complaint": "cases", "loyalty": "points"}


@pytest.fixture
async def customer(admin: Caller) -> str:
    order = await admin.place(new_code("W"), "900.00", at=ago(days=2))
    await admin.settle()
    return str(order["customer_id"])


@pytest.mark.parametrize("away", PATHS)
async def test_G3_one_that_is_away_takes_nobody_with_it(
    admin: Caller, system: System, customer: str, away: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = await admin.get(f"/v1/customers/{customer}/orders")
    with monkeypatch.context() as out:
        out.delitem(system.apps, away)
        for name, path in PATHS.items():
            answer = await admin.send("GET", path.format(id=customer))
            if name == away:
                problem = answer.json()
                assert (answer.status_code, problem["code"], problem["service"]) == (503, "service_unavailable", away)
                assert answer.headers["content-type"] == "application/problem+json"
                assert int(answer.headers["retry-after"]) > 0
            else:
                assert answer.status_code == 200, f"{name} while {away} is away: {answer.text}"
        fresh = await admin.get(f"/v1/customers/{customer}/overview", fresh="true")
        assert fresh["did_not_answer"] == [away]
        assert set(fresh["fresh"]) == set(PARTS.values()) - {PARTS.get(away)}
        overview = await admin.send("GET", f"/v1/customers/{customer}/overview")
        assert overview.status_code == (503 if away == "profile" else 200)
        assert await admin.get(f"/v1/customers/{customer}/orders") == orders
        placed = await admin.place(new_code("W"), "10.00")
        listing = await admin.send("GET", "/v1/customers?q=nobody")
        assert listing.status_code == (503 if away == "profile" else 200)
    await admin.settle()
    assert await admin.points(placed["customer_id"]) == (10, 0)
    assert (await admin.get(f"/v1/customers/{customer}/overview", fresh="true"))["did_not_answer"] == []
