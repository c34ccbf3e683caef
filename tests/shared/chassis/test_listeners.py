"""What a service's two listeners answer, under which names, from whose pages, and to how many at once."""

import asyncio
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send

from shared.chassis.observability.metrics import Metrics
from shared.chassis.server.hosts import ServedHosts, host_of, host_of_url, own_hosts
from shared.chassis.server.listeners import Listeners

PUBLIC, INTERNAL = 8000, 8001
Headers = list[tuple[bytes, bytes]]


async def show_path(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that answers with the path it was asked for."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["path"].encode()})


def listeners(*names: str, app: Any = show_path, own: tuple[str, ...] = (), **more: Any) -> Listeners:
    return Listeners(app, INTERNAL, ServedHosts(names, own), **more)


async def answer(
    listening: Listeners,
    path: str = "/v1/x",
    *,
    port: int = PUBLIC,
    method: str = "GET",
    headers: Headers | None = None,
    address: str = "10.0.0.5",
) -> tuple[int, bytes, dict[bytes, bytes]]:
    """Status, body and headers."""
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    given_headers = [(b"host", b"localhost:8000")] if headers is None else headers
    scope = {
        "type": "http", "method": method, "path": path, "query_string": b"", "headers": given_headers,
        "server": (address, port), "client": ("10.0.0.9", 1),
    }  # fmt: skip
    await listening(scope, receive, send)
    return messages[0]["status"], messages[1]["body"], dict(messages[0]["headers"])


@pytest.mark.parametrize(
    ("header", "served"),
    [
        ("localhost", True), ("LOCALHOST:1", True), ("127.0.0.1:8000", True), ("[::1]:8000", True),
        ("patron.example:443", True), ("Patron.Example", True), ("loyalty:8000", True),
        ("10.0.0.5:8000", True),  # the address that it came in at
        ("10.0.0.6:8000", False), ("attacker.example", False), ("localhost.attacker.example", False),
        ("patron.example.attacker.example", False),
        ("x.patron.example", False), ("localhost:8000@attacker.example", False),
        ("127.0.0.1.attacker.example", False), ("", False), ("localhost:", False), ("localhost:80:80", False),
        ("localhost/..", False), ("localhost, attacker.example", False), ("tiering:8000", False), ("*", False),
    ],
)  # fmt: skip
async def test_only_names_of_this_service_are_served(header: str, served: bool) -> None:
    listening = listeners("patron.example", own=("loyalty",))
    for _ in range(2):  # the second time from memory
        for path, port in (("/v1/x", PUBLIC), ("/internal/status", INTERNAL), ("/metrics", INTERNAL)):
            status, body, _ = await answer(listening, path, port=port, headers=[(b"host", header.encode("latin-1"))])
            assert status == (200 if served else 421), (path, header)
            assert served or b"host_not_served" in body


@given(st.text(string.printable + "äß\x80", max_size=40))
def test_a_name_that_is_served_is_one_of_the_names(header: str) -> None:
    """Whatever is sent as Host: what passes is, up to its port and case, a name that was given."""
    served = ServedHosts(["patron.example"]).serves(header.encode("latin-1"), "10.0.0.5")
    allowed = {"localhost", "127.0.0.1", "[::1]", "10.0.0.5", "patron.example"}
    name, colon, port = header.rpartition(":")
    without_port = name if colon and port.isdigit() else header
    assert not served or without_port.lower() in allowed


async def test_a_request_without_a_name_is_for_nobody() -> None:
    status, body, headers = await answer(listeners(), headers=[])
    assert (status, headers[b"content-type"]) == (421, b"application/problem+json")
    assert b"PATRON_HOSTS" in body
    assert headers[b"x-request-id"]


async def test_probes_answer_under_any_name_and_however_busy_it_is() -> None:
    listening = listeners(concurrency=1)
    listening.running = 5
    for port in (PUBLIC, INTERNAL):
        for path in ("/livez", "/readyz"):
            assert (await answer(listening, path, port=port, headers=[(b"host", b"10.9.9.9")]))[0] == 200


def test_a_star_serves_any_name_that_is_one() -> None:
    hosts = ServedHosts(["*"])
    assert hosts.serves(b"whatever.example", "10.0.0.5")
    assert not hosts.serves(b"what ever", "10.0.0.5")


def test_what_is_remembered_of_names_is_bounded() -> None:
    hosts = ServedHosts(["*"])
    for number in range(1000):
        assert hosts.serves(b"n%d.example" % number, "10.0.0.5")
    assert len(hosts._remembered) <= 256


def test_an_ipv4_connection_at_an_ipv6_socket_is_known_by_its_ipv4_address() -> None:
    assert ServedHosts([]).serves(b"10.0.0.5:8000", "::ffff:10.0.0.5")
    assert ServedHosts([]).serves(b"[fd00::5]:8000", "fd00::5")


def test_names_of_addresses() -> None:
    assert host_of("[::1]:80") == "[::1]"
    assert host_of_url("http://user:secret@Gateway:8000/x") == "gateway"  # pragma: allowlist secret
    assert own_hosts("gateway", {"gateway": "http://gateway:8000"}, {"gateway": "http://inner:1"}) == {
        "gateway",
        "inner",
    }
    assert own_hosts("gateway", {"profile": "http://profile:8000"}) == set()


@pytest.mark.parametrize(
    ("origin", "site", "taken"),
    [
        ("http://localhost:8000", "", True),
        ("https://desk.example", "", True),  # a name the operator gave: a proxy may have put its own into Host
        ("http://localhost:3000", "same-site", False),  # another program on the same machine
        ("http://attacker.example", "cross-site", False), ("https://localhost:8000.attacker.example", "", False),
        ("null", "", False), ("null", "cross-site", False), ("null", "same-origin", True), ("", "", False),
        ("localhost:8000", "", False), ("http://[", "", False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "GET", "HEAD"])
async def test_a_foreign_page_changes_nothing(origin: str, site: str, taken: bool, method: str) -> None:
    headers = [(b"origin", origin.encode()), (b"host", b"localhost:8000"), (b"sec-fetch-site", site.encode())]
    status, body, _ = await answer(listeners("desk.example"), "/dev/token", method=method, headers=headers)
    assert status == (200 if taken or method in ("GET", "HEAD") else 403)
    assert status == 200 or b"cross_origin" in body


async def test_one_too_many_is_told_when_to_come_again_and_others_are_served_after() -> None:
    release = asyncio.Event()

    async def wait(scope: Scope, receive: Receive, send: Send) -> None:
        await release.wait()
        await show_path(scope, receive, send)

    metrics = Metrics("test")
    listening = listeners(app=wait, concurrency=2, metrics=metrics)
    first = [asyncio.create_task(answer(listening)) for _ in range(2)]
    await asyncio.sleep(0)
    status, body, headers = await answer(listening)
    assert (status, headers[b"retry-after"]) == (503, b"1")
    assert b"try_again" in body
    inside = asyncio.create_task(answer(listening, "/internal/x", port=INTERNAL))
    release.set()
    assert {(await task)[0] for task in [*first, inside]} == {200}, "other services are not counted"
    assert listening.running == 0
    assert (await answer(listening))[0] == 200
    assert 'status="503"' in metrics.text().decode()


async def test_the_contract_is_public_unless_a_setting_says_otherwise() -> None:
    paths = ("/docs", "/docs/docs.js", "/docs/errors", "/openapi.json", "/asyncapi.yaml")
    for path in paths:
        assert (await answer(listeners(), path))[1] == path.encode()
        assert (await answer(listeners(public_contract=False), path))[1] == b"/internal", "as what does not exist"
        assert (await answer(listeners(public_contract=False), path, port=INTERNAL))[1] == path.encode()
    alone = Listeners(show_path, None, ServedHosts([]), public_contract=False)
    assert (await answer(alone, "/openapi.json"))[1] == b"/internal"
    assert (await answer(alone, "/internal/status"))[1] == b"/internal/status", "without an internal port, on the one"
