"""Every operation of every service as a manager sees it who is held to accounts: another's is not there.

The operations are taken from the applications themselves. Each service is asked behind the gateway's back, with a token
as the gateway signs it; the gateway too, for what is its own.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal

import pytest

from services.tiering_svc.core.repository.as_of import PointInTime
from services.tiering_svc.key_accounts.repository import figures
from shared.chassis import Actor, data_scope
from tests import harness
from tests.journeys.caller import ago, new_code, now
from tests.security.accounts import Accounts, plant_runs
from tests.security.partners import FOR_PARTNERS, Partner, order
from tests.system import System

METHODS = {"get", "post", "put", "patch", "delete"}
NOT_ABOUT_CUSTOMERS = re.compile(r"/internal/.*|/v1/(partners|audit|sign-out|health|employees|units).*|/dev/.*")


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
