"""Accounts of managers who are employees: one of each kind, for tests of what such a manager sees."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests import harness
from tests.journeys.caller import Caller
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


@asynccontextmanager
async def open_accounts(databases: harness.Databases, keys: harness.Keys) -> AsyncIterator[Accounts]:
    """The running system with three customers, settled."""
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
