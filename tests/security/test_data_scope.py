"""Every operation of every service as a manager sees it who is held to accounts (12.5): another's is not there.

The operations are taken from the applications themselves. Each service is asked behind the gateway's back, with a token
as the gateway signs it; the gateway too, for what is its own.
"""

import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import pytest

from services.tiering_svc.core.repository.as_of import PointInTime
from services.tiering_svc.key_accounts.repository import figures
from shared.chassis import Actor, data_scope
from tests import harness
from tests.journeys.caller import Caller, ago, new_code, now
from tests.security.accounts import Accounts, open_accounts, plant_runs
from tests.security.named_customers import NAMINGS, Naming, is_elsewhere, operations_that_name
from tests.security.partner_reads import answers_to, assert_same
from tests.security.partners import FOR_PARTNERS, Partner, order
from tests.system import System

METHODS = {"get", "post", "put", "patch", "delete"}
NOT_ABOUT_CUSTOMERS = re.compile(r"/internal/.*|/v1/(partners|audit|sign-out|health|employees|units).*|/dev/.*")


@pytest.fixture(scope="module")
async def accounts(databases: harness.Databases, keys: harness.Keys) -> AsyncIterator[Accounts]:
    async with open_accounts(databases, keys) as opened:
        yield opened


def operations(system: System, service: str) -> Iterator[tuple[str, str]]:
    for path, item in system.apps[service].openapi()["paths"].items():
        if not NOT_ABOUT_CUSTOMERS.fullmatch(path):
            for method in item.keys() & METHODS:
                yield method.upper(), path


def names_an_id(path: str, partner: Partner) -> bool:
    return any(name in partner.ids for name in re.findall(r"\{(\w+)\}", path))


@pytest.mark.parametrize("service", harness.SERVICES)
async def test_G1_what_is_anothers_account_is_not_there_for_a_manager(accounts: Accounts, service: str) -> None:
    wrong = []
    for method, path in operations(accounts.system, service):
        answer = await accounts.ask(service, method, path, accounts.foreign, "E-own")
        if names_an_id(path, accounts.foreign):
            if answer.status_code not in (403, 404) and answer.json().get("code") != "validation_failed":
                wrong.append(f"{method} {path}: {answer.status_code} {answer.text[:150]}")
        elif accounts.foreign.ids["customer_id"] in answer.text:
            wrong.append(f"{method} {path} tells of another's account: {answer.text[:150]}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("service", harness.SERVICES)
async def test_G1_its_own_accounts_and_those_of_nobody_are_there_for_a_manager(
    accounts: Accounts, service: str
) -> None:
    wrong = []
    for method, path in operations(accounts.system, service):
        if method != "GET" or "{customer_id}" not in path or path.count("{") > 1:
            continue
        for partner in (accounts.own, accounts.unassigned):
            answer = await accounts.ask(service, method, path, partner, "E-own")
            if answer.status_code == 404 and answer.json()["code"] == "customer_not_found":
                wrong.append(f"{method} {path}: {answer.text[:150]}")
    assert not wrong, "\n".join(wrong)


NAMED_IN_BODIES = ("/v1/orders", "/v1/orders:batch", "/v1/receivables", "/v1/payments")


async def count_reports(accounts: Accounts) -> tuple[int, ...]:
    async with accounts.system.databases["gateway"].transaction() as tx:
        tables = ("customer_order", "receivable", "payment", "customer_reference", "delivery", "reversal")
        return tuple([await tx.raw.fetchval(f"select count(*) from {table}") for table in tables])


async def test_G1_a_report_that_names_anothers_account_is_refused_and_nothing_changes(accounts: Accounts) -> None:
    before = await count_reports(accounts)
    foreign = accounts.foreign.ids
    for entry in FOR_PARTNERS["gateway"]:
        if entry.body is None or "customer_id" in entry.path:
            continue
        body = entry.body(foreign)
        if entry.path == "/v1/payments":
            body |= {"source": f"partner:{accounts.foreign.id}"}
        answer = await accounts.ask("gateway", entry.method, entry.path, accounts.foreign, "E-own", body)
        status, code = answer.status_code, answer.json().get("code")
        if entry.path == "/v1/orders:batch":
            assert status == 200
            status = answer.json()["status"]
        assert (status, code[-10:]) == (404, "_not_found"), f"{entry.path}: {answer.text}"
    assert await count_reports(accounts) == before


async def test_G1_a_reference_of_anothers_account_is_refused_line_by_line(accounts: Accounts) -> None:
    own = {"source": f"partner:{accounts.own.id}", "ref": "bakery"}
    foreign = {"source": f"partner:{accounts.foreign.id}", "ref": "bakery"}
    lines = [
        order(accounts.own.ids) | {"customer": customer, "order_id": new_code("o"), "placed_at": now()}
        for customer in (own, foreign, {"source": foreign["source"], "ref": new_code("new")})
    ]
    content = b"\n".join(json.dumps(line).encode() for line in lines)
    headers = accounts.system.keys.headers("gateway", "manager", employee_id="E-own")
    headers |= {"Content-Type": "application/x-ndjson"}
    answer = await accounts.system.gateway.post("/v1/orders:batch", content=content, headers=headers)
    outcomes = [json.loads(line) for line in answer.text.splitlines()]
    assert [outcome["status"] for outcome in outcomes] == [202, 404, 202], outcomes
    assert outcomes[1]["code"] == "customer_not_found"
    assert outcomes[0]["customer_id"] == accounts.own.ids["customer_id"]


async def test_G1_reports_of_its_own_account_are_taken_from_a_manager(accounts: Accounts) -> None:
    for entry in FOR_PARTNERS["gateway"]:
        if entry.path not in NAMED_IN_BODIES or entry.body is None:
            continue
        body = entry.body(accounts.own.ids)
        if entry.path == "/v1/payments":
            body |= {"source": f"partner:{accounts.own.id}"}
        answer = await accounts.ask("gateway", entry.method, entry.path, accounts.own, "E-own", body)
        assert answer.status_code < 300, f"{entry.path}: {answer.text}"
        assert entry.path != "/v1/orders:batch" or answer.json()["status"] == 202, answer.text


async def test_P5_no_list_names_anothers_account(accounts: Accounts) -> None:
    run_paths = await plant_runs(accounts)
    period = {"from": ago(days=30), "to": now()}
    lists: list[tuple[str, str, dict[str, str]]] = [
        ("profile", "/v1/customers", {}),
        ("profile", "/v1/customers", {"q": "bakery"}),
        ("profile", "/v1/calls/pop", {"number": accounts.foreign.ids["number"]}),
        ("complaint", "/v1/complaints", {}),
        ("tiering", "/v1/pyramid/movers", period),
        ("tiering", "/v1/retention/lost", {"as_of": ago(days=300)}),
        *(("tiering", path, {}) for path in run_paths),
    ]
    for service, path, query in lists:
        everything, seen = [
            await accounts.system.clients[service].get(path, params=query, headers=headers)
            for headers in (
                accounts.system.keys.headers(service, "head"),
                accounts.system.keys.headers(service, "manager", employee_id="E-own"),
            )
        ]
        assert (everything.status_code, seen.status_code) == (200, 200), f"{path}: {everything.text} {seen.text}"
        foreign, own = accounts.foreign.ids["customer_id"], accounts.own.ids["customer_id"]
        assert foreign in everything.text, f"{path} {query} does not show what the manager must not see"
        assert foreign not in seen.text, f"{path} {query} shows another's account: {seen.text}"
        assert own in seen.text or query.get("number") or query.get("q"), f"{path} {query} hides their own: {seen.text}"


async def test_P5_counts_of_cases_and_movers_are_of_the_managers_accounts(accounts: Accounts) -> None:
    period = {"from": ago(days=30), "to": now()}
    for service, path, field in (
        ("complaint", "/v1/complaints/statistics", "cases"),
        ("tiering", "/v1/pyramid/movers", "moved"),
    ):
        counts = []
        for headers in (
            accounts.system.keys.headers(service, "head"),
            accounts.system.keys.headers(service, "manager", employee_id="E-own"),
        ):
            answer = await accounts.system.clients[service].get(path, params=period, headers=headers)
            counted = answer.json()[field]
            counts.append(sum(counted.values()) if isinstance(counted, dict) else counted)
        assert counts[0] - counts[1] == 1, f"{path}: {counts}"


async def test_P5_only_their_own_accounts_are_proposed_to_a_manager(accounts: Accounts) -> None:
    async with accounts.system.databases["tiering"].transaction() as tx:
        point = PointInTime(tx.at, tx.at, now=True)
        proposed = []
        for actor in (Actor("head-1", "person", scopes=frozenset({"customers:all"})),
                      Actor("manager-1", "person", employee_id="E-own")):  # fmt: skip
            scope = data_scope(tx, actor)
            await figures.list_group_roots(tx, tx.at, "group", None, 50, scope)
            ranked = await figures.list_ranked(tx, point, 12, Decimal(100), "economic", None, 50, scope)
            proposed.append({str(customer.customer_id) for customer in ranked})
    everybody, seen = proposed
    assert accounts.foreign.ids["customer_id"] in everybody - seen
    assert accounts.own.ids["customer_id"] in seen


async def test_P5_a_unit_and_a_deputy_see_what_their_people_look_after(accounts: Accounts) -> None:
    admin = Caller(accounts.system, accounts.system.as_role("admin"))
    top, below = new_code("U"), new_code("U")
    await admin.post("/v1/units", {"unit": top, "name": "North", "kind": "province"})
    await admin.post("/v1/units", {"unit": below, "name": "Harbour", "kind": "branch", "parent": top})
    colleague, deputy, head_of_unit = new_code("E"), new_code("E"), new_code("E")
    for code, unit in ((colleague, below), (deputy, None), (head_of_unit, top)):
        await admin.post("/v1/employees", {"employee_id": code, "name": code, "unit": unit})
    team = f"/v1/customers/{accounts.foreign.ids['customer_id']}/team"
    await admin.post(team, {"employee_id": colleague, "role": "field_sales"})
    path = f"/v1/employees/{colleague}/absence"
    away = await admin.send("PUT", path, json={"since": now(), "deputy_id": deputy})
    assert away.status_code < 300, away.text
    await admin.settle()
    for service, path in (
        ("profile", "/v1/customers/{customer_id}"),
        ("tiering", "/v1/customers/{customer_id}/tier"),
        ("complaint", "/v1/complaints/{complaint_id}"),
        ("loyalty", "/v1/customers/{customer_id}/points"),
        ("gateway", "/v1/orders/{order_id}"),
    ):
        for code, unit, expected in (
            (colleague, below, 200), (deputy, None, 200), (head_of_unit, top, 200), ("E-own", None, 404),
            ("E-of-another-unit", "U-elsewhere", 404),
        ):  # fmt: skip
            headers = accounts.system.keys.headers(service, "manager", employee_id=code, unit=unit)
            answer = await accounts.system.clients[service].get(accounts.foreign.path(path), headers=headers)
            assert answer.status_code == expected, f"{path} by {code}: {answer.text}"


async def test_P12_who_sees_one_member_of_a_merged_customer_sees_all(accounts: Accounts) -> None:
    admin = Caller(accounts.system, accounts.system.as_role("admin"))
    root, absorbed = [(await admin.place(new_code("shop"), "10.00"))["customer_id"] for _ in range(2)]
    await admin.settle()
    for customer_id, code in ((root, "E-foreign"), (absorbed, "E-own")):
        await admin.post(f"/v1/customers/{customer_id}/team", {"employee_id": code, "role": "account_manager"})
    await admin.settle()
    assert await sees_accounts(accounts, root) == [404] * 4
    merged = await admin.post(f"/v1/customers/{root}/merges", {"absorbed": {"id": absorbed}})
    await admin.settle()
    assert await sees_accounts(accounts, root) == [200] * 4
    listed = await accounts.ask_for("profile", "/v1/customers", "E-own", ids=root)
    assert root in listed.text
    undone = await admin.send("DELETE", f"/v1/customers/{root}/merges/{merged['merge_id']}")
    assert undone.status_code == 204, undone.text
    await admin.settle()
    assert await sees_accounts(accounts, root) == [404] * 4


async def sees_accounts(accounts: Accounts, customer_id: str) -> list[int]:
    """How each service answers the manager of E-own about this customer."""
    answers = [
        await accounts.ask_for(service, f"/v1/customers/{customer_id}{part}", "E-own")
        for service, part in (("profile", ""), ("tiering", "/tier"), ("loyalty", "/points"), ("gateway", "/orders"))
    ]
    return [answer.status_code for answer in answers]


@pytest.mark.parametrize("service", harness.SERVICES)
def test_P5_every_operation_that_names_a_customer_is_asked(accounts: Accounts, service: str) -> None:
    tried = {(naming.method, naming.path) for naming in NAMINGS if naming.service == service}
    forgotten = [
        (method, path)
        for method, path in operations_that_name(accounts.system.apps[service].openapi())
        if (method, path) not in tried and not is_elsewhere(service, method, path)
    ]
    assert not forgotten


@pytest.mark.parametrize("naming", NAMINGS, ids=lambda naming: f"{naming.service} {naming.method} {naming.path}")
async def test_P5_whoever_is_named_is_an_account_of_the_manager(accounts: Accounts, naming: Naming) -> None:
    whole = replace(accounts.foreign, ids=accounts.foreign.ids | {"ref": "bakery"})
    named = await accounts.ask_about(naming, whole, "E-own")
    foreign = accounts.foreign.ids["customer_id"]
    if naming.filters and named.status_code == 200:
        assert foreign not in named.text
    else:
        assert (named.status_code, named.json()["code"]) == naming.refusal, named.text
    ids = {"customer_id": str(uuid4()), "partner_id": accounts.foreign.ids["partner_id"]}
    nowhere = await accounts.ask_about(naming, replace(accounts.foreign, ids=ids), "E-own")
    assert (nowhere.status_code, nowhere.json().get("code")) == (named.status_code, named.json().get("code"))
    valid = await accounts.ask_about(naming, whole, "E-foreign", path_of=accounts.foreign)
    assert valid.status_code != 404, valid.text
    assert valid.json().get("code") != "validation_failed", valid.text


async def test_P12_a_merge_and_its_undoing_change_nothing_that_a_partner_reads(accounts: Accounts) -> None:
    admin, both = Caller(accounts.system, accounts.system.as_role("admin")), (accounts.own, accounts.foreign)
    for amount, partner in zip(("3000.00", "70.00"), both, strict=True):
        body = order(partner.ids)
        body["lines"][0]["amount"] = amount
        await admin.post("/v1/orders", body, status=202)
    await admin.settle()
    before = [await answers_to(accounts.system, partner) for partner in both]
    path = f"/v1/customers/{both[0].ids['customer_id']}/merges"
    merge = await admin.post(path, {"absorbed": {"id": both[1].ids["customer_id"]}})
    await admin.settle()
    merged = [await answers_to(accounts.system, partner) for partner in both]
    undone = await admin.send("DELETE", f"{path}/{merge['merge_id']}")
    assert undone.status_code == 204, undone.text
    await admin.settle()
    after = [await answers_to(accounts.system, partner) for partner in both]
    for index, (own, other) in enumerate((both, both[::-1])):
        for phase in (merged, after):
            assert_same(before[index], phase[index])
            shown = json.dumps(phase[index])
            assert [name for name in other.ids if other.ids[name] in shown and name != "number"] == []
            assert own.ids["customer_id"] in shown
