"""Whom a case names can be told in the customer's place: the channels are announced, the person never is (C2, P13)."""

from typing import Any

import pytest

from shared.events import ComplaintAcknowledged
from tests.complaint_svc.case_requests import filed

SERVICE = "complaint"

pytestmark = pytest.mark.usefixtures("sound")


@pytest.mark.parametrize(
    ("contact", "reached_by"),
    [
        ({"name": "Kim", "phone": "+12125550123", "email": "kim@example.com"}, ("email", "text")),
        ({"name": "Kim", "phone": "12-34"}, ("text",)),
        ({"name": "Kim"}, ()),
        ({}, ()),
    ],
)
async def test_C2_an_acknowledgement_says_by_which_channels_the_contact_is_reached(
    client: Any, known: Any, announced: Any, as_service: Any, contact: dict[str, str], reached_by: tuple[str, ...]
) -> None:
    case = await filed(client, contact=contact)
    assert (await client.post(f"/v1/complaints/{case['id']}/acknowledgement", json={})).status_code == 201
    [event] = [event for event in await announced() if isinstance(event, ComplaintAcknowledged)]
    assert event.reached_by == reached_by
    assert "Kim" not in event.model_dump_json()
    path = f"/internal/complaints/{case['id']}/contact"
    answer = await client.get(path, headers=as_service("profile"))
    assert answer.json() == ({"name": None, "phone": None, "email": None} | contact if reached_by else None)
    assert (await client.get(path)).status_code in (401, 403), "no person asks here"
