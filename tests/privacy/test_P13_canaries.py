"""P13: whatever a caller wrote about a customer, in whichever text field of the contract, is gone after an erasure."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
import structlog

from deploy.verify.check import SUBSCRIBED_TOPICS, check_invariants
from deploy.verify.snapshots import connected
from services.gateway.references.handlers import forget_offers
from tests import harness
from tests.privacy import bytes_and_lines
from tests.privacy.canaries import DIGITS, WORDS, CanaryCaller
from tests.privacy.life import SETTLED_WITHIN_SECONDS, Life
from tests.privacy.text_fields import Contract
from tests.system import System
from tests.system import system as start_system

# What is about the company and not about a customer, by the beginning of its path: no erasure touches it.
OF_THE_COMPANY = {
    "/v1/employees": "the company's own people",
    "/v1/units": "the company's own people",
    "/v1/partners": "channels, which are companies",
    "/dev/token": "a tool of development",
    "/v1/sign-out": "nothing is kept but a digest",
    "/v1/customer-exports": "which fields of everybody; the files that come of it go with each customer in them",
    "/v1/submissions": "what managers and centres handed in",
    "/v1/retention/costs": "what was spent on all",
    "/v1/lifetime-value/runs": "a run over all",
    "/v1/warnings/runs": "a run over all",
    "/v1/evaluations": "a run over all",
    "/v1/assessments": "the company's own people",
    **{
        f"/v1/{rules}": "rules of the company"
        for rules in (
            *("tier-policies", "assessment-rules", "authority-rules", "calendar-rules", "churn-rules"),
            *("deadline-rules", "key-account-rules", "programmes", "revenue-targets", "run-schedules"),
            *("satisfaction-indexes", "stage-rules", "warning-rules"),
        )
    },
}
# What a field of a caller's leads to and is not kept itself.
ELSEWHERE = {
    "/v1/erasures": "its own test: what identified the person is forgotten with the last receipt",
    "/v1/customers:batch": "the short form: the lines are those of POST /v1/customers",
    "/v1/orders:batch": "the short form: the lines are those of POST /v1/orders",
    "/v1/uploads": "the short form: bytes, and their name",
    "/v1/customer-imports": "the short form: the columns of an upload, which the layout names",
    "/v1/satisfaction/answers": "figures, and codes of the questions in force",
}


@pytest.fixture
async def system(databases: harness.Databases, keys: harness.Keys, tmp_path: Path) -> AsyncIterator[System]:
    files = {"files": str(tmp_path / "files"), "files_sweep_seconds": 3600}
    async with start_system(databases, keys, settings={"profile": files}) as running:
        yield running


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """Every log line of the process, at every level."""
    lines: list[str] = []

    def keep(_logger: object, _name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        lines.append(repr(event))
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(
        processors=[keep],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        cache_logger_on_first_use=False,
    )
    yield lines
    structlog.configure(**before)


async def contract_of(system: System) -> Contract:
    """The whole contract, once every service has told its part."""
    loop = asyncio.get_running_loop()
    until = loop.time() + SETTLED_WITHIN_SECONDS
    while not (answer := await system.gateway.get("/openapi.json")).is_success:
        assert loop.time() < until, answer.text
    return Contract(answer.json())


async def everything_kept(system: System) -> dict[str, list[bytes]]:
    """Each row of each table of the five databases, and each message of the broker, as bytes, by where it is."""
    kept: dict[str, list[bytes]] = {}
    for name, database in system.databases.items():
        connection = await asyncpg.connect(database.url.replace("+asyncpg", ""))
        try:
            tables = await connection.fetch(
                """select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
                   and not relispartition"""
            )
            for (table,) in tables:
                rows = await connection.fetch(f"select t.* from {table} t")
                kept[f"{name}.{table}"] = [
                    b"\n".join(v if isinstance(v, bytes) else str(v).encode() for v in row.values()) for row in rows
                ]
        finally:
            await connection.close()
    folder = Path(system.service("profile").settings.files)  # type: ignore[attr-defined]
    kept["the file store"] = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    for (topic, partition), log in system.broker.logs.items():
        kept.setdefault(topic, []).extend(b"%s %s" % (message.key or b"", message.value or b"") for message in log)
        assert partition >= 0
    return kept


async def a_life(system: System) -> Life:
    """Two customers, and who writes about them."""
    caller = CanaryCaller(await contract_of(system), system.gateway, system.as_role("admin", subject="ann"))
    return Life(system, caller, system.as_role("admin", subject="bea"))


async def erase_all(life: Life, persons: Sequence[Mapping[str, str]] = ()) -> None:
    """The customers, and who is none: the caller, and these persons. All are asked for, then waited for."""
    begun = []
    for person in (*persons, {"kind": "caller", "number": life.caller_number}):
        request = {"person": person, "reason": "asked_by_person"}
        begun.append((await life.plain("POST", "/v1/erasures", request), False))
    for customer in dict.fromkeys(life.customers):
        erasure = await life.plain("DELETE", f"/v1/customers/{customer}?reason=asked_by_person", status=202)
        begun.append((erasure, life.absorbed != "" and customer == life.customers[1]))
    for erasure, is_of_two in begun:
        ended = await life.until_done(f"/v1/erasures/{erasure['id']}")
        assert (life.absorbed in ended["customer_ids"]) == is_of_two, "who is one goes together"
    await life.settle()


async def broken_invariants(system: System) -> set[str]:
    """The codes of what `patron verify` finds broken."""
    async with connected({name: database.url for name, database in system.databases.items()}) as connections:
        report = await check_invariants(connections, SUBSCRIBED_TOPICS, SETTLED_WITHIN_SECONDS)
    assert not report.lagging
    return {fault.code for fault in report.broken}


def canaries_in(kept: dict[str, list[bytes]]) -> dict[str, bytes]:
    """Where a canary is, with an example."""
    places = {}
    for place, contents in kept.items():
        for content in contents:
            if WORDS.encode() in content or DIGITS.encode() in content:
                places[place] = content[:600]
    return places


async def test_P13_no_canary_of_files_lines_and_persons_is_left_after_an_erasure(
    system: System, logged: list[str]
) -> None:
    """The short form: what is written most; what no field of a body holds; and persons who are no customers, while the
    customer stays."""
    life = await a_life(system)
    await life.begin()
    await bytes_and_lines.lines_of_ndjson(life)
    await bytes_and_lines.imports(life)
    house, others = await bytes_and_lines.persons(life)
    before = canaries_in(await everything_kept(system))
    assert {
        "profile.contact_log",
        "gateway.customer_order",
        "the file store",
        "profile.stored_file",
        "profile.import_row",
        "complaint.case_story",
    } <= set(before)
    await erase_all(life, others)
    await forget_offers(system.databases["gateway"], datetime.now(UTC) + timedelta(minutes=1))  # a week has passed
    kept = await everything_kept(system)
    assert canaries_in(kept) == {}
    assert any(b"Hausherr" in row for row in kept["profile.customer"])
    assert (await life.plain("GET", f"/v1/customers/{house}"))["family"] == []
    assert [line for line in logged if WORDS in line or DIGITS in line] == []
    assert await broken_invariants(system) == set()


@pytest.mark.chaos
async def test_P13_no_canary_of_any_text_field_is_left_after_an_erasure(system: System, logged: list[str]) -> None:
    life = await a_life(system)
    await life.live()
    contract, caller = life.caller.contract, life.caller
    expected = {
        (method, path, text.pointer)
        for (method, path), operation in contract.operations.items()
        if not path.startswith((*OF_THE_COMPANY, *ELSEWHERE))
        for text in operation.fields
    }
    for beginning in (*OF_THE_COMPANY, *ELSEWHERE):
        assert any(path.startswith(beginning) for _, path in contract.operations), beginning
    missed = sorted(expected - caller.reached.every)
    assert not missed, "\n".join(" ".join(one_field) for one_field in missed)
    assert await broken_invariants(system) == set()
    before = canaries_in(await everything_kept(system))
    assert {"profile.customer", "complaint.case_story", "gateway.customer_reference", "the file store"} <= set(before)

    await erase_all(life)
    assert canaries_in(await everything_kept(system)) == {}
    assert logged
    assert [line for line in logged if WORDS in line or DIGITS in line] == []
    assert await broken_invariants(system) == set()
