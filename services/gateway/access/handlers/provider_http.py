"""Asking the identity provider: within a time, and a size, whatever it answers."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import orjson

from shared.http import new_client

MOST_BYTES = 512 * 1024


async def fetch_document(
    url: str, *, seconds: float, form: Mapping[str, str] | None = None, auth: httpx.Auth | None = None
) -> tuple[Any, httpx.Headers]:
    """A JSON document and the head it came with; `form` is posted. `seconds` are for all of it: connecting, the head
    and the last byte of the body. ValueError for another status than 200, too long a body, and what is not JSON."""
    body = bytearray()
    async with asyncio.timeout(seconds), new_client(auth=auth) as client:
        method = "GET" if form is None else "POST"
        async with client.stream(method, url, data=form, timeout=seconds) as answer:
            if answer.status_code != httpx.codes.OK:
                raise ValueError(f"status {answer.status_code}")
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > MOST_BYTES:
                    raise ValueError("too long")
    return orjson.loads(bytes(body)), answer.headers
