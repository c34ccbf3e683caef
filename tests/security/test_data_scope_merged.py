"""Two partners' customers that are found to be one: to each of the partners nothing is different (P12, G1)."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests import harness
from tests.journeys.caller import Caller
from tests.security.partners import FOR_PARTNERS, ForPartners, Partner, open_partner, order
from tests.system import System
from tests.system import system as start_system

# What passes from one question to the next: instants, and how long ago something was. And what is decided for both,
# and told to each partner of its own: which tier from when on.
PASSING = re.compile(r"(as_of|known_at|_at|since|until|day|cursor|next)$|override_id$")
DECIDED_FOR_BOTH = {"tiering /v1/customers/{customer_id}/tier/history"}
FIGURES_OF_ALL = {"value", "words", "now", "tier", "reasons"}  # of a tier: hidden while others count into them


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
    both = [await open_partner(admin, number) for number in ("+12125550123", "+12125550199")]
    for amount, partner in zip(("3000.00", "70.00"), both, strict=True):
        body = order(partner.ids)
        body["lines"][0]["amount"] = amount
        await admin.post("/v1/orders", body, status=202)
    await admin.settle()
    before = [await answers_to(system, partner) for partner in both]
    path = f"/v1/customers/{both[0].ids['customer_id']}/merges"
    merge = await admin.post(path, {"absorbed": {"id": both[1].ids["customer_id"]}})
    await admin.settle()
    merged = [await answers_to(system, partner) for partner in both]
    undone = await admin.send("DELETE", f"{path}/{merge['merge_id']}")
    assert undone.status_code == 204, undone.text
    await admin.settle()
    after = [await answers_to(system, partner) for partner in both]
    for index, (own, other) in enumerate((both, both[::-1])):
        for phase in (merged, after):
            assert_same(before[index], phase[index])
            told = json.dumps(phase[index])
            assert [name for name in other.ids if other.ids[name] in told and name != "number"] == []
            assert own.ids["customer_id"] in told
            assert "13070" not in told, "what both bought together"


def assert_same(before: dict[str, Any], now: dict[str, Any]) -> None:
    """Nothing differs, but for a tier's figures, which are not shown any more."""
    for key, known in before.items():
        if key.rpartition(" ")[0] in DECIDED_FOR_BOTH:
            continue
        if "/tier" in key:
            assert {name: known[name] for name in known.keys() - FIGURES_OF_ALL} == {
                name: now[key][name] for name in now[key].keys() - FIGURES_OF_ALL
            }, key
            assert now[key].get("value") is None
        else:
            assert now[key] == known, key
