"""Every operation of every service as a manager sees it who is held to accounts (12.5): another's is not there.

The operations are taken from the applications themselves. Each service is asked behind the gateway's back, with a token
as the gateway signs it; the gateway too, for what is its own.
"""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import httpx
import pytest

from tests import harness
from tests.journeys.caller import Caller
from tests.security.partners import Partner, open_partner
from tests.system import System
from tests.system import system as start_system

METHODS = {"get", "post", "put", "patch", "delete"}
NOT_ABOUT_CUSTOMERS = re.compile(r"/internal/.*|/v1/(partners|audit|sign-out|health|employees|units).*|/dev/.*")


@dataclass(frozen=True)
class Accounts:
    """Two customers of whom much is known, each looked after by one manager, and a third that nobody looks after."""

    system: System
    own: Partner
    foreign: Partner
    unassigned: Partner

    async def ask(self, service: str, method: str, path: str, partner: Partner, code: str) -> httpx.Response:
        """The operation with the ids of one of the customers, as the manager of this employee's code."""
        headers = self.system.keys.headers(service, "manager", employee_id=code)
        body: dict[str, str] | None = {} if method in ("POST", "PUT", "PATCH") else None
        client = self.system.clients[service]
        return await client.request(method, partner.path(path), headers=headers, json=body)


@pytest.fixture(scope="module")
async def accounts(databases: harness.Databases, keys: harness.Keys) -> AsyncIterator[Accounts]:
    async with start_system(databases, keys) as system:
        admin = Caller(system, system.as_role("admin"))
        own, foreign, unassigned = [
            await open_partner(admin, number) for number in ("+12125550123", "+12125550199", "+12125550188")
        ]
        for partner in (own, foreign, unassigned):
            team = f"/v1/customers/{partner.ids['customer_id']}/team"
            for assignment in (await admin.get(team))["members"]:
                removed = await admin.send("DELETE", f"{team}/{assignment['id']}")
                assert removed.status_code < 300, removed.text
        for code, partner in (("E-own", own), ("E-foreign", foreign)):
            await admin.post("/v1/employees", {"employee_id": code, "name": code})
            path = f"/v1/customers/{partner.ids['customer_id']}/team"
            await admin.post(path, {"employee_id": code, "role": "account_manager"})
        await admin.settle()
        yield Accounts(system, own, foreign, unassigned)


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
