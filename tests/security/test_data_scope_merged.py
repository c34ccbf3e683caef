"""Two partners' customers that are found to be one: to each of the partners nothing is different (P12, G1)."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests import harness
from tests.journeys.caller import Caller
from tests.security.partners import FOR_PARTNERS, ForPartners, Partner, open_partner, order
from tests.system import System
from tests.system import system as start_system

# What passes from one question to the next: instants, and how long ago something was.
PASSING = re.compile(r"(as_of|known_at|_at|since|until|day|cursor|next)$")


@pytest.fixture(scope="module")
async def system(databases: harness.Databases, keys: harness.Keys) -> AsyncIterator[System]:
    async with start_system(databases, keys) as running:
        yield running


def lasting(document: Any) -> Any:
    """A document without what passes."""
    if isinstance(document, dict):
        return {name: lasting(member) for name, member in document.items() if not PASSING.search(name)}
    return [lasting(item) for item in document] if isinstance(document, list) else document


async def answers_to(system: System, partner: Partner) -> dict[str, Any]:
    """What each read that partners may use says of its own customer, by service and path."""
    answers = {}
    for service, entries in FOR_PARTNERS.items():
        for number, entry in enumerate(entries):
            if entry.method == "GET":
                answers[f"{service} {entry.path} {number}"] = await read(system, service, entry, partner)
    return answers


async def read(system: System, service: str, entry: ForPartners, partner: Partner) -> Any:
    headers = system.keys.headers(service, "partner", partner_id=partner.id)
    query = None if entry.query is None else entry.query(partner.ids)
    answer = await system.clients[service].get(partner.path(entry.path), params=query, headers=headers)
    assert answer.status_code == 200, f"{service} {entry.path}: {answer.text}"
    return lasting(answer.json())


async def test_P12_a_merge_and_its_undoing_change_nothing_that_a_partner_reads(system: System) -> None:
    admin = Caller(system, system.as_role("admin"))
    first, second = [await open_partner(admin, number) for number in ("+12125550123", "+12125550199")]
    for amounts, partner in (("3000.00", first), ("70.00", second)):
        body = order(partner.ids)
        body["lines"][0]["amount"] = amounts
        await admin.post("/v1/orders", body, status=202)
    await admin.settle()
    before = [await answers_to(system, partner) for partner in (first, second)]
    path = f"/v1/customers/{first.ids['customer_id']}/merges"
    merge = await admin.post(path, {"absorbed": {"id": second.ids["customer_id"]}})
    await admin.settle()
    merged = [await answers_to(system, partner) for partner in (first, second)]
    undone = await admin.send("DELETE", f"{path}/{merge['merge_id']}")
    assert undone.status_code == 204, undone.text
    await admin.settle()
    after = [await answers_to(system, partner) for partner in (first, second)]
    for name, known, now in (("root's", before[0], merged[0]), ("absorbed", before[1], merged[1])):
        differing = [key for key in known if known[key] != now[key]]
        for key in differing:
            print(name, key, "\n   ", str(known[key])[:3000], "\n   ", str(now[key])[:3000])
    assert merged == before
    assert after == before
