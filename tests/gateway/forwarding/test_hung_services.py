"""Every composed read answers within two seconds when a service takes requests and never answers, and says what is
missing; one that hung three times is left alone for some seconds."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from shared.chassis import Ports
from shared.http import new_client
from shared.messaging import Database
from tests import harness
from tests.gateway.desk.pages import ANSWERS, ID, sign_in
from tests.support.hung_server import hung_server

SERVICE = "gateway"
OTHERS = ("profile", "tiering", "complaint", "loyalty")
ALLOWED_SECONDS = 2.0


LISTS: dict[str, Any] = {"/v1/audit": {"items": []}, "/v1/message-requests": {"items": []}}


def answer(request: httpx.Request) -> httpx.Response:
    """What a service that is there answers."""
    content = (ANSWERS | LISTS).get(request.url.path)
    return httpx.Response(404, json={}) if content is None else httpx.Response(200, json=content)


@asynccontextmanager
async def gateway_before(
    hung: str, database: Database, keys: harness.Keys
) -> AsyncIterator[tuple[httpx.AsyncClient, list[str]]]:
    """A gateway whose real client meets a hung server for one service; the others answer at once. And what was asked of
    the hung one."""
    questions: list[str] = []

    async def note(request: httpx.Request) -> None:
        questions.append(request.url.path)

    async with hung_server() as address, new_client(before_each=note) as client:

        def transport(service: str) -> httpx.AsyncBaseTransport:
            if service == hung:
                return Redirected(client, address)
            return httpx.MockTransport(answer)

        create = harness.part_of("gateway", "app").create_app
        ports = Ports(database=database, running=False, logs=False, transport=transport)
        app = create(harness.settings_of("gateway", database.url, keys.directory), ports)
        async with harness.client_of(app, harness.AsAdmin(keys, "gateway")) as gateway:
            yield gateway, questions


class Redirected(httpx.AsyncBaseTransport):
    """What is for a service goes over a real socket to another address, with the time that the caller allows."""

    def __init__(self, client: httpx.AsyncClient, address: str) -> None:
        self.client = client
        self.address = address

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = self.address + request.url.raw_path.decode()
        timeout = httpx.Timeout(**request.extensions["timeout"])
        return await self.client.request(request.method, url, headers=dict(request.headers), timeout=timeout)


async def timed(client: httpx.AsyncClient, path: str) -> httpx.Response:
    began = time.perf_counter()
    answer = await client.get(path)
    seconds = time.perf_counter() - began
    assert seconds < ALLOWED_SECONDS, f"{path} took {seconds:.2f} s"
    return answer


PAGES = {
    "/desk?lang=en": {"profile", "tiering", "complaint"},
    f"/desk/customers/{ID}?lang=en": set(OTHERS),
    "/desk/messages?lang=en": {"profile"},
    f"/desk/messages/{ID}?lang=en": {"profile"},
}
"""By page, whose parts it is made of."""


@pytest.mark.parametrize("hung", OTHERS)
async def test_every_composed_read_answers_in_time_and_says_what_is_missing(
    database: Database, keys: harness.Keys, hung: str
) -> None:
    async with gateway_before(hung, database, keys) as (client, _):
        await sign_in(client)
        paths = (f"/v1/customers/{ID}/overview?fresh=true", "/v1/audit", *PAGES)
        fresh, audit, *pages = await asyncio.gather(*[timed(client, path) for path in paths])
        assert (fresh.status_code, fresh.json()["did_not_answer"]) == (200, [hung])
        assert (audit.status_code, audit.json()["missing"]) == (200, [hung])
        for (path, parts), page in zip(PAGES.items(), pages, strict=True):
            assert page.status_code in (200, 404), path  # the others know nothing of this message
            assert ("does not answer" in page.text) == (hung in parts), path


async def test_what_a_ringing_telephone_waits_for_is_refused_in_time_and_then_at_once(
    database: Database, keys: harness.Keys
) -> None:
    async with gateway_before("profile", database, keys) as (client, questions):
        paths = (f"/v1/customers/{ID}/overview", "/v1/calls/pop?number=%2B12025550123", "/v1/calls/pop?number=1")
        for refusal in await asyncio.gather(*[timed(client, path) for path in paths]):
            assert (refusal.status_code, refusal.json()["code"], refusal.json()["service"]) == (
                504, "service_timeout", "profile",
            )  # fmt: skip
        assert len(questions) == 3
        began = time.perf_counter()
        for path in paths:
            refusal = await client.get(path)
            assert (refusal.status_code, refusal.json()["code"]) == (503, "service_unavailable")
            assert int(refusal.headers["retry-after"]) >= 1
        assert time.perf_counter() - began < 0.5
        assert len(questions) == 3  # it was left alone


async def test_a_list_without_its_names_is_there_in_time(
    database: Database, keys: harness.Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    nameless = {"items": [{"customer_id": ID, "customer_name": None}]}
    monkeypatch.setitem(ANSWERS, "/v1/key-accounts", nameless)
    async with gateway_before("profile", database, keys) as (client, _):
        listed = await timed(client, "/v1/key-accounts")
        assert (listed.status_code, listed.json()) == (200, nameless)
