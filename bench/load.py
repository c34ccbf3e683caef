"""A closed loop over loopback: so many keep-alive connections, each sends its next request when the answer is there.

Raw sockets and bytes that are made before the clock starts, because a client that costs as much as the server would
measure itself. The same for
Patron and for the limit.
"""

import asyncio
import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass
class Load:
    """What was answered. `accepted` counts answers 2xx; `idle` the connections that had nothing left to send before the
    time was over."""

    accepted: int = 0
    sent: int = 0
    idle: int = 0
    refused: list[str] = field(default_factory=list)
    seconds: float = 0.0


def request(path: str, body: bytes, token: str = "", content_type: str = "application/json") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
    return (head + (f"Authorization: Bearer {token}\r\n" if token else "") + "\r\n").encode() + body


async def drive(port: int, requests: Sequence[Iterable[bytes]], seconds: float) -> Load:
    """One connection for each list of requests, for so long; what is under way is waited for and counted."""
    load = Load()
    began = time.perf_counter()
    deadline = began + seconds
    async with asyncio.TaskGroup() as group:
        for own in requests:
            group.create_task(_connection(port, own, deadline, load))
    load.seconds = time.perf_counter() - began
    if load.refused:
        raise RuntimeError(f"{len(load.refused)} requests were refused, the first: {load.refused[0]}")
    return load


async def _connection(port: int, requests: Iterable[bytes], deadline: float, load: Load) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for raw in requests:
            if time.perf_counter() > deadline:
                return
            writer.write(raw)
            load.sent += 1
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(_length(head))
            if head[9:10] == b"2":
                load.accepted += 1
            else:
                load.refused.append((head.partition(b"\r\n")[0] + b" " + body[:300]).decode(errors="replace"))
        load.idle += 1
    finally:
        writer.close()


def _length(head: bytes) -> int:
    start = head.lower().index(b"content-length:") + 15
    return int(head[start : head.index(b"\r\n", start)])


def order(number: str, customer: str, lines: int = 3) -> bytes:
    """An order as a partner sends it, of a few lines."""
    rows = [
        {"line": i, "sku": f"sku-{i}", "category": "GROCERY", "quantity": i, "amount": "12.50", "unit_cost": "3.10"}
        for i in range(1, lines + 1)
    ]
    return json.dumps(
        {
            "order_id": number,
            "customer": {"ref": customer},
            "placed_at": "2026-11-01T10:00:00+00:00",
            "currency": "USD",
            "channel": "store",
            "lines": rows,
        },
        separators=(",", ":"),
    ).encode()
