"""One request to an application in this process, byte for byte as it is given, and the answer as it left."""

import asyncio
import json
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from fastapi import FastAPI

Headers = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers (names in small letters) and body of an answer; 599 when the application raised."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    @property
    def media_type(self) -> str:
        """Without parameters; empty when there is none."""
        of = dict(self.headers).get(b"content-type", b"")
        return of.partition(b";")[0].strip().decode("latin-1")

    @property
    def text(self) -> str:
        """Headers and body as one text, to look for what must not be told."""
        lines = [f"{name.decode('latin-1')}: {value.decode('latin-1')}" for name, value in self.headers]
        return "\n".join([*lines, self.body.decode("utf-8", "replace")])

    def json(self) -> Any:
        """The body as JSON; None when it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    @property
    def code(self) -> str:
        """The code of a problem, or the empty text."""
        body = self.json() if self.status >= 400 else None
        return str(body.get("code", "")) if isinstance(body, dict) else ""


async def ask(app: FastAPI, method: str, target: str, headers: Headers = (), body: bytes = b"") -> Answer:
    """Ask as uvicorn would hand it over: `target` is the raw ASCII target, path and query, escapes and all."""
    path, _, query = target.partition("?")
    scope: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": unquote(path), "raw_path": path.encode("ascii"), "query_string": query.encode("ascii"),
        "root_path": "", "headers": [(b"host", b"test"), *((name.lower(), value) for name, value in headers)],
        "client": ("127.0.0.1", 1), "server": ("test", 80),
    }  # fmt: skip
    ended = asyncio.Event()
    request = [body]
    status, sent, pieces = 0, (), [b""]

    async def receive() -> dict[str, Any]:
        if request:
            return {"type": "http.request", "body": request.pop(), "more_body": False}
        await ended.wait()
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        nonlocal status, sent
        if message["type"] == "http.response.start":
            status, sent = message["status"], tuple(message.get("headers", ()))
        elif message["type"] == "http.response.body":
            pieces.append(message.get("body", b""))
            if not message.get("more_body", False):
                ended.set()

    try:
        await app(scope, receive, send)
    except Exception as error:
        return Answer(599, (), f"{type(error).__name__}: {error}".encode("utf-8", "replace"))
    finally:
        ended.set()
    return Answer(status, sent, b"".join(pieces))
