"""Files through the gateway and into the store by real processes: bounded memory, cuts resumed, kill -9 survived."""

import asyncio
import hashlib
import socket
import time
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from deploy.embedded import System
from shared.http import new_client

MIB = 1024 * 1024
MOST_GROWTH = 64 * MIB
ROW = b"person,Ada Quill,+1 202 555 0143,a line of a table that goes on and on and on and on\n"
BLOCK = ROW * (MIB // len(ROW))
OFFSETS = {"Content-Type": "application/offset+octet-stream"}

pytestmark = pytest.mark.timeout(900)


class Memory:
    """The resident memory of some processes, looked at while something goes on."""

    def __init__(self, system: System, *names: str) -> None:
        self.processes = {name: psutil.Process(system.pids[name]) for name in names}
        self.before = {name: process.memory_info().rss for name, process in self.processes.items()}
        self.growth = dict.fromkeys(names, 0)

    async def watch(self) -> None:
        while True:
            for name, process in self.processes.items():
                self.growth[name] = max(self.growth[name], process.memory_info().rss - self.before[name])
            await asyncio.sleep(0.05)


class Sender:
    """An administrator at the gateway, who sends files."""

    def __init__(self, system: System) -> None:
        self.url = system.gateway_url
        self.client = new_client(self.url)
        self.client.timeout = httpx.Timeout(120)

    async def sign_in(self) -> None:
        answer = await self.client.post("/dev/token", json={"role": "admin"})
        self.client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    async def open(self, size: int) -> str:
        answer = await self.client.post("/v1/uploads", headers={"Upload-Length": str(size), "Tus-Resumable": "1.0.0"})
        assert answer.status_code == 201, answer.text
        return answer.headers["location"]

    async def offset(self, path: str) -> int:
        return int((await self.client.head(path)).headers["upload-offset"])

    async def send(self, path: str, offset: int, content: AsyncIterator[bytes], size: int) -> httpx.Response:
        headers = OFFSETS | {"Upload-Offset": str(offset), "Content-Length": str(size)}
        return await self.client.patch(path, headers=headers, content=content)


@pytest.fixture
async def sender(embedded: System) -> AsyncIterator[Sender]:
    sender = Sender(embedded)
    await sender.sign_in()
    yield sender
    await sender.client.aclose()


async def blocks(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield BLOCK


async def transfer(embedded: System, sender: Sender, count: int) -> str:
    """Up and down again; returns a line with the figures."""
    size, digest = count * len(BLOCK), hashlib.sha256()
    for _ in range(count):
        digest.update(BLOCK)
    path = await sender.open(size)
    memory = Memory(embedded, "gateway", "profile")
    watching = asyncio.create_task(memory.watch())
    began = time.monotonic()
    answer = await sender.send(path, 0, blocks(count), size)
    assert (answer.status_code, answer.headers.get("upload-offset")) == (204, str(size)), answer.text
    up, began = time.monotonic() - began, time.monotonic()
    received = hashlib.sha256()
    async with sender.client.stream("GET", f"{path}/content") as answer:
        assert (answer.status_code, answer.headers["content-length"]) == (200, str(size))
        assert answer.headers["etag"] == f'"{digest.hexdigest()}"'
        async for piece in answer.aiter_raw():
            received.update(piece)
    down = time.monotonic() - began
    watching.cancel()
    assert received.digest() == digest.digest()
    assert max(memory.growth.values()) <= MOST_GROWTH, memory.growth
    assert (await sender.client.delete(path)).status_code == 204
    grown = ", ".join(f"{name} {growth / MIB:.0f} MiB" for name, growth in memory.growth.items())
    return f"{size / MIB:.0f} MiB up {size / MIB / up:.0f} MiB/s, down {size / MIB / down:.0f} MiB/s, grown: {grown}"


async def test_P12_64_megabytes_pass_the_gateway_in_little_memory(embedded: System, sender: Sender) -> None:
    print(await transfer(embedded, sender, 64))


@pytest.mark.chaos
async def test_P12_a_gigabyte_passes_the_gateway_in_little_memory(embedded: System, sender: Sender) -> None:
    print(await transfer(embedded, sender, 1024))


async def test_P12_a_cut_upload_goes_on_where_it_was_cut(embedded: System, sender: Sender) -> None:
    size = 6 * len(BLOCK)
    path = await sender.open(size)
    await asyncio.to_thread(send_and_cut, sender, path, size, BLOCK * 2 + BLOCK[:1000])
    deadline = time.monotonic() + 20
    while (offset := await sender.offset(path)) < 2 * len(BLOCK):  # the cut is noticed a moment later
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    rest = (BLOCK * 6)[offset:]

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(rest), MIB):
            yield rest[at : at + MIB]

    answer = await sender.send(path, offset, pieces(), len(rest))
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(size))
    part = await sender.client.get(f"{path}/content", headers={"Range": f"bytes={offset - 10}-{offset + 9}"})
    assert (part.status_code, part.content) == (206, (BLOCK * 6)[offset - 10 : offset + 10])


def send_and_cut(sender: Sender, path: str, size: int, content: bytes) -> None:
    """A client whose connection ends in the middle of its body."""
    url = urlsplit(sender.url)
    head = (
        f"PATCH {path} HTTP/1.1\r\nHost: {url.netloc}\r\nAuthorization: {sender.client.headers['authorization']}\r\n"
        f"Content-Type: application/offset+octet-stream\r\nUpload-Offset: 0\r\nContent-Length: {size}\r\n\r\n"
    )
    with socket.create_connection((url.hostname or "", url.port or 0)) as connection:
        connection.sendall(head.encode() + content)


async def test_P12_what_is_refused_is_refused_while_its_bytes_still_come(embedded: System, sender: Sender) -> None:
    size = 64 * MIB
    path = await sender.open(size)

    async def binary() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b"\0" * MIB

    try:
        answer = await sender.send(path, 0, binary(), size)
        assert (answer.status_code, answer.json()["code"]) == (415, "media_type_not_accepted")
    except httpx.TransportError:
        pass  # the connection was ended before the answer could be read: refused all the same
    assert (await sender.client.head(path)).status_code == 404


async def test_P12_a_slow_upload_is_not_ended(embedded: System, sender: Sender) -> None:
    content = BLOCK[:20_000]
    path = await sender.open(len(content))

    async def slowly() -> AsyncIterator[bytes]:
        for at in range(0, len(content), 4000):
            yield content[at : at + 4000]
            await asyncio.sleep(0.4)

    answer = await sender.send(path, 0, slowly(), len(content))
    assert answer.status_code == 204
