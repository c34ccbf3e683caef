"""What a person may give without asking, by role, as data that two people change (C5)."""

from decimal import Decimal

import pytest

from services.complaint_svc.remedies.domain.authority import read_authority_rules
from shared.authority import Gift, limits_reached
from tests.complaint_svc.case_builders import SHIPPED
from tests.complaint_svc.case_requests import filed
from tests.complaint_svc.rule_requests import change_rules

SERVICE = "complaint"

RULES = read_authority_rules(SHIPPED["authority-rules"])
NO_LIMIT = read_authority_rules({"roles": {"owner": {"points": "unlimited", "amount": "unlimited"}}})


@pytest.mark.parametrize(
    ("points", "amount", "roles", "reached"),
    [
        (500, "50.00", ["agent"], ()),
        (501, "0", ["agent"], ("case", "customer")),
        (0, "50.01", ["agent"], ("case", "customer")),
        (2_501, "0", ["agent"], ("case", "customer", "day")),
        (5_000, "500", ["agent", "manager"], ()),
        (20_001, "0", ["head"], ("case", "customer")),
        (0, "0", [], ()),
        (1, "0", [], ("case", "customer", "day")),
        (1, "0", ["partner"], ("case", "customer", "day")),
    ],
)
def test_C5_above_ones_authority_somebody_else_is_needed(
    points: int, amount: str, roles: list[str], reached: tuple[str, ...]
) -> None:
    assert limits_reached(Gift(points, Decimal(amount)), {}, RULES.of(roles).limits) == reached


def test_C5_what_was_given_before_counts_and_no_limit_is_none() -> None:
    before = {"case": Gift(100), "day": Gift(2_450)}
    assert limits_reached(Gift(100), before, RULES.of(["agent"]).limits) == ("day",)  # type: ignore[arg-type]
    assert limits_reached(Gift(10**9, Decimal(10**9)), before, NO_LIMIT.of(["owner"]).limits) == ()  # type: ignore[arg-type]
    assert NO_LIMIT.customer_days == 30


async def test_C5_limits_are_data_that_two_people_change(client, known, as_role) -> None:
    case = await filed(client)
    path = f"/v1/complaints/{case['id']}"
    await client.post(f"{path}/acknowledgement")
    await client.post(f"{path}/judgement", json={"valid": True, "reason": "it is broken"})
    offer, agent = {"text": "a new one", "points": 501}, as_role("agent")

    async def propose(**more: str) -> int:
        """The status; what waits is withdrawn, so that the next one may be tried."""
        answer = await client.post(f"{path}/proposals", json=offer | more, headers=agent)
        for approval in answer.json().get("approvals", []):
            if approval["state"] == "pending":
                await client.post(f"{path}/proposals/{approval['id']}/rejection", headers=agent)
        return int(answer.status_code)

    assert await propose() == 202
    roles = {"agent": {"points": 501}, "head": {"points": "unlimited", "amount": "unlimited"}}
    written = await client.post("/v1/authority-rules", json={"document": {"roles": roles}}, headers=as_role("analyst"))
    assert (written.status_code, await propose()) == (201, 202), "a draft is not in force"
    await change_rules(client, as_role, "authority-rules", roles=roles)
    assert await propose(amount="0.01") == 202
    assert await propose() == 201
