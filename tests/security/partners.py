"""Two partners with a customer each, of whom much is known; and the operations that partners may use, by hand."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from tests.journeys.caller import Caller, a_line, ago, an_order, new_code, now

SECRET = "Moriarty"  # in all that the company's own people note, and in their names  # pragma: allowlist secret


@dataclass(frozen=True)
class Partner:
    """A partner with a customer of its own, about whom the company's own people know more than they tell it."""

    id: UUID
    ids: dict[str, str]  # of what is its own, by the names of paths' parameters

    def path(self, template: str) -> str:
        """The path of an operation with what is this partner's own; what nobody owns is not there."""
        return re.sub(r"\{(\w+)\}", lambda name: self.ids.get(name[1], str(uuid4())), template)


Content = Callable[[dict[str, str]], dict[str, Any]]


@dataclass(frozen=True)
class ForPartners:
    """An operation that partners may use: with their own ids it succeeds; with another's it is 404.

    `left_out`: it filters a list or takes many lines, so what is another's is left out of the answer, or refused line
    by line, in place of a 404. `tells`: fields of the audience table that are the partner's own report here.
    """

    method: str
    path: str
    body: Content | None = None
    query: Content | None = None
    left_out: bool = False
    tells: frozenset[str] = frozenset()


def order(ids: dict[str, str]) -> dict[str, Any]:
    return an_order("", [a_line(1, "10.00")]) | {"customer": {"id": ids["customer_id"]}}


CUSTOMER = "/v1/customers/{customer_id}"
PERIOD = {"from": "2026-01-01T00:00:00Z", "to": "2036-01-01T00:00:00Z"}
FOR_PARTNERS: dict[str, list[ForPartners]] = {
    "gateway": [
        ForPartners("GET", f"{CUSTOMER}/orders"),
        ForPartners("GET", f"{CUSTOMER}/references"),
        ForPartners("POST", f"{CUSTOMER}/references", body=lambda _: {"ref": new_code("f")}),
        ForPartners("GET", "/v1/orders/{order_id}"),
        ForPartners("POST", "/v1/orders", body=order),
        ForPartners("POST", "/v1/orders:batch", body=order, left_out=True),
        ForPartners("POST", "/v1/orders/{order_id}/deliveries",
                    body=lambda _: {"delivery_id": new_code("d"), "delivered_at": now()}),
        ForPartners("POST", "/v1/orders/{order_id}/returns",
                    body=lambda _: {"return_id": new_code("r"), "returned_at": now(),
                                    "lines": [{"line": 1, "quantity": 1}]}),
        ForPartners("POST", "/v1/orders/{order_id}/cancellation", body=lambda _: {"cancelled_at": now()}),
        ForPartners("POST", "/v1/receivables",
                    body=lambda ids: {"receivable_id": new_code("o"), "customer": {"id": ids["customer_id"]},
                                      "amount": "1.00", "issued_on": ago(days=3)[:10], "due_on": ago(days=1)[:10]}),
        ForPartners("POST", "/v1/payments",
                    body=lambda ids: {"payment_id": new_code("p"), "receivable": ids["receivable_id"], "amount": "1.00",
                                      "paid_at": now()},
                    tells=frozenset({"outstanding"})),
    ],
    "profile": [
        ForPartners("GET", "/v1/customers", query=lambda ids: {"ids": ids["customer_id"]}, left_out=True),
        ForPartners("GET", "/v1/customers", query=lambda ids: {"q": ids["customer_id"]}, left_out=True),
        ForPartners("GET", "/v1/calls/pop", query=lambda ids: {"number": ids["number"]}, left_out=True),
        ForPartners("GET", CUSTOMER),
        ForPartners("GET", f"{CUSTOMER}/overview"),
    ],
    "tiering": [
        ForPartners("GET", "/v1/indicators", left_out=True),  # the catalogue: it names nobody
        *(ForPartners("GET", f"{CUSTOMER}/{part}") for part in (
            "indicators", "tier", "tier/history", "tier/explanation", "satisfaction", "product-mix", "key-account",
            "risks", "stage")),
        ForPartners("GET", f"{CUSTOMER}/indicators/months", query=lambda _: {"from": now()[:7], "to": now()[:7]}),
        ForPartners("POST", "/v1/satisfaction/answers",
                    body=lambda ids: {"answer_id": str(uuid4()), "customer_id": ids["customer_id"],
                                      "answered_at": now(), "items": []}),
    ],
    "complaint": [
        ForPartners("GET", "/v1/complaints", query=lambda ids: {"customer_id": ids["customer_id"]}),
        ForPartners("GET", "/v1/complaints/statistics", query=lambda _: PERIOD, left_out=True),  # of its own cases
        ForPartners("GET", "/v1/complaints/{complaint_id}"),
        ForPartners("POST", "/v1/complaints",
                    body=lambda ids: {"customer": {"id": ids["customer_id"]}, "channel": "partner", "category": "x",
                                      "what_happened": "Late."}),
        ForPartners("POST", "/v1/complaints/{complaint_id}/acceptance", body=lambda _: {"accepted": True}),
    ],
    "loyalty": [
        *(ForPartners("GET", f"{CUSTOMER}/points{part}") for part in ("", "/entries", "/lots", "/holds")),
        ForPartners("GET", "/v1/holds/{hold_id}"),
    ],
}  # fmt: skip


async def open_partner(admin: Caller, number: str) -> Partner:
    """A partner that sent an order and filed a case, on whose customer the company's own people worked."""
    partner = await admin.post("/v1/partners", {"code": new_code("dealer"), "name": "A dealer"})
    key = await admin.post(f"/v1/partners/{partner['id']}/keys")
    caller = Caller(admin.system, {"Authorization": f"Bearer {key['secret']}"})
    lines = [a_line(1, "5000.00", quantity=3) | {"unit_cost": "4000.00"}]
    placed = await caller.post("/v1/orders", an_order("bakery", lines, order_id="1001", at=ago(days=1)), status=202)
    customer_id, path = placed["customer_id"], f"/v1/customers/{placed['customer_id']}"
    owed = {"receivable_id": "o-1", "customer": {"id": customer_id}, "amount": "10.00"}
    receivable = await caller.post(
        "/v1/receivables", owed | {"issued_on": ago(days=10)[:10], "due_on": ago(days=5)[:10]}
    )
    await admin.settle()
    filed = {"channel": "partner", "category": "delivery", "what_happened": "Late.", "customer": {"id": customer_id}}
    case = await caller.post("/v1/complaints", filed)
    await admin.post(f"/v1/complaints/{case['id']}/acknowledgement", {"note": SECRET})
    await admin.post(f"/v1/complaints/{case['id']}/judgement", {"valid": True, "reason": SECRET})
    await admin.post(f"/v1/complaints/{case['id']}/proposals", {"text": "A new one."})
    employee = new_code("E")
    await admin.post("/v1/employees", {"employee_id": employee, "name": SECRET})
    team = await admin.post(f"{path}/team", {"employee_id": employee, "role": "account_manager"})
    contact = {"contacted_at": now(), "channel": "call", "employee_id": employee, "summary": SECRET}
    entry = await admin.post(f"{path}/contact-log", contact)
    file = await admin.send("GET", path)
    amended = await admin.send(
        "PATCH", path, json={"phones": [{"number": number}]}, headers={"If-Match": file.headers["ETag"]}
    )
    assert amended.status_code == 200, amended.text
    override = {"tier": "platinum", "reason": SECRET, "until": "2036-01-01T00:00:00Z"}
    await admin.post(f"{path}/tier/overrides", override)
    await admin.post(f"{path}/points/adjustments", {"points": 5, "reason": SECRET})
    hold = await admin.post(f"{path}/points/holds", {"points": 1})
    lots = await admin.get(f"{path}/points/lots")
    await admin.settle()
    ids = {
        "customer_id": customer_id, "order_id": placed["id"], "complaint_id": case["id"], "hold_id": hold["id"],
        "receivable_id": receivable["id"], "assignment_id": team["id"], "entry_id": entry["id"],
        "lot_id": lots["items"][0]["id"], "partner_id": partner["id"], "key_id": key["id"], "number": number,
    }  # fmt: skip
    return Partner(UUID(partner["id"]), ids)
