"""An identity provider on 127.0.0.1 that a test plays: it publishes keys, hangs, breaks off, answers nonsense."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

ISSUER = "https://id.example.com"
AUDIENCE = "patron"
NONSENSE = {
    "not json": b"<html>",
    "a list": b"[]",
    "no keys": b'{"keys": []}',
    "keys that are none": b'{"keys": [7, null, {}]}',
    "keys of a wrong kind": b'{"keys": {"a": 1}}',
    "secret keys": b'{"keys": [{"kty": "oct", "k": "AAAA", "kid": "k1"}]}',
    "nothing": b"",
    "no utf-8": b"\xff\xfe",
}


class Provider:
    """`state` is what it does: `good`, `hangs`, `drips`, `closes`, `endless`, a status, or a key of NONSENSE."""

    def __init__(self) -> None:
        self.state: str | int = "good"
        self.cache_control: str | None = None
        self.questions = 0
        self.url = ""
        self.keys: dict[str, ec.EllipticCurvePrivateKey] = {}
        self.rotate("k1")

    def rotate(self, *kids: str) -> None:
        """Other keys from now on."""
        self.keys = {kid: ec.generate_private_key(ec.SECP256R1()) for kid in kids}

    def token(self, kid: str = "k1", key: ec.EllipticCurvePrivateKey | None = None, **changed: Any) -> str:
        """A token of this provider, signed with one of its keys or with another one."""
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ann", "exp": now + 600, "roles": ["manager"]}
        claims = {"jti": uuid4().hex} | claims | changed
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(claims, key or self.keys[kid], algorithm="ES256", headers={"kid": kid})

    def published(self) -> bytes:
        """The public keys."""
        keys = [
            json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key())) | {"kid": kid, "alg": "ES256", "use": "sig"}
            for kid, key in self.keys.items()
        ]
        return json.dumps({"keys": keys}).encode()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection as the state says."""
        try:
            await reader.readuntil(b"\r\n\r\n")
            self.questions += 1
            await self._answer(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter) -> None:
        if self.state == "hangs":
            await asyncio.sleep(60)
        elif self.state == "drips":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.2)
        elif self.state == "endless":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n")
            while True:
                writer.write(b" " * 65536)
                await writer.drain()
        elif self.state != "closes":
            self._write(writer)
            await writer.drain()

    def _write(self, writer: asyncio.StreamWriter) -> None:
        body = NONSENSE.get(str(self.state), self.published())
        status = self.state if isinstance(self.state, int) else 200
        head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
        head += "" if self.cache_control is None else f"Cache-Control: {self.cache_control}\r\n"
        writer.write(head.encode() + b"Location: http://127.0.0.1:1/\r\n\r\n" + body)


@asynccontextmanager
async def running_provider() -> AsyncIterator[Provider]:
    """A provider at a free port."""
    provider = Provider()
    answering: set[asyncio.Task[None]] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        answering.add(task)
        try:
            await provider.answer(reader, writer)
        except asyncio.CancelledError:
            writer.close()
        finally:
            answering.discard(task)

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    provider.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/keys"
    try:
        yield provider
    finally:
        server.close()
        for task in tuple(answering):
            task.cancel()
        await asyncio.gather(*answering, return_exceptions=True)
