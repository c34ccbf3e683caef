"""G1: what waits for a second person is not there for an employee whose account the customer is not."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.loyalty_svc.subscriptions import subscriptions
from shared.events import TeamMemberAssigned
from shared.messaging import Database
from tests.loyalty_svc.builders import day
from tests.loyalty_svc.support import ANNA, POINTS, Deliver, Earn, post, problem_of

SERVICE = "loyalty"
SCOPES = ("points:read", "points:adjust")


@pytest.fixture
async def waiting(client: httpx.AsyncClient, earn: Earn, database: Database, deliver: Deliver) -> str:
    """An adjustment beyond the limits, of a customer whom E-own looks after."""
    await earn("100.00")
    assigned = TeamMemberAssigned(
        customer_id=ANNA, assignment_id=uuid4(), employee_id="E-own", role="account_manager", assigned_at=day(0)
    )
    await deliver(database, subscriptions, [assigned])
    answer = await post(client, f"{POINTS}/adjustments", {"points": 1_000_000, "reason": "Much."})
    assert answer.status_code == 202, answer.text
    adjustment: str = answer.json()["id"]
    return adjustment


@pytest.mark.parametrize("step", ["approval", "rejection"])
async def test_G1_an_adjustment_of_anothers_account_is_not_there(
    client: httpx.AsyncClient, as_role: Callable[..., dict[str, str]], waiting: str, step: str
) -> None:
    def manager(employee_id: str) -> dict[str, str]:
        return as_role("manager", scopes=SCOPES, employee_id=employee_id, subject=employee_id)

    async def decided(headers: dict[str, str], adjustment: Any = waiting) -> httpx.Response:
        return await client.post(f"/v1/adjustments/{adjustment}/{step}", headers=headers)

    foreign, nowhere = await decided(manager("E-foreign")), await decided(manager("E-foreign"), uuid4())
    assert problem_of(foreign) == problem_of(nowhere) == (404, "adjustment_not_found")
    assert foreign.json() == nowhere.json()
    listed = await client.get("/v1/adjustments", headers=manager("E-foreign"))
    assert listed.json()["items"] == []
    assert (await decided(manager("E-own"))).status_code == 201


async def test_G1_points_are_not_transferred_to_anothers_account(
    client: httpx.AsyncClient, as_role: Callable[..., dict[str, str]], waiting: str, earn: Earn
) -> None:
    """Nor is it told that there is such a customer."""
    headers = as_role("manager", scopes=SCOPES, employee_id="E-foreign")
    body = {"to": str(ANNA), "points": 1, "reason": "x"}
    answer = await client.post(f"/v1/customers/{uuid4()}/points/transfers", json=body, headers=headers)
    assert problem_of(answer) == (404, "customer_not_found")
