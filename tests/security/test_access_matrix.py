"""Every operation, asked by every kind of caller, about what is its own, another's, and nowhere: thousands of cases.

What has to happen is said by a table written by hand (`access_rights`), never by the code that is judged:

- who proves nothing gets 401, who may not gets 403 (a partner also 404: what is not its to see is not there);
- who may is never refused for who it is;
- what is another partner's is answered exactly as what does not exist;
- no answer, no header and no line of the log says what is planted about others (`MARK…`, the staff's notes).
"""

import json
import logging
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import pytest
import structlog
from structlog.testing import capture_logs

from services.gateway.access.routes import rate_limit
from tests import harness
from tests.journeys.caller import Caller
from tests.security.access_callers import AccessCaller, impostors, of_the_gateway, proven
from tests.security.access_rights import who_may, without_a_family
from tests.security.asgi import Answer, ask
from tests.security.partners import FOR_PARTNERS, SECRET, ForPartners, Partner, open_partner
from tests.security.readable_fields import forbidden_in
from tests.security.whole import operations
from tests.system import System
from tests.system import system as start_system

MARKS = ("MARK-ONE", "MARK-TWO")  # in whatever is personal of the first and of the second partner's customer
ENOUGH = {"requests_per_second": 1e6, "burst": 1_000_000, "requests_per_address": 1e6, "address_burst": 1_000_000}
NEEDED: dict[str, str] = {  # queries without which an operation says nothing about who is named
    "/v1/customers/{customer_id}/consents/decision": "purpose=marketing&channel=sms",
    "/v1/customers/{customer_id}/merges/preview": f"absorbed={uuid4()}",
    "/v1/customers/{customer_id}/tier/preview": f"absorbed={uuid4()}",
}
SAMPLE = 97  # of the ordinary suite: every so-manieth case; a prime, so that callers and operations mix
REFUSED_BY_RIGHT = {(403, "forbidden")}
VOLATILE = {b"x-request-id", b"date", b"traceparent", b"ratelimit-remaining", b"ratelimit-reset"}
BY_OPERATION: dict[tuple[str, str], list[ForPartners]] = {}
for _entries in FOR_PARTNERS.values():
    for _entry in _entries:
        BY_OPERATION.setdefault((_entry.method, _entry.path), []).append(_entry)


@dataclass(frozen=True)
class Stage:
    """The running system with two partners, about whom much is known, and the callers of each service."""

    system: System
    partners: tuple[Partner, Partner]
    callers: dict[str, list[AccessCaller]]
    absent: dict[str, str]


@dataclass(frozen=True)
class Case:
    """One question: an operation of a service, who asks it, and whose ids stand in it (`one`, `two`, `absent`)."""

    service: str
    method: str
    path: str
    caller: AccessCaller
    whose: str
    entry: ForPartners | None

    def __str__(self) -> str:
        return f"{self.service} {self.method} {self.path} of {self.whose} by {self.caller.name}"


async def plant(admin: Caller, partner: Partner, mark: str) -> None:
    """Put a mark into every personal field of the partner's customer, and into what the staff notes about it."""
    path = f"/v1/customers/{partner.ids['customer_id']}"
    file = await admin.send("GET", path)
    personal = {
        "kind": "person",
        "names": [{"name": mark}],
        "emails": [{"address": f"{mark}@example.org"}],
        "addresses": [{"text": mark, "city": mark}],
        "occupation": mark,
        "hobbies": [mark],
        "intention": mark,
        "family": [{"relation": "child", "name": mark}],
    }
    amended = await admin.send("PATCH", path, json=personal, headers={"If-Match": file.headers["ETag"]})
    assert amended.status_code == 200, amended.text
    case = {"channel": "call", "category": "delivery", "customer": {"id": partner.ids["customer_id"]}}
    noted = {"what_happened": mark, "request": mark, "usage": mark, "contact": {"name": mark}}
    await admin.post("/v1/complaints", case | noted)


async def make_stage(system: System, keys: harness.Keys) -> Stage:
    admin = Caller(system, system.as_role("admin", subject=SECRET))
    first = await open_partner(admin, "+12125550123")
    second = await open_partner(admin, "+12125550199")
    for partner, mark in zip((first, second), MARKS, strict=True):
        await plant(admin, partner, mark)
    own_key = await admin.post(f"/v1/partners/{first.id}/keys")
    revoked = await admin.post(f"/v1/partners/{first.id}/keys")
    assert (await admin.send("DELETE", f"/v1/partners/{first.id}/keys/{revoked['id']}")).status_code == 204
    await admin.settle()
    callers = {
        service: [*impostors(keys, service, first), *proven(keys, service, (first, second))]
        for service in harness.SERVICES
    }
    callers["gateway"] += await of_the_gateway(system, (first, second), (own_key["secret"], revoked["secret"]))
    absent = {name: str(uuid4()) for name in first.ids} | {"number": "+12125550177"}
    return Stage(system, (first, second), callers, absent)


@pytest.fixture
async def stage(
    databases: harness.Databases, keys: harness.Keys, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stage]:
    monkeypatch.setattr(rate_limit, "HELD_SECONDS", 0.0)  # who is refused often waits, which is tested elsewhere
    async with start_system(databases, keys, settings={"gateway": ENOUGH}) as system:
        yield await make_stage(system, keys)


async def operations_of(stage: Stage, service: str) -> list[tuple[str, str]]:
    """A service's own operations, internal ones too; of the gateway the whole public contract besides."""
    app = stage.system.apps[service]
    every = dict.fromkeys(operations(app.openapi()))
    if service == "gateway":
        answer = await ask(app, "GET", "/openapi.json")
        every |= dict.fromkeys(operations(answer.json()))
    return list(every)


async def cases_of(stage: Stage, service: str) -> list[Case]:
    """Every operation by every caller: about one thing where a caller proves nothing, about all kinds where it does."""
    every = await operations_of(stage, service)
    assert without_a_family(every) == []
    cases: list[Case] = []
    for method, path in every:
        entries: list[ForPartners | None] = [*BY_OPERATION.get((method, path), [])]
        named = "{" in path
        for caller in stage.callers[service]:
            if path == "/v1/sign-out" and "signed in" in caller.name:
                continue  # it would end a token that other cases need
            if caller.partner is not None and entries and "partner" in who_may(service, method, path):
                cases += [Case(service, method, path, caller, whose, entry)
                          for entry in entries for whose in ("one", "two", "absent")]  # fmt: skip
            else:
                whose_ids = ("one", "two", "absent") if named and caller.right else ("one",)
                cases += [Case(service, method, path, caller, whose, None) for whose in whose_ids]
    return cases


def request_of(case: Case, stage: Stage) -> tuple[str, list[tuple[bytes, bytes]], bytes]:
    """Target, headers and body."""
    ids = {"one": stage.partners[0].ids, "two": stage.partners[1].ids, "absent": stage.absent}[case.whose]
    nowhere = stage.absent["customer_id"]
    target = re.sub(r"\{(\w+)\}", lambda name: ids.get(name[1], nowhere), case.path)
    headers = list(case.caller.headers)
    entry = case.entry
    if case.path in NEEDED:
        target += f"?{NEEDED[case.path]}"
    if entry is not None and entry.query is not None:
        target += "?" + "&".join(f"{name}={str(value).replace('+', '%2B')}" for name, value in entry.query(ids).items())
    body = b""
    if entry is not None and entry.body is not None:
        body = json.dumps(entry.body(ids)).encode()
    elif case.method not in ("GET", "DELETE"):
        body = b"{}"
    if body:
        many = case.path.endswith(":batch")
        headers.append((b"content-type", b"application/x-ndjson" if many else b"application/json"))
    return target, headers, body


def own_name_of(case: Case) -> str:
    """Under which name the caller's own ids stand in cases: `one` or `two`."""
    return "one" if case.caller.name.startswith("partner one") else "two"


def wrong_answer(case: Case, answer: Answer) -> str | None:
    """What an answer tells to somebody who may not know it."""
    text = answer.text
    right, partner = case.caller.right, case.caller.partner
    if partner is None and right in who_may(case.service, case.method, case.path):
        return None  # the company's own people and its services
    hidden = [SECRET, *MARKS]
    if partner is not None:
        hidden.remove(MARKS[0] if own_name_of(case) == "one" else MARKS[1])
    shown = [mark for mark in hidden if mark in text]
    return f"tells {shown}" if shown else None


def judged(case: Case, answer: Answer) -> str | None:
    """None when the answer is as the table of rights says, or what is wrong with it."""
    status, code, caller = answer.status, answer.code, case.caller
    rights = who_may(case.service, case.method, case.path)
    seen = f"{status} {code}"
    if status >= 500:
        return f"{seen} {answer.body[:200]!r}"
    if status >= 400 and answer.media_type != "application/problem+json":
        return f"{seen} is no problem"
    if shown := wrong_answer(case, answer):
        return shown
    if "*" in rights:
        return None
    if status < 300 and (hidden := forbidden_in(caller.right, answer.media_type, answer.body, _tells(case))):
        return f"tells {hidden}"
    if not caller.right:
        return None if status == 401 else f"{seen}, not 401"
    if caller.right not in rights and case.method == "HEAD":
        return None if status == 403 else f"{seen}, not 403"  # nothing but the status is told
    if caller.right not in rights:
        allowed = (403, 404) if caller.partner is not None else (403,)
        return None if status in allowed and (status == 404 or code == "forbidden") else f"{seen}, not {allowed}"
    if status == 401 or (status, code) in REFUSED_BY_RIGHT:
        return f"{seen}, though it may"
    if caller.partner is not None and case.entry is not None:
        return _judged_for_a_partner(case, answer)
    names_one = "_id}" in case.path and not case.path.startswith("/internal/")
    if case.method == "GET" and names_one and case.whose == "absent" and status != 404:
        return f"{seen}, though nothing is there"
    return None


def _tells(case: Case) -> frozenset[str]:
    """The fields that are the caller's own report."""
    return frozenset() if case.entry is None else case.entry.tells


def _judged_for_a_partner(case: Case, answer: Answer) -> str | None:
    """What a partner may: of its own it works, and what is not its own is not there."""
    assert case.entry is not None
    own = case.whose == own_name_of(case)
    names_something = "{" in case.path or case.entry.body is not None or case.entry.query is not None
    if own or not names_something:
        return None if answer.status not in (403, 404) else f"{answer.status} {answer.code} of its own"
    if case.entry.left_out:
        return None if answer.status < 400 else f"{answer.status} {answer.code}, though it only leaves out"
    return None if answer.status == 404 else f"{answer.status} {answer.code}, not 404"


def differing_answers(answers: dict[tuple[Any, ...], dict[str, tuple[str, Answer]]]) -> Iterator[str]:
    """Where another's and nobody's are answered in different words, but for the ids that were asked."""
    for key, by_whose in answers.items():
        if len(by_whose) < 2:
            continue
        plain = set()
        for target, answer in by_whose.values():
            text = answer.body.decode("utf-8", "replace")
            for part in re.findall(r"[0-9a-f-]{36}|\+\d{11}", unquote(target)):
                text = text.replace(part, "what was asked")
            names = tuple(sorted((name, value) for name, value in answer.headers if name not in VOLATILE))
            plain.add((answer.status, text, names))
        if len(plain) > 1:
            yield f"{key}: another's and nobody's differ: {sorted(str(each)[:300] for each in plain)}"


async def attack(stage: Stage, step: int, capsys: pytest.CaptureFixture[str]) -> int:
    """Ask every `step`-th case of all services, judge each, and print the figure."""
    wrong: list[str] = []
    pairs: dict[tuple[Any, ...], dict[str, tuple[str, Answer]]] = {}
    count, statuses, lines, marks_of_owners = 0, Counter[int](), "", 0
    with capture_logs() as logged:
        for service in harness.SERVICES:
            app = stage.system.apps[service]
            for case in (await cases_of(stage, service))[count % step :: step]:
                target, headers, body = request_of(case, stage)
                answer = await ask(app, case.method, target, headers, body)
                count += 1
                statuses[answer.status] += 1
                if problem := judged(case, answer):
                    wrong.append(f"{case}: {problem}")
                if case.caller.partner is not None and case.whose == own_name_of(case):
                    marks_of_owners += any(mark in answer.text for mark in MARKS)
                elif case.caller.partner is not None:
                    key = (service, case.method, case.path, case.caller.name, id(case.entry))
                    pairs.setdefault(key, {})[case.whose] = (target, answer)
                if len(logged) > 500:
                    lines += _lines(logged)
        lines += _lines(logged)
    wrong += differing_answers(pairs)
    wrong += [f"the log tells {mark}" for mark in MARKS if mark in lines]
    assert "security_event" in lines, "the log was not looked at"
    if step == 1:
        assert marks_of_owners, "what is planted is not told to whom it belongs either"
    with capsys.disabled():
        print(f"\nATTACK access {count:,} cases, {len(wrong)} wrong; {dict(sorted(statuses.items()))}")
    assert not wrong, f"{len(wrong)} wrong:\n" + "\n".join(wrong[:50])
    return count


def _lines(logged: list[Any]) -> str:
    """What was logged so far, as text; the list is emptied."""
    text = json.dumps(logged, default=repr)
    logged.clear()
    return text


@pytest.fixture(autouse=True)
def lines_as_in_earnest() -> Iterator[None]:
    """Lines of the level INFO too: a refused request writes one."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    yield
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


async def test_a_sample_of_all_who_ask_for_everything(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    await attack(stage, SAMPLE, capsys)


@pytest.mark.chaos
@pytest.mark.timeout(1800)
async def test_whoever_asks_for_whatever_gets_what_is_theirs(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    count = await attack(stage, 1, capsys)
    assert count >= 5_000
