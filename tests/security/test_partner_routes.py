"""Every route of every service as a partner sees it (G1): another's is not there, one's own is without what is ours.

The routes are taken from the applications themselves, so a new one is tested here the day it is written: it refuses
partners, or stands in `FOR_PARTNERS`. Each service is asked behind the gateway's back, with a token as the gateway
signs it: what the gateway's own check refuses before is a second lock, which the journeys test.
"""

import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from shared.chassis.audience import FIELDS, MAY_READ
from tests import harness
from tests.journeys.caller import Caller, a_line, ago, an_order, new_code, now
from tests.system import System
from tests.system import system as start_system

SECRET = "Moriarty"  # in all that the company's own people note, and in their names  # pragma: allowlist secret
HIDDEN = frozenset[str]().union(*(names for kind, names in FIELDS.items() if "partner" not in MAY_READ[kind]))


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
        ForPartners("GET", "/v1/orders/{order_id}"),
        ForPartners("POST", "/v1/orders", body=order),
        ForPartners("POST", "/v1/orders:batch", body=order, left_out=True),
        ForPartners("POST", "/v1/orders/{order_id}/deliveries",
                    body=lambda _: {"delivery_id": "d-1", "delivered_at": now()}),
        ForPartners("POST", "/v1/orders/{order_id}/returns",
                    body=lambda _: {"return_id": "r-1", "returned_at": now(), "lines": [{"line": 1, "quantity": 1}]}),
        ForPartners("POST", "/v1/orders/{order_id}/cancellation", body=lambda _: {"cancelled_at": now()}),
        ForPartners("POST", "/v1/receivables",
                    body=lambda ids: {"receivable_id": "o-2", "customer": {"id": ids["customer_id"]}, "amount": "1.00",
                                      "issued_on": ago(days=3)[:10], "due_on": ago(days=1)[:10]}),
        ForPartners("POST", "/v1/payments",
                    body=lambda ids: {"payment_id": "p-1", "receivable": ids["receivable_id"], "amount": "1.00",
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
# For whoever has no token at all.
PUBLIC = {("GET", "/v1/health"), ("POST", "/dev/token"), ("POST", "/v1/sign-out")}


# --- two partners, and what is known of their customers ---


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


@pytest.fixture(scope="module")
async def system(databases: harness.Databases, keys: harness.Keys) -> AsyncIterator[System]:
    async with start_system(databases, keys) as running:
        yield running


@pytest.fixture(scope="module")
async def partners(system: System) -> tuple[Partner, Partner]:
    admin = Caller(system, system.as_role("admin", subject=SECRET))
    return await open_partner(admin, "+12125550123"), await open_partner(admin, "+12125550199")


# --- asking ---


def operations(system: System, service: str) -> Iterator[tuple[str, str]]:
    """Every operation of a service's own application, as it is: internal ones too."""
    for path, item in system.apps[service].openapi()["paths"].items():
        for method in item.keys() & {"get", "post", "put", "patch", "delete"}:
            yield method.upper(), path


async def ask(
    system: System, service: str, operation: ForPartners, caller: Partner, ids: dict[str, str]
) -> httpx.Response:
    """The operation with these ids in path, query and body, as the partner."""
    path = re.sub(r"\{(\w+)\}", lambda name: ids[name[1]], operation.path)
    headers = system.keys.headers(service, "partner", partner_id=caller.id)
    more: dict[str, Any] = {}
    if operation.query is not None:
        more["params"] = operation.query(ids)
    if operation.body is not None:
        more["content"] = json.dumps(operation.body(ids))
        many = operation.path.endswith(":batch")
        headers["Content-Type"] = "application/x-ndjson" if many else "application/json"
    return await system.clients[service].request(operation.method, path, headers=headers, **more)


def hidden_members(node: Any, tells: frozenset[str] = frozenset(), place: str = "") -> Iterator[str]:
    """Where an answer tells what partners may not read (but for `tells`): members of such names that say something."""
    if isinstance(node, dict):
        for name, member in node.items():
            if name in HIDDEN - tells and member not in (None, [], {}):
                yield f"{place}/{name}"
            yield from hidden_members(member, tells, f"{place}/{name}")
        if node.get("indicator") in HIDDEN:
            yield f"{place} is about {node['indicator']}"
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from hidden_members(item, tells, f"{place}/{index}")


# --- what must hold ---


@pytest.mark.parametrize("service", harness.SERVICES)
async def test_G1_what_is_not_for_partners_is_refused(
    system: System, partners: tuple[Partner, Partner], service: str
) -> None:
    """403 where the scope is missing, 404 where it is not: also for the partner's own customer."""
    own, _ = partners
    headers = system.keys.headers(service, "partner", partner_id=own.id)
    allowed = {(operation.method, operation.path) for operation in FOR_PARTNERS[service]}
    every = set(operations(system, service))
    assert allowed <= every, "the table names what there is"
    wrong = []
    for method, path in sorted(every - allowed - PUBLIC):
        body: dict[str, str] | None = None if method == "GET" else {}
        answer = await system.clients[service].request(method, own.path(path), headers=headers, json=body)
        if answer.status_code not in (403, 404):
            wrong.append(f"{method} {path}: {answer.status_code}")
    assert wrong == []


@pytest.mark.parametrize("service", harness.SERVICES)
async def test_G1_what_is_another_partners_is_not_there(
    system: System, partners: tuple[Partner, Partner], service: str
) -> None:
    own, other = partners
    wrong = []
    for operation in FOR_PARTNERS[service]:
        answer = await ask(system, service, operation, own, other.ids)
        named = "{" in operation.path or operation.body is not None or operation.query is not None
        if named and not operation.left_out and answer.status_code != 404:
            wrong.append(f"{operation.method} {operation.path}: {answer.status_code}")
        elif operation.left_out and not answer.is_success:
            wrong.append(f"{operation.method} {operation.path}: {answer.status_code}, though it only leaves out")
        if operation.path.endswith(":batch"):
            assert [json.loads(line)["status"] for line in answer.text.splitlines()] == [404]
        wrong += [f"{operation.method} {operation.path} tells {name}" for name in other.ids
                  if other.ids[name] in answer.text and name not in ("customer_id", "number")]  # fmt: skip
        if answer.is_success and operation.method == "GET":
            items = answer.json().get("items", []) + answer.json().get("matches", [])
            assert other.ids["customer_id"] not in json.dumps(items), operation.path
    assert wrong == []


@pytest.mark.parametrize("service", harness.SERVICES)
async def test_G1_of_its_own_a_partner_reads_nothing_that_is_not_for_it(
    system: System, partners: tuple[Partner, Partner], service: str
) -> None:
    own, other = partners
    wrong = []
    for operation in FOR_PARTNERS[service]:
        place = f"{operation.method} {operation.path}"
        answer = await ask(system, service, operation, own, own.ids)
        # an index of satisfaction that is asked nothing is refused for what it says, not for whose customer it is
        if not answer.is_success and not (answer.status_code == 422 and operation.path == "/v1/satisfaction/answers"):
            wrong.append(f"{place}: {answer.status_code} {answer.text[:200]}")
            continue
        if answer.headers["content-type"] == "application/json":
            wrong += [f"{place} tells {member}" for member in hidden_members(answer.json(), operation.tells)]
        if SECRET in answer.text:
            wrong.append(f"{place} tells a name or a note of the company's own people")
        wrong += [f"{place} tells the other's {name}" for name in other.ids if other.ids[name] in answer.text]
    assert wrong == []
