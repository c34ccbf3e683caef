"""Every read and write of personal data, in whichever service, is in one list that shows tampering (P13)."""

from uuid import uuid4

from tests.journeys.caller import Caller, a_line, ago, new_code
from tests.system import System


async def test_P13_accesses_of_all_services_are_one_list(system: System, admin: Caller) -> None:
    opened = await admin.post("/v1/customers", {"kind": "person", "names": [{"name": "Wei Zhang"}]})
    customer_id = opened["id"]
    order = {
        "order_id": new_code("order"), "customer": {"id": customer_id}, "placed_at": ago(minutes=1),
        "currency": "USD", "channel": "web", "lines": [a_line(1, "10.00")],
    }  # fmt: skip
    await admin.post("/v1/orders", order, status=202)
    filed = {"kind": "complaint", "channel": "call", "customer": {"id": customer_id}, "category": "hardware",
             "what_happened": "it broke"}  # fmt: skip
    await system.settle()
    case = await admin.post("/v1/complaints", filed)
    path = f"/v1/customers/{customer_id}"
    for part in ("", "/overview", "/orders", "/tier", "/points"):
        answer = await admin.send("GET", path + part, headers={"Patron-Purpose": "call"})
        assert answer.status_code == 200, answer.text
    await admin.get(f"/v1/complaints/{case['id']}")
    pages, cursor = [], None
    while True:
        query = {"customer_id": customer_id, "limit": 3} | ({"cursor": cursor} if cursor else {})
        page = await admin.get("/v1/audit", **query)
        assert page["missing"] == []
        pages += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    by_service = {(line["service"], line["action"], line["purpose"]) for line in pages}
    assert {
        ("profile", "opened", None), ("profile", "read", "call"), ("profile", "overview", "call"),
        ("gateway", "list_orders_of_a_customer", "call"), ("complaint", "case_shown", None),
    } <= by_service  # fmt: skip
    assert {service for service, _, purpose in by_service if purpose == "call"} == {
        "gateway", "profile", "tiering", "loyalty",
    }  # fmt: skip
    assert [line["at"] for line in pages] == sorted((line["at"] for line in pages), reverse=True)
    assert len({(line["service"], line["id"]) for line in pages}) == len(pages)
    check = await admin.get("/v1/audit/check")
    assert check["intact"]
    assert [trail["service"] for trail in check["trails"]] == ["complaint", "gateway", "loyalty", "profile", "tiering"]
    assert (await admin.get("/v1/audit", customer_id=str(uuid4())))["items"] == []


async def test_P13_a_purpose_is_a_code(admin: Caller) -> None:
    answer = await admin.send("GET", "/v1/audit", headers={"Patron-Purpose": "to see whether he is in"})
    assert (answer.status_code, answer.json()["code"]) == (422, "purpose_not_a_code")
