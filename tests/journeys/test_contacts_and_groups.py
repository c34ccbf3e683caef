"""P2, P6, T1: what profile is told of contacts, groups and traits is what tiering's indicators count."""

from decimal import Decimal
from typing import Any

from tests.journeys.caller import Caller, new_code, now


async def figures(caller: Caller, customer: str, query: str = "") -> dict[str, Any]:
    await caller.settle()
    indicators = (await caller.get(f"/v1/customers/{customer}/indicators{query}"))["indicators"]
    return {indicator["code"]: indicator["value"] for indicator in indicators}


async def test_P2_P6_T1_contacts_groups_and_traits_reach_the_indicators(admin: Caller) -> None:
    child = (await admin.place(new_code("C"), "100.00"))["customer_id"]
    await admin.settle()
    employee = new_code("E")
    await admin.post("/v1/employees", {"employee_id": employee, "name": "Somebody"})
    parent = await admin.post(
        "/v1/customers", {"kind": "organisation", "names": [{"name": "Holding"}], "employees": 700, "region": "CN-50"}
    )
    contact = {"contacted_at": now(), "channel": "call", "employee_id": employee, "summary": "They want more."}
    logged = await admin.post(
        f"/v1/customers/{child}/contact-log", contact | {"next_step": {"what": "Send it", "on": now()[:10]}}
    )
    answer = await admin.send("PUT", f"/v1/customers/{child}/parent", json={"parent_id": parent["id"]})
    assert answer.status_code == 200, answer.text
    filed = {"channel": "call", "category": "delivery", "what_happened": "Late.", "customer": {"id": child}}
    await admin.post("/v1/complaints", filed)

    alone = await figures(admin, child)
    assert (alone["contacts"], alone["open_tasks"], alone["complaints"], alone["open_cases"]) == ("1", "1", "1", "1")
    assert alone["complaints_per_order"] == "1.0000"
    group = await figures(admin, parent["id"], "?group=true")
    assert (group["orders"], Decimal(group["amount"]), group["size"], group["region"]) == ("1", 100, "700", "CN-50")
    assert (group["contacts"], group["group_size"]) == ("1", "2")

    path = f"/v1/customers/{child}/contact-log/{logged['id']}/next-step/completion"
    await admin.post(path, {"outcome": "Sent."}, status=200)
    assert (await admin.send("DELETE", f"/v1/customers/{child}/parent")).status_code == 204
    assert (await figures(admin, child))["open_tasks"] == "0"
    assert (await figures(admin, parent["id"], "?group=true"))["orders"] == "0"
