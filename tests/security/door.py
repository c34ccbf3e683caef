"""For attacks on the door: a server on loopback, and a raw socket that says anything."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from shared.chassis.connections.guarded_protocol import ConnectionLimits, guarded_protocol

HEAD = b"GET / HTTP/1.1\r\nHost: patron\r\n"


@contextmanager
def serve(app: Any, limits: ConnectionLimits, **flags: Any) -> Iterator[int]:
    """uvicorn with the guarded protocol, in a thread; yields its port."""
    listening = socket.create_server(("127.0.0.1", 0))
    port: int = listening.getsockname()[1]
    config = uvicorn.Config(
        app, http=guarded_protocol(limits), loop="uvloop", log_config=None, proxy_headers=False, lifespan="off",
        timeout_graceful_shutdown=3,
        **flags,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield port
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()


class Caller:
    """A connection, and what comes back on it."""

    def __init__(self, port: int, seconds: float = 10.0) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=seconds)

    def send(self, data: bytes) -> bool:
        """Whether it could be sent: a server that refused may have closed meanwhile."""
        try:
            self.socket.sendall(data)
        except OSError:
            return False
        return True

    def read_to_end(self) -> bytes:
        """All that comes until the server closes the connection."""
        parts: list[bytes] = []
        try:
            while part := self.socket.recv(65536):
                parts.append(part)
        except ConnectionError:
            pass
        return b"".join(parts)

    def __enter__(self) -> "Caller":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


def answers_to(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """What the server says to these bytes until it closes."""
    with Caller(port) as caller:
        for index, part in enumerate(parts):
            if index and pause:
                time.sleep(pause)  # the attack itself is slow; nothing is waited for here
            if not caller.send(part):
                break
        return caller.read_to_end()


def code_in(answer: bytes) -> tuple[int, str]:
    """Status and code of an answer that is one problem, and only one."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head.lower(), answer[:300]
    assert b"connection: close" in head.lower()
    status, content = int(head.split()[1]), json.loads(body)
    assert content["status"] == status
    return status, str(content["code"])
