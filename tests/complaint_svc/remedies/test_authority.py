"""What a person may grant without asking, by role (C5)."""

from decimal import Decimal

import pytest

from services.complaint_svc.remedies.domain.authority import Authority, check_authority
from shared.errors import DomainError
from tests.complaint_svc.case_requests import filed
from tests.complaint_svc.rule_requests import change_rules

SERVICE = "complaint"

LIMITS = {"agent": Authority(500, Decimal(50)), "manager": Authority(5000, Decimal(500)), "head": Authority(None, None)}


@pytest.mark.parametrize(
    ("points", "amount", "roles", "granted"),
    [
        (500, "50.00", ["agent"], True),
        (501, "0", ["agent"], False),
        (0, "50.01", ["agent"], False),
        (5000, "500", ["agent", "manager"], True),
        (10**9, "1000000", ["head"], True),
        (1, "0", [], False),
        (1, "0", ["partner"], False),
    ],
)
def test_C5_above_ones_authority_somebody_else_is_needed(
    points: int, amount: str, roles: list[str], granted: bool
) -> None:
    if granted:
        check_authority(points, Decimal(amount), roles, LIMITS)
        return
    with pytest.raises(DomainError, match="above_authority"):
        check_authority(points, Decimal(amount), roles, LIMITS)


async def test_C5_limits_are_data_that_two_people_change(client, known, as_role) -> None:
    case = await filed(client)
    path = f"/v1/complaints/{case['id']}"
    await client.post(f"{path}/acknowledgement")
    await client.post(f"{path}/judgement", json={"valid": True, "reason": "it is broken"})
    offer, agent = {"text": "a new one", "points": 501}, as_role("agent")
    refused = await client.post(f"{path}/proposals", json=offer, headers=agent)
    assert (refused.status_code, refused.json()["code"], refused.json()["most_points"]) == (403, "above_authority", 500)
    roles = {"agent": {"points": 501}, "head": {"points": "unlimited", "amount": "unlimited"}}
    written = await client.post("/v1/authority-rules", json={"document": {"roles": roles}}, headers=as_role("analyst"))
    still = await client.post(f"{path}/proposals", json=offer, headers=agent)
    assert (written.status_code, still.status_code) == (201, 403), "a draft is not in force"
    await change_rules(client, as_role, "authority-rules", roles=roles)
    more = await client.post(f"{path}/proposals", json=offer | {"amount": "0.01"}, headers=agent)
    assert (more.status_code, more.json()["most_amount"]) == (403, "0")
    granted = await client.post(f"{path}/proposals", json=offer, headers=agent)
    assert granted.status_code == 201, granted.text
