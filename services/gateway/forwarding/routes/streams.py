"""Bytes through the gateway: what the table of paths says is streamed."""

from collections.abc import AsyncIterator

import httpx
from fastapi import Request, Response
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from services.gateway.dependencies import service_of, settings_of
from services.gateway.forwarding.handlers.streams import (
    StreamCall,
    Transfers,
    open_stream,
    stream_response_headers,
)
from shared.chassis import Actor

PIECE = 64 * 1024


async def stream_to_service(request: Request, name: str, actor: Actor) -> Response:
    """The request for the service as its body comes, and the service's answer as it comes.

    A cut on either side cuts the other: nobody takes half of a file for the whole of it.
    """
    transfers: Transfers = request.app.state.transfers
    body = request.stream() if has_body(request) else None
    call = StreamCall(request.method, request.scope["path"], request.scope["query_string"], request.headers, body)
    transfers.begin()
    try:
        seconds = settings_of(request).stream_seconds
        answer = await open_stream(service_of(request), name, call, actor, seconds=seconds)
    except BaseException:
        transfers.end()
        raise
    return StreamedAnswer(answer, transfers)


def has_body(request: Request) -> bool:
    """Whether a body comes with the request: its length says so, or that it comes in chunks."""
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


class StreamedAnswer(StreamingResponse):
    """A service's answer, handed on; closed towards the service however it ends."""

    def __init__(self, answer: httpx.Response, transfers: Transfers) -> None:
        self._answer = answer
        self._transfers = transfers
        super().__init__(self._pieces(), answer.status_code, stream_response_headers(answer))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, and give the connection back."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._transfers.end()
            await self._answer.aclose()

    async def _pieces(self) -> AsyncIterator[bytes]:
        async for piece in self._answer.aiter_raw(PIECE):
            yield piece
