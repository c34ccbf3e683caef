"""Accounts of managers who are employees: one of each kind, for tests of what such a manager sees."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx

from tests import harness
from tests.journeys.caller import Caller, a_line, ago, an_order
from tests.security.named_customers import Naming
from tests.security.partners import Partner, open_partner
from tests.system import System
from tests.system import system as start_system


@dataclass(frozen=True)
class Accounts:
    """Two customers of whom much is known, each looked after by one manager, and a third that nobody looks after."""

    system: System
    own: Partner
    foreign: Partner
    unassigned: Partner

    async def ask(
        self, service: str, method: str, path: str, partner: Partner, code: str, body: dict[str, Any] | None = None
    ) -> httpx.Response:
        """The operation with the ids of one of the customers, as the manager of this employee's code."""
        headers = self.system.keys.headers(service, "manager", employee_id=code)
        content = None
        if method in ("POST", "PUT", "PATCH"):
            content = json.dumps(body or {}).encode()
            headers["Content-Type"] = "application/x-ndjson" if path.endswith(":batch") else "application/json"
        client = self.system.clients[service]
        return await client.request(method, partner.path(path), headers=headers, content=content)

    async def ask_about(
        self, naming: Naming, named: Partner, code: str, path_of: Partner | None = None
    ) -> httpx.Response:
        """An operation on what is the manager's own (or of `path_of`), that names a customer."""
        headers = self.system.keys.headers(naming.service, "manager", employee_id=code)
        return await self.system.clients[naming.service].request(
            naming.method,
            (path_of or self.own).path(naming.path),
            params=None if naming.query is None else naming.query(named.ids),
            json=None if naming.body is None else naming.body(named.ids),
            headers=headers,
        )

    async def ask_for(self, service: str, path: str, code: str, **query: str) -> httpx.Response:
        """An answer as the manager of this employee's code gets it."""
        headers = self.system.keys.headers(service, "manager", employee_id=code)
        return await self.system.clients[service].get(path, params=query, headers=headers)


@asynccontextmanager
async def open_accounts(databases: harness.Databases, keys: harness.Keys) -> AsyncIterator[Accounts]:
    """The running system with three customers, settled."""
    async with start_system(databases, keys) as system:
        admin = Caller(system, system.as_role("admin"))
        own, foreign = [await open_partner(admin, number) for number in ("+12125550123", "+12125550199")]
        placed = await admin.place("nobodys", "5000.00", at=ago(days=1))
        unassigned = Partner(uuid4(), {"customer_id": placed["customer_id"], "order_id": placed["id"]})
        for partner in (own, foreign):
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


MOVER = "insert into evaluation_mover values ($1, $2, 'up', null, 'gold', 'gold', false) on conflict do nothing"
BACK_TEST_MOVER = "insert into back_test_mover values ($1, '2026-01-01', $2, 'up', null, 'gold') on conflict do nothing"
VALUED = "insert into lifetime_value (run_id, customer_id, frequency, recency_days, age_days) values ($1, $2, 0, 0, 9)"


async def plant_runs(accounts: Accounts) -> list[str]:
    """A simulation, a back-test and a run of lifetime values that list all three customers: the paths of the lists.
    And an order of long ago of each: for a time, they were lost."""
    admin = Caller(accounts.system, accounts.system.as_role("admin"))
    partners = (accounts.own, accounts.foreign, accounts.unassigned)
    for partner in partners:
        await admin.post(
            "/v1/orders",
            an_order("", [a_line(1, "9.00")], at=ago(days=700)) | {"customer": {"id": partner.ids["customer_id"]}},
            status=202,
        )
    policy = f"/v1/tier-policies/{(await admin.get('/v1/tier-policies'))['items'][0]['id']}"
    simulation = await admin.post(f"{policy}/simulations", {}, status=202)
    months = {"from": "2026-01", "to": "2026-01"}
    back_test = await admin.post(f"{policy}/back-tests", months, status=202)
    values = await admin.post("/v1/lifetime-value/runs", {"as_of": ago(days=600)}, status=202)
    await admin.settle()
    async with accounts.system.databases["tiering"].transaction() as tx:
        for sql, run in ((MOVER, simulation), (BACK_TEST_MOVER, back_test), (VALUED, values)):
            for partner in partners:
                await tx.raw.execute(sql, UUID(run["id"]), UUID(partner.ids["customer_id"]))
    return [
        f"{policy}/simulations/{simulation['id']}/movers",
        f"{policy}/back-tests/{back_test['id']}/movers",
        f"/v1/lifetime-value/runs/{values['id']}/customers",
    ]
