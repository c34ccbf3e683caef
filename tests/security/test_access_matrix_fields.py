"""Every operation that reads, asked by every role: no answer shows a field that the one table hides from that role.

What is planted has figures of its own, so that what an order cost is found under whatever name it is told. The answers
to changes are judged in the same way by the whole access matrix.
"""

import json
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from shared.chassis.audience import FIELDS
from tests import harness
from tests.journeys.caller import Caller, a_line, ago, an_order, now
from tests.security.access_callers import ROLES
from tests.security.readable_fields import (
    AMOUNT,
    PLANTED,
    QUANTITY,
    UNIT_COST,
    documents_in,
    forbidden_in,
    members_shown,
)
from tests.security.whole import operations
from tests.shared.messaging.world import until
from tests.system import System
from tests.system import system as start_system

NUMBER = "+12125550111"
EMPLOYEE = "E-known"
LAST_MONTH = ago(days=40)[:7]
PERIOD = {"from": ago(days=60), "to": now()}
QUERIES: dict[str, dict[str, str]] = {  # what an operation has to be asked with
    "/v1/assessments": {"month": ago(days=40)[:10]},
    "/v1/business-calendar": {"from": "2026-01-01", "to": "2026-02-01"},
    "/v1/calls/pop": {"number": NUMBER},
    "/v1/complaints/statistics": PERIOD,
    "/v1/customers/{customer_id}/consents/decision": {"purpose": "marketing", "channel": "sms"},
    "/v1/customers/{customer_id}/indicators/months": {"from": now()[:7], "to": now()[:7]},
    "/v1/pyramid/movers": PERIOD,
    "/v1/retention": {"from": LAST_MONTH, "to": LAST_MONTH},
    "/v1/retention/lost": {},
    "/v1/spot-checks": {"month": now()[:10]},
    "/v1/submissions": {"month": now()[:10]},
}
# What services read of one another, bytes as they were sent, and what needs an id that no list shows.
LEFT_OUT = re.compile(
    r"/internal/.*|/v1/uploads/.*|/v1/customers/\{customer_id\}/(export/.*|(merges|tier)/preview)"
    r"|/v1/(customer-imports/\{import_id\}|warnings/runs/\{run_id\}|erasures/\{erasure_id\}).*"
)
AFRESH = ("gateway", "/v1/customers/{customer_id}/overview", {"fresh": "true"})
# Names of the table that no answer here tells anybody: of what the small system has none.
NEVER_SHOWN = {
    *("closed_by", "ended_by", "approved_by", "approvals", "proposed_by", "granted_by", "made_by"),
    *("merged_by", "unmerged_by", "cancelled_by", "retired_by", "manager_name", "settlement_withdrawn"),
    *("exclusion", "satisfaction_index", "cost_to_keep", "collection_period", "overdue_amount", "team"),
}
VALUE = """
insert into lifetime_value (run_id, customer_id, frequency, recency_days, age_days, margin_rate, revenue, margin)
values ($1, $2, 1, 9, 99, 0.5, 100, 50) on conflict (run_id, customer_id) do update set margin = excluded.margin,
revenue = excluded.revenue
"""
REASON = {"override_reason": "It orders seldom and much."}


@dataclass
class Reader:
    """Asks for what is planted, and finds ids of what else there is in the lists."""

    system: System
    ids: dict[str, str]
    first_ids: dict[str, str] = field(default_factory=dict)

    async def ask(self, service: str, path: str, role: str, query: dict[str, str] | None = None) -> httpx.Response:
        headers = self.system.keys.headers(service, role, employee_id=EMPLOYEE)
        return await self.system.clients[service].get(path, params=query, headers=headers)

    async def target(self, service: str, path: str) -> str:
        """The path with an id in place of each parameter: a planted one, or that of the first of the list above it."""
        filled = ""
        for part in path.strip("/").split("/"):
            if part.startswith("{"):
                part = self.ids.get(part[1:-1]) or await self.first_of(service, filled)
            filled += f"/{part}"
        return filled

    async def first_of(self, service: str, above: str) -> str:
        if above not in self.first_ids:
            answer = await self.ask(service, above, "admin")
            items = answer.json().get("items") if answer.is_success else None
            names = sorted((name for name in (items or [{}])[0] if name.endswith("id")), key=lambda name: name != "id")
            self.first_ids[above] = str(items[0][names[0]]) if items else str(uuid4())
        return self.first_ids[above]

    async def targets(self) -> list[tuple[str, str, dict[str, str]]]:
        """Every operation that reads, as it is asked: service, path, query."""
        targets = [
            (service, await self.target(service, path), QUERIES.get(path, {}))
            for service in harness.SERVICES
            for method, path in operations(self.system.apps[service].openapi())
            if method == "GET" and not LEFT_OUT.fullmatch(path)
        ]
        return [*targets, (AFRESH[0], await self.target("profile", AFRESH[1]), AFRESH[2])]


async def finish(admin: Caller, path: str) -> None:
    """Wait until a run has come to its end."""

    async def is_over() -> bool:
        return bool((await admin.get(path))["finished_at"])

    await until(is_over, f"{path} comes to its end", 60)


async def plant(system: System) -> dict[str, str]:
    """A customer whose one order tells what it cost and brought, who owes a planted sum, and of whom much is noted."""
    admin = Caller(system, system.as_role("admin"))
    lines = [a_line(1, AMOUNT, quantity=QUANTITY) | {"unit_cost": UNIT_COST}]
    placed = await admin.post("/v1/orders", an_order("known-cost", lines, at=ago(days=400)), status=202)
    await admin.post("/v1/orders", an_order("known-cost", lines, at=ago(days=50)), status=202)
    customer_id, path = placed["customer_id"], f"/v1/customers/{placed['customer_id']}"
    owed = {"receivable_id": "known-debt", "customer": {"id": customer_id}, "amount": PLANTED["arrears"][0]}
    await admin.post("/v1/receivables", owed | {"issued_on": ago(days=90)[:10], "due_on": ago(days=60)[:10]})
    await admin.post("/v1/units", {"unit": "U-known", "name": "North", "kind": "province"})
    await admin.post("/v1/employees", {"employee_id": EMPLOYEE, "name": "Ann", "unit": "U-known"})
    await admin.settle()
    file = await admin.send("GET", path)
    phones = {"phones": [{"number": NUMBER}]}
    amended = await admin.send("PATCH", path, json=phones, headers={"If-Match": file.headers["ETag"]})
    assert amended.status_code == 200, amended.text
    await admin.post(f"{path}/team", {"employee_id": EMPLOYEE, "role": "account_manager"})
    contact: dict[str, Any] = {
        "contacted_at": ago(days=3),
        "channel": "call",
        "employee_id": EMPLOYEE,
        "summary": "Said much.",
    }
    contact |= {"employee_id": EMPLOYEE, "next_step": {"what": "An offer", "on": ago(days=1)[:10]}}
    entry = await admin.post(f"{path}/contact-log", contact)
    filed = {"channel": "call", "category": "delivery", "what_happened": "Late.", "customer": {"id": customer_id}}
    case = await admin.post("/v1/complaints", filed)
    await admin.post(f"{path}/tier/overrides", {"tier": "platinum", "reason": "Named.", "until": ago(days=-300)})
    await admin.post(f"{path}/points/adjustments", {"points": 1_000_000, "reason": "Much."}, status=202)
    await admin.post(f"{path}/points/adjustments", {"points": 5, "reason": "Little."})
    hold = await admin.post(f"{path}/points/holds", {"points": 1})
    return {
        "customer_id": customer_id, "order_id": placed["id"], "hold_id": hold["id"], "complaint_id": case["id"],
        "entry_id": entry["id"], "employee_id": EMPLOYEE, "unit": "U-known",
    }  # fmt: skip


async def plant_findings(reader: Reader) -> None:
    """What is found of the customer, and runs over everybody."""
    system, customer_id = reader.system, reader.ids["customer_id"]
    admin = Caller(system, system.as_role("admin"))
    known = {"unit_cost": UNIT_COST}
    for ref, days in (("won", 40), ("lost", 600)):
        lines = [a_line(1, AMOUNT, quantity=QUANTITY) | known]
        await admin.post("/v1/orders", an_order(ref, lines, at=ago(days=days)), status=202)
    named = {"customer_id": customer_id, "reason": "Named", "evidence": [{"says": "Much.", "indicator": "margin"}]}
    nomination = await admin.post("/v1/key-accounts/nominations", named | {"kinds": ["strategic"]})
    another = Caller(system, system.as_role("admin", subject="admin-2"))
    await another.post(f"/v1/key-accounts/nominations/{nomination['id']}/approval", REASON, status=200)
    exclusion = await admin.post("/v1/exclusions/nominations", named)
    await admin.post(f"/v1/exclusions/nominations/{exclusion['id']}/cancellation", status=200)
    path = f"/v1/customers/{customer_id}"
    await admin.post(f"{path}/risks", {"risk": "profit", "reason": "Thin.", "until": ago(days=-300)})
    policy = f"/v1/tier-policies/{(await admin.get('/v1/tier-policies'))['items'][0]['id']}"
    costs = {"per_customer_year": {"platinum": "10.00"}, "value_of_a_point": "0.01", "points_per_unit": "1"}
    spent = {"month": LAST_MONTH, "purpose": "win", "channel": "visits", "amount": "9.00"}
    await admin.post("/v1/retention/costs", spent)
    await admin.settle()
    months = {"from": LAST_MONTH, "to": LAST_MONTH, "costs": costs}
    requests: dict[str, Any] = {
        f"{policy}/simulations": {"costs": costs}, f"{policy}/back-tests": months, "/v1/warnings/runs": {},
        "/v1/lifetime-value/runs": {}, "/v1/evaluations": {},
    }  # fmt: skip
    runs = {path: (await admin.post(path, body, status=202))["id"] for path, body in requests.items()}
    for path, run_id in runs.items():
        await finish(admin, f"{path}/{run_id}")
    async with system.databases["tiering"].transaction() as tx:
        await tx.raw.execute(VALUE, UUID(runs["/v1/lifetime-value/runs"]), UUID(customer_id))
    await admin.settle()


async def exported(reader: Reader, role: str) -> list[str]:
    """Files of all customers, as a role gets them: CSV and NDJSON."""
    client, paths = reader.system.clients["profile"], []
    for form in ("csv", "ndjson"):
        headers = reader.system.keys.headers("profile", role, employee_id=EMPLOYEE)
        answer = await client.post("/v1/customer-exports", json={"format": form}, headers=headers)
        assert answer.status_code == 202, answer.text
        path = f"/v1/customer-exports/{answer.json()['id']}"

        async def is_written(path: str = path) -> bool:
            return bool((await reader.ask("profile", path, role)).json()["status"] == "done")

        await until(is_written, f"{path} is written", 60)
        paths.append(f"{path}/file")
    return paths


@pytest.fixture(scope="module")
async def reader(databases: harness.Databases, keys: harness.Keys) -> AsyncIterator[Reader]:
    async with start_system(databases, keys) as system:
        yield Reader(system, await plant(system))


async def fields_shown(reader: Reader, roles: Sequence[str], *more: tuple[str, str]) -> tuple[list[str], set[str]]:
    """What is told to these roles against the table; and the table's names that an admin is told. `more`: roles with
    paths of profile that are theirs alone."""
    wrong: set[str] = set()
    shown: set[str] = set()
    names = frozenset[str]().union(*FIELDS.values())
    targets = [(role, *target) for target in await reader.targets() for role in (*roles, "admin")]
    for role, service, path, query in [*targets, *((role, "profile", path, {}) for role, path in more)]:
        answer = await reader.ask(service, path, role, query)
        media_type = answer.headers.get("content-type", "").partition(";")[0]
        if not answer.is_success:
            assert not more or not path.endswith("/file") or (role, path) not in more, answer.text
            continue
        wrong |= {f"{service} {path} tells {role}: {each}" for each in forbidden_in(role, media_type, answer.content)}
        if role == "admin":
            for document in documents_in(media_type, answer.content):
                shown |= {place.rpartition("/")[2].rpartition(" ")[2] for place in members_shown(document, names)}
    return sorted(wrong), shown


async def test_G1_no_answer_shows_an_agent_what_the_table_hides_from_it(reader: Reader) -> None:
    wrong, shown = await fields_shown(reader, ["agent"])
    assert not wrong, "\n".join(wrong)
    assert {"unit_cost", "margin_rate", "arrears", "account_manager"} <= shown, "what is hidden is there to be hidden"


@pytest.mark.chaos
@pytest.mark.timeout(600)
async def test_G1_no_answer_shows_a_role_what_the_table_hides_from_it(reader: Reader) -> None:
    await plant_findings(reader)
    reader.first_ids.clear()
    files = [(role, path) for role in ROLES for path in await exported(reader, role)]
    wrong, shown = await fields_shown(reader, [role for role in ROLES if role != "admin"], *files)
    assert not wrong, "\n".join(wrong)
    never_shown = frozenset[str]().union(*FIELDS.values()) - shown
    assert never_shown <= NEVER_SHOWN, "what nobody is told is not shown to be hidden"


# What fields of these kinds are called, and which of such names are of something else.
OPENAPI = Path(__file__).parents[2] / "docs" / "openapi"
LIKE = re.compile(r"margin|profit|(^|_)costs?(_|$)|arrears|receivables$|outstanding|^manager|account_manager|_by$")
OF_SOMETHING_ELSE = {
    *("margin_months", "margin_window", "held_by", "owed_by", "before", "after"),  # settings, conditions, services
}


@pytest.mark.parametrize("service", harness.SERVICES)
def test_G1_every_field_that_is_called_like_a_hidden_one_is_in_the_table(service: str) -> None:
    schemas = json.loads((OPENAPI / f"{service}.json").read_text())["components"]["schemas"]
    answers = [schema for title, schema in schemas.items() if title.endswith("Read")]
    shown = {name for schema in answers for name in schema.get("properties", ())}
    known = frozenset[str]().union(*FIELDS.values(), OF_SOMETHING_ELSE)
    assert sorted(name for name in shown - known if LIKE.search(name)) == []
