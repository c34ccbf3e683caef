"""A complaint is acknowledged; a sender outside fetches the message, sends it, and reports back."""

from typing import Any

from tests.journeys.caller import Caller, new_code
from tests.shared.messaging.world import until

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


async def test_whom_the_case_names_is_told_and_after_its_erasure_nobody(admin: Caller, sign_in: Any) -> None:
    """Name and address are complaint's, asked when the message is rendered; consent is the contact's own."""
    file = {"kind": "person", "names": [{"name": "Ann Lee"}]}  # without any address
    customer = (await admin.post("/v1/customers", file))["id"]
    await admin.settle()
    agent = await sign_in("agent")
    contact = {"name": "Kim Ray", "email": f"{new_code('kim')}@example.com"}
    case = await agent.post("/v1/complaints", CASE | {"customer": {"id": customer}, "contact": contact})
    await agent.post(f"/v1/complaints/{case['id']}/acknowledgement", {})
    await admin.settle()

    [message] = (await admin.get(f"/v1/message-requests?customer_id={customer}"))["items"]
    assert (message["contact_id"], message["channel"], message["state"]) == (case["id"], "email", "requested")
    path = f"/v1/message-requests/{message['id']}"
    rendered = await admin.get(path)
    assert (rendered["to"], rendered["consented"]) == (contact["email"], True)
    assert rendered["text"]["en"]["body"].startswith("Dear Kim Ray, ")

    consent = {"purpose": "any", "channel": "any", "granted": False, "origin": "call", "contact_id": case["id"]}
    await admin.post(f"/v1/customers/{customer}/consents", consent)
    assert (await admin.get(path))["consented"] is False
    erased = {"person": {"kind": "case_contact", "case_id": case["id"]}, "reason": "asked_by_person"}
    erasure = await admin.post("/v1/erasures", erased, status=202)
    await until(lambda: is_done(admin, f"/v1/erasures/{erasure['id']}"), "the contact is erased", 30)
    rendered = await admin.get(path)
    assert (rendered["to"], "Kim" in str(rendered)) == (None, False)


async def is_done(admin: Caller, path: str) -> bool:
    return bool((await admin.get(path))["status"] == "done")
