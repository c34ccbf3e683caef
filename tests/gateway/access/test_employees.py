"""P5: a person who signs in is an employee: found by its subject, or by the id that a development token names."""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from services.gateway.access.domain.employees import EmployeesBySignIn, KnownEmployee
from services.gateway.access.handlers import authenticator, refreshed_copy
from services.gateway.access.handlers.sign_ins import SignIn, actor_of_sign_in
from services.gateway.subscriptions import subscriptions
from shared.chassis import Actor
from shared.events import EmployeeChanged
from shared.messaging import Database, new_id
from tests.gateway.access.test_authentication import a_token
from tests.gateway.bodies import code_of

SERVICE = "gateway"
Tell = Callable[..., Awaitable[None]]
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def changed(employee_id: str, **more: Any) -> EmployeeChanged:
    subject = more.pop("subject", None)
    digest = None if subject is None else sha256(subject.encode()).hexdigest()
    return EmployeeChanged(change_id=new_id(), employee_id=employee_id, changed_at=NOW, subject_digest=digest, **more)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Copies are read with every question, so that tests need not wait two seconds."""
    assert refreshed_copy.FRESH_SECONDS == 2.0
    monkeypatch.setattr(refreshed_copy, "FRESH_SECONDS", 0.0)


@pytest.fixture
def tell(database: Database, deliver: Any) -> Tell:
    async def directory(*events: EmployeeChanged) -> None:
        await deliver(database, subscriptions, list(events))

    return directory


@pytest.fixture
def whoever(app: FastAPI) -> Callable[[dict[str, str]], Any]:
    async def actor(headers: dict[str, str]) -> Actor:
        verified: Actor = await app.state.authenticator.actor(headers["Authorization"][7:], "127.0.0.1")
        return verified

    return actor


async def test_P5_the_subject_of_a_sign_in_is_an_employee_of_a_unit(
    client: httpx.AsyncClient, tell: Tell, whoever: Any, at_once: None
) -> None:
    token = await a_token(client, "manager", subject="auth0|5f7c")
    nobody = await whoever(token)
    assert (nobody.employee_id, nobody.units, nobody.sees_every_customer) == (None, frozenset(), True)
    await tell(changed("E-1", subject="auth0|5f7c", unit="wuhan"), changed("E-2", subject="other"))
    known = await whoever(token)
    assert (known.employee_id, known.units, known.sees_every_customer) == ("E-1", {"wuhan"}, False)
    agent = await whoever(await a_token(client, "agent", subject="other"))
    assert (agent.employee_id, agent.units, agent.sees_every_customer) == ("E-2", frozenset(), True)
    await tell(changed("E-1", subject="auth0|5f7c", unit="hunan"))
    assert (await whoever(token)).units == {"hunan"}
    await tell(changed("E-1", unit="hunan"))  # the subject is nobody's any more
    assert (await whoever(token)).employee_id is None


async def test_P5_who_left_is_refused_at_once_until_they_come_back(
    client: httpx.AsyncClient, tell: Tell, at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authenticator, "LEFT_SECONDS", 0.0)
    await tell(changed("E-1", subject="s-1"))
    token = await a_token(client, "admin", subject="s-1")
    assert (await client.get("/v1/partners", headers=token)).status_code == 200
    await tell(changed("E-1", subject="s-1", left_at=NOW))
    assert code_of(await client.get("/v1/partners", headers=token)) == (401, "no_longer_employed")
    fresh = await a_token(client, "admin", subject="s-1")
    assert code_of(await client.get("/v1/partners", headers=fresh)) == (401, "no_longer_employed")
    await tell(changed("E-1", subject="s-1"))
    assert (await client.get("/v1/partners", headers=token)).status_code == 200


async def test_P5_one_who_left_is_a_line_of_the_security_log(
    client: httpx.AsyncClient, tell: Tell, at_once: None
) -> None:
    await tell(changed("E-1", subject="s-1", left_at=NOW))
    token = await a_token(client, "admin", subject="s-1")
    with capture_logs() as lines:
        await client.get("/v1/partners", headers=token)
    line = next(line for line in lines if line["event"] == "security_event")
    assert (line["kind"], line["code"]) == ("sign_in_failed", "no_longer_employed")
    assert "s-1" not in str(line)


async def test_P5_a_development_token_is_of_an_employee(
    client: httpx.AsyncClient, tell: Tell, whoever: Any, at_once: None
) -> None:
    await tell(changed("E-1", subject="s-1", unit="wuhan"))
    employee = await whoever(await a_token(client, "manager", employee_id="E-1"))
    assert (employee.employee_id, employee.units, employee.sees_every_customer) == ("E-1", {"wuhan"}, False)
    unknown = await client.post("/dev/token", json={"role": "manager", "employee_id": "E-9"})
    assert code_of(unknown) == (422, "employee_not_known")
    partners = {"role": "partner", "employee_id": "E-1", "partner_id": str(new_id())}
    assert code_of(await client.post("/dev/token", json=partners)) == (422, "partner_id_and_role")


async def test_P5_copies_of_the_directory_are_made_anew(
    client: httpx.AsyncClient, tell: Tell, whoever: Any, at_once: None, app: FastAPI
) -> None:
    await tell(changed("E-1", subject="s-1"), changed("E-1", subject="s-2"))
    assert (await whoever(await a_token(client, "manager", subject="s-2"))).employee_id == "E-1"
    assert (await whoever(await a_token(client, "manager", subject="s-1"))).employee_id is None


async def test_P5_the_directory_is_read_once_in_two_seconds(
    client: httpx.AsyncClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory, reads = app.state.authenticator.directory, 0
    read_new = directory.read_new

    async def counted(tx: Any) -> set[bool]:
        nonlocal reads
        reads += 1
        changes: set[bool] = await read_new(tx)
        return changes

    monkeypatch.setattr(directory, "read_new", counted)
    token = await a_token(client, "admin")
    began = time.monotonic()
    for _ in range(20):
        assert (await client.get("/v1/partners", headers=token)).status_code == 200
    assert reads <= 1 + int(time.monotonic() - began)


def test_P5_a_subject_that_moves_to_another_employee_is_that_ones_in_any_order() -> None:
    def known(employee_id: str, digest: str | None, second: int) -> KnownEmployee:
        return KnownEmployee(employee_id, digest, None, None, NOW + timedelta(seconds=second))

    digest = sha256(b"s").hexdigest()
    sign_in = SignIn(Actor("s", "person"))
    given_up, taken = known("E-1", None, 1), known("E-2", digest, 1)
    for order in ([given_up, taken], [taken, given_up]):
        employees = EmployeesBySignIn()
        assert employees.keep([known("E-1", digest, 0)])
        assert employees.keep(order)
        assert employees.find(sign_in.person.subject, sign_in.employee_id) == taken
        assert not employees.keep(order), "read again, nothing is new"


def test_P5_a_manager_in_no_directory_sees_nobody_where_a_provider_signs_in() -> None:
    manager = Actor("s", "person", frozenset({"manager"}), frozenset({"customers:read"}))
    assert not actor_of_sign_in(SignIn(manager), None).sees_every_customer
    assert actor_of_sign_in(SignIn(manager, is_trusted=True), None).sees_every_customer
    employee = KnownEmployee("E-1", None, None, None, NOW)
    assert not actor_of_sign_in(SignIn(manager, is_trusted=True), employee).sees_every_customer
