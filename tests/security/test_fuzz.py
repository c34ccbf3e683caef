"""Tens of thousands of requests that nobody would send: none breaks anything, and what is refused changes nothing.

Every operation of every contract takes its turn, filled in from its schema, spoiled, or broken in its grammar, by
several callers. The same seed makes the same requests. What must hold of each answer:

- never 5xx (503 with `Retry-After` alone is documented);
- each refusal is a problem of RFC 9457 with a code on the list of codes;
- each success is one the contract names, with a body its schema accepts;
- rounds in which everything was refused leave every table as it was, row by row;
- in the end every invariant of `patron verify` holds, and nothing is parked.
"""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import jsonschema_rs
import pytest

from deploy.verify.check import SUBSCRIBED_TOPICS, check_invariants
from deploy.verify.snapshots import connected
from services.gateway.access.routes import rate_limit
from shared.chassis.audience import FIELDS
from tests import harness
from tests.journeys.caller import SETTLED_WITHIN_SECONDS, Caller
from tests.security.access_rights import RULE_SETS
from tests.security.asgi import Answer, ask
from tests.security.fuzz_requests import FuzzCaller, FuzzRequest, Operation, make_request
from tests.security.fuzz_values import Ids
from tests.security.partners import Partner, open_partner
from tests.system import System
from tests.system import system as start_system
from tools.error_codes import error_codes

SEED = 20261128
SHORT, LONG = 300, 30_000
ROUND = 10
GENEROUS = {
    "requests_per_second": 1e6, "burst": 1_000_000, "requests_per_address": 1e6, "address_burst": 1_000_000,
    "forward_seconds": 120.0, "forward_batch_seconds": 120.0, "part_seconds": 60.0,
}  # fmt: skip
METHODS = ("get", "put", "post", "patch", "delete")
# Rows that the processes themselves go on writing, whoever asks (what was sent and received, how far a run is): counted
OF_THE_PROCESS = frozenset({"outbox", "stream_seen", "job"})
LOOKS = 3  # at a change that a round of refusals seems to have made
TABLES = """select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
  and not c.relispartition order by 1"""
State = dict[str, str]
NOT_EVERYTHING = frozenset({"partner", "agent"})
_hidden = sorted(frozenset[str]().union(*FIELDS.values()))
HIDDEN_FIELD = re.compile(f'"({"|".join(_hidden)})" is a required property')


@dataclass
class Target:
    """The running system, what can be asked of it, and by whom."""

    system: System
    operations: list[Operation]
    callers: list[FuzzCaller]
    ids: Ids
    validators: dict[tuple[str, str, str, str], Any] = field(default_factory=dict)
    codes: frozenset[str] = frozenset()
    fingerprints: dict[str, str] = field(default_factory=dict)  # a statement by service

    async def state(self) -> State:
        """Every table's count of rows and the sum of their hashes, by service and table."""
        states: State = {}
        for name, database in self.system.databases.items():
            if name not in self.fingerprints:
                rows = await database.run(lambda tx: tx.raw.fetch(TABLES))
                self.fingerprints[name] = fingerprint([row["relname"] for row in rows])
            statement = self.fingerprints[name]
            rows = await database.run(lambda tx, statement=statement: tx.raw.fetch(statement))  # type: ignore[misc]
            states |= {f"{name}.{row['name']}": row["state"] for row in rows}
        return states

    async def resting_state(self) -> State:
        """The state once nothing is under way any more: the same twice."""
        await self.system.settle(SETTLED_WITHIN_SECONDS)
        loop = asyncio.get_running_loop()
        until, before = loop.time() + SETTLED_WITHIN_SECONDS, await self.state()
        while True:
            await asyncio.sleep(0.05)
            now = await self.state()
            if now == before or loop.time() > until:
                return now
            before = now


def fingerprint(tables: list[str]) -> str:
    """A statement that gives a row for each table: its name, and its count of rows with the sum of their hashes."""
    hashes = "coalesce(sum(hashtextextended(t::text, 0)), 0)"
    parts = [
        f"""select '{table}' as name, count(*) || ':' || {"''" if table in OF_THE_PROCESS else hashes} as state
            from "{table}" t"""
        for table in tables
    ]
    return " union all ".join(parts)


async def ids_of(admin: Caller, partner: Partner) -> Ids:
    """Real ids, and of everything that the partner's customer has; rule sets as they were installed."""
    ids = {name: [value] for name, value in partner.ids.items()}
    ids["id"] = ids["customer_id"]
    ids["topic"] = ["patron.profile", "patron.tiering"]
    ids["key"] = ids["customer_id"]
    policies = (await admin.get("/v1/tier-policies"))["items"]
    ids["rule_set_id"] = [
        str(item["id"]) for kind in RULE_SETS.split("|") for item in (await admin.get(f"/v1/{kind}"))["items"]
    ]
    ids["policy_id"] = [str(item["id"]) for item in policies]
    ids["rule_id"] = [str(item["id"]) for item in (await admin.get("/v1/warning-rules"))["items"]]
    ids["employee_id"] = [str(item["employee_id"]) for item in (await admin.get("/v1/employees"))["items"]]
    return {name: values for name, values in ids.items() if values}


def callers_of(keys: harness.Keys, partner: Partner) -> list[FuzzCaller]:
    """Nobody first: who has no power stands in for who must not use all of it."""
    agent = FuzzCaller("agent", 2, lambda service: keys.headers(service, "agent"))
    head = FuzzCaller("head", 3, lambda service: keys.headers(service, "head"))
    admin = FuzzCaller("admin", 8, keys.headers, powerful=True)
    analyst = FuzzCaller("analyst", 3, lambda service: keys.headers(service, "analyst"))
    partner_one = FuzzCaller("partner", 4, lambda service: keys.headers(service, "partner", partner_id=partner.id))
    return [FuzzCaller("nobody", 1, lambda _: {}), agent, head, admin, analyst, partner_one]


async def contracts_of(system: System) -> dict[str, Mapping[str, Any]]:
    """Each service's contract as it is, and the public one of the gateway."""
    documents: dict[str, Mapping[str, Any]] = {name: app.openapi() for name, app in system.apps.items()}
    answer = await ask(system.apps["gateway"], "GET", "/openapi.json")
    return documents | {"gateway": answer.json()}


@pytest.fixture
async def target(
    databases: harness.Databases, keys: harness.Keys, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Target]:
    monkeypatch.setattr(rate_limit, "HELD_SECONDS", 0.0)  # who is refused often waits, which is tested elsewhere
    async with start_system(databases, keys, settings={"gateway": GENEROUS}) as system:
        admin = Caller(system, system.as_role("admin"))
        partner = await open_partner(admin, "+12125550123")
        documents = await contracts_of(system)
        operations = [
            Operation(service, method.upper(), path, item[method], document["components"]["schemas"])
            for service, document in documents.items()
            for path, item in document["paths"].items()
            for method in METHODS
            if method in item and path != "/v1/sign-out"
        ]
        codes = frozenset(entry.code for entry in error_codes())
        # neighbours of a contract are far apart, so that a short run meets every kind
        operations = [operations[number * 101 % len(operations)] for number in range(len(operations))]
        yield Target(system, operations, callers_of(keys, partner), await ids_of(admin, partner), codes=codes)


def judged(target: Target, request: FuzzRequest, answer: Answer) -> str | None:
    """None for an answer as it must be, or what is wrong with it."""
    status = answer.status
    if status == 503 and answer.code in target.codes and b"retry-after" in dict(answer.headers):
        return None
    if status >= 500 or status < 200:
        return f"{status} {answer.body[:300]!r}"
    if status >= 400:
        if request.method == "HEAD":
            return None
        if answer.media_type != "application/problem+json":
            return f"{status} is no problem but {answer.media_type}: {answer.body[:200]!r}"
        return None if answer.code in target.codes else f"{status} has a code of no list: {answer.code!r}"
    if request.method != request.operation.method or status >= 300:
        return None
    return _not_in_contract(target, request, answer)


def _not_in_contract(target: Target, request: FuzzRequest, answer: Answer) -> str | None:
    described = request.operation.described["responses"].get(str(answer.status))
    if described is None:
        return f"{answer.status} is not in the contract"
    content = described.get("content", {})
    if "application/json" not in content:
        return None
    key = (request.operation.service, request.operation.method, request.operation.path, str(answer.status))
    if key not in target.validators:
        schema = content["application/json"]["schema"] | {"components": {"schemas": request.operation.components}}
        target.validators[key] = jsonschema_rs.validator_for(schema, validate_formats=False)
    for error in target.validators[key].iter_errors(answer.json()):
        if request.caller in NOT_EVERYTHING and HIDDEN_FIELD.match(error.message):
            continue  # what this caller may not read is left out, also where others always get it
        return f"{answer.status} breaks its schema: {error.message[:200]} at {list(error.instance_path)}"
    return None


async def send(target: Target, request: FuzzRequest) -> Answer:
    app = target.system.apps[request.operation.service]
    return await ask(app, request.method, request.target, request.headers, request.body)


@dataclass
class Tally:
    """What came of the requests so far: how many by the hundred of their status, and what was wrong."""

    wrong: list[str] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    compared: int = 0  # refusals after which every table was compared

    async def ask(self, target: Target, request: FuzzRequest) -> bool:
        """Send and judge. Whether it may have written something: it succeeded, and was no reading."""
        answer = await send(target, request)
        self.statuses[f"{answer.status // 100}xx"] += 1
        if problem := judged(target, request, answer):
            self.wrong.append(f"{request}: {problem}")
        return answer.status < 400


async def refuse_without_trace(target: Target, requests: list[FuzzRequest], tally: Tally) -> None:
    """A round: what is not all refused is only judged; when all were, every table has to be as before.

    A change that is seen may be one of the processes' own: a run goes on. So it is looked at again, at rest, with the
    same requests, and wrong is only what they change each time.
    """
    before = await target.state()
    if any([await tally.ask(target, request) for request in requests]):
        return
    tally.compared += len(requests)
    if await target.state() == before:
        return
    tables: list[str] = []
    for _ in range(LOOKS):
        at_rest = await target.resting_state()
        if any([(await send(target, request)).status < 400 for request in requests]):
            return
        again = await target.state()
        tables = [name for name in again if again[name] != at_rest.get(name)]
        if not tables:
            return
    tally.wrong.append(f"refusals changed {tables}: {[str(each)[:200] for each in requests]}")


async def fuzz(target: Target, count: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Send `count` requests and judge each; print the figure. What is sure to be refused goes in rounds of its own."""
    tally = Tally()
    waiting: list[FuzzRequest] = []
    for number in range(count):
        request = make_request(SEED, number, target.operations, target.callers, target.ids)
        if request.likely or request.method in ("GET", "HEAD"):
            await tally.ask(target, request)
            continue
        waiting.append(request)
        if len(waiting) == ROUND:
            await refuse_without_trace(target, waiting, tally)
            waiting = []
    await refuse_without_trace(target, waiting, tally)
    with capsys.disabled():
        print(f"\nATTACK fuzz {count:,} cases, {len(tally.wrong)} wrong; {dict(tally.statuses)}, "
              f"{tally.compared:,} refusals left every table as it was")  # fmt: skip
    assert not tally.wrong, "\n".join(tally.wrong[:50])
    await everything_holds(target.system)


async def everything_holds(system: System) -> None:
    """Nothing is under way, nothing is parked, and every invariant of `patron verify` holds."""
    await system.settle(SETTLED_WITHIN_SECONDS)
    async with connected({name: database.url for name, database in system.databases.items()}) as connections:
        report = await check_invariants(connections, SUBSCRIBED_TOPICS, SETTLED_WITHIN_SECONDS)
    assert report.holds, "\n".join(f"{fault.code} {fault.name}: {'; '.join(fault.examples)}" for fault in report.broken)
    assert not report.lagging


async def test_no_odd_request_breaks_anything(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    await fuzz(target, SHORT, capsys)


@pytest.mark.chaos
@pytest.mark.timeout(3600)
async def test_tens_of_thousands_of_odd_requests_break_nothing(
    target: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    await fuzz(target, LONG, capsys)
