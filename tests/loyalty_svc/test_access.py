"""Who may do what with points (G1)."""

from collections.abc import Callable
from uuid import UUID, uuid4

import httpx
import pytest

from services.loyalty_svc.subscriptions import subscriptions
from shared.events import CustomerReferenceRegistered
from shared.messaging import Database
from tests.loyalty_svc.builders import day
from tests.loyalty_svc.support import ANNA, POINTS, Deliver, Earn, post, problem_of

SERVICE = "loyalty"


def reference(customer_id: UUID, partner_id: UUID) -> CustomerReferenceRegistered:
    """The partner has a reference of the customer."""
    return CustomerReferenceRegistered(customer_id=customer_id, source=f"partner:{partner_id}", registered_at=day(0))


async def test_G1_who_may_do_what(
    client: httpx.AsyncClient, earn: Earn, as_role: Callable[..., dict[str, str]], database: Database, deliver: Deliver
) -> None:
    await earn("100.00")
    agent, auditor, partner_id = as_role("agent"), as_role("auditor"), uuid4()
    await deliver(database, subscriptions, [reference(ANNA, partner_id)])
    partner = as_role("partner", partner_id=partner_id)
    assert (await client.get(POINTS, headers=partner)).status_code == 200
    assert (await post(client, f"{POINTS}/redemptions", {"points": 1}, headers=auditor)).status_code == 403
    assert (await post(client, f"{POINTS}/redemptions", {"points": 1}, headers=partner)).status_code == 403
    assert (await post(client, f"{POINTS}/redemptions", {"points": 1}, headers=agent)).status_code == 201
    adjustment = {"points": 1, "reason": "x"}
    assert (await post(client, f"{POINTS}/adjustments", adjustment, headers=agent)).status_code == 403
    hold = (await post(client, f"{POINTS}/holds", {"points": 1}, headers=agent)).json()["id"]
    stranger = as_role("partner", partner_id=uuid4())
    assert problem_of(await client.get(f"/v1/holds/{hold}", headers=stranger)) == (404, "hold_not_found")
    assert (await client.get(f"/v1/holds/{hold}", headers=partner)).json()["id"] == hold
    assert problem_of(await client.get("/v1/points/liability", headers=partner)) == (404, "not_found")


@pytest.mark.parametrize("part", ["", "/entries", "/lots", "/holds"])
async def test_G1_another_partners_customer_is_not_there(
    client: httpx.AsyncClient, earn: Earn, as_role: Callable[..., dict[str, str]], part: str
) -> None:
    await earn("100.00")
    stranger = as_role("partner", partner_id=uuid4())
    assert problem_of(await client.get(f"{POINTS}{part}", headers=stranger)) == (404, "customer_not_found")


async def test_G1_a_partner_is_not_told_who_changed_points_and_why(
    client: httpx.AsyncClient, earn: Earn, as_role: Callable[..., dict[str, str]], database: Database, deliver: Deliver
) -> None:
    await earn("100.00")
    partner_id = uuid4()
    await deliver(database, subscriptions, [reference(ANNA, partner_id)])
    await post(client, f"{POINTS}/adjustments", {"points": 1, "reason": "she was angry"})
    path = f"{POINTS}/entries"
    entry = (await client.get(path, headers=as_role("partner", partner_id=partner_id))).json()["items"][0]
    assert (entry["kind"], entry["points"], entry["actor"], entry["reason"]) == ("adjust", 1, None, None)
    entry = (await client.get(path)).json()["items"][0]
    assert (entry["actor"], entry["reason"]) == ("admin-1", "she was angry")
