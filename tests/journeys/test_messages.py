"""A complaint is acknowledged; a sender outside fetches the message, sends it, and reports back."""

from typing import Any

from tests.journeys.caller import Caller, new_code

CASE = {"channel": "call", "category": "delivery", "what_happened": "It came late.", "request": "Soon."}


async def test_an_acknowledged_complaint_reaches_its_customer_through_a_sender(admin: Caller, sign_in: Any) -> None:
    address = f"{new_code('ann')}@example.com"
    file = {"kind": "person", "names": [{"name": "Ann Lee"}], "emails": [{"address": address}]}
    customer = (await admin.post("/v1/customers", file))["id"]
    await admin.settle()
    agent = await sign_in("agent")
    case = await agent.post("/v1/complaints", CASE | {"customer": {"id": customer}})
    await agent.post(f"/v1/complaints/{case['id']}/acknowledgement", {})
    await admin.settle()

    messages_of_customer = f"/v1/message-requests?customer_id={customer}"
    [message] = (await admin.get(f"{messages_of_customer}&state=requested"))["items"]
    assert (message["template"], message["channel"]) == ("complaint_received", "email")
    rendered = await admin.get(f"/v1/message-requests/{message['id']}")
    assert rendered["to"] == address
    assert f"C-{case['id'].replace('-', '')[-8:].upper()}" in rendered["text"]["en"]["subject"]
    acknowledged = await agent.get(f"/v1/complaints/{case['id']}")
    due = min(deadline["due_at"] for deadline in acknowledged["deadlines"] if deadline["state"] == "running")
    assert f"by {due[:10]} {due[11:16]}" in rendered["text"]["en"]["body"]  # the business's zone is UTC here

    report = {"state": "delivered", "at": rendered["requested_at"]}
    assert (await admin.post(f"/v1/message-requests/{message['id']}/delivery", report))["state"] == "delivered"
    assert (await admin.get(f"{messages_of_customer}&state=requested"))["items"] == []
