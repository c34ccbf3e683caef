"""Every route of every service as a partner sees it (G1): another's is not there, one's own is without what is ours.

The routes are taken from the applications themselves, so a new one is tested here the day it is written: it refuses
partners, or stands in `FOR_PARTNERS`. Each service is asked behind the gateway's back, with a token as the gateway
signs it: what the gateway's own check refuses before is a second lock, which the journeys test.
"""

import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from shared.chassis.audience import FIELDS, MAY_READ
from tests import harness
from tests.journeys.caller import Caller
from tests.security.partners import FOR_PARTNERS, SECRET, ForPartners, Partner, open_partner
from tests.system import System
from tests.system import system as start_system

HIDDEN = frozenset[str]().union(*(names for kind, names in FIELDS.items() if "partner" not in MAY_READ[kind]))


# For whoever has no token at all.
PUBLIC = {("GET", "/v1/health"), ("POST", "/dev/token"), ("POST", "/v1/sign-out")}


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
