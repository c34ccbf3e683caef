"""Bytes on their way between a client and a service: handed on as they come, in both directions, never gathered.

Each end sets the pace: what the service does not take, the client does not send, and the other way round. So a
transfer needs a few hundred kilobytes of memory, whatever its size. Transfers have a client of their own towards each
service, so that slow ones never take a connection from ordinary requests, and there are only so many at once.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

import httpx

from services.gateway.forwarding.handlers.calls import (
    CONNECT_SECONDS,
    FORWARDED_REQUEST_HEADERS,
    SAFE_IN_PATHS,
    SAFE_IN_QUERIES,
    forwarded_response_headers,
    service_unavailable,
)
from shared.chassis import Actor, Refused, Service

STREAM_REQUEST_HEADERS = frozenset(
    {
        *FORWARDED_REQUEST_HEADERS,
        *("content-length", "content-encoding", "range", "if-range"),
        *("tus-resumable", "upload-offset", "upload-length", "upload-metadata"),
    }
)
STREAM_RESPONSE_HEADERS = (
    *("content-length", "content-range", "accept-ranges"),
    *("tus-resumable", "tus-version", "upload-offset", "upload-length"),
)


@dataclass(frozen=True, slots=True)
class StreamCall:
    """A request whose body comes piece by piece; `headers` are the caller's, of which some are sent."""

    method: str
    path: str
    query: bytes
    headers: Mapping[str, str]
    body: AsyncIterator[bytes] | None  # None: the method has none


class Transfers:
    """The transfers of this process: at most so many at once."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.under_way = 0

    def begin(self) -> None:
        """503 `too_many_transfers` when there is no room for another one."""
        if self.under_way >= self.most:
            headers = {"Retry-After": "5", "Connection": "close"}
            raise Refused(503, "too_many_transfers", "Too many files are on their way at once.", headers=headers)
        self.under_way += 1

    def end(self) -> None:
        """There is room again."""
        self.under_way -= 1


async def open_stream(service: Service, name: str, call: StreamCall, actor: Actor, *, seconds: float) -> httpx.Response:
    """Send the request on, and return the answer with its body still to be read; the caller closes it.

    `seconds` is how long either end may be silent, not how long the whole may take. 503 and 504 as for other calls;
    `ClientDisconnect` when the client went away: the service then sees its request cut as well.
    """
    headers = {key: value for key, value in call.headers.items() if key in STREAM_REQUEST_HEADERS}
    headers |= service.clients.on_behalf_of(name, actor)
    headers["accept-encoding"] = "identity"
    if call.body is None:
        headers.pop("content-length", None)
    url = quote(call.path, safe=SAFE_IN_PATHS)
    if call.query:
        url += f"?{quote(call.query, safe=SAFE_IN_QUERIES)}"
    cut: list[Exception] = []  # why the body ended early: the client went away, or sends too much

    async def body() -> AsyncIterator[bytes]:
        assert call.body is not None
        try:
            async for piece in call.body:
                if piece:
                    yield piece
        except Exception as error:
            cut.append(error)
            raise

    timeout = httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS))
    try:
        client = service.clients.streaming(name)
        content = None if call.body is None else body()
        request = client.build_request(call.method, url, content=content, headers=headers, timeout=timeout)
        answer = await client.send(request, stream=True)
    except httpx.ConnectTimeout:
        raise service_unavailable(name) from None
    except httpx.TimeoutException:
        raise Refused(504, "service_timeout", f"{name} did not answer in time.", service=name) from None
    except (httpx.TransportError, LookupError):
        if cut:
            raise cut[0] from None
        raise service_unavailable(name) from None
    if answer.status_code == 401:
        await answer.aclose()
        raise service_unavailable(name)  # it did not accept our token
    return answer


def stream_response_headers(answer: httpx.Response) -> dict[str, str]:
    """Those of a streamed answer that are handed back."""
    own = {header: answer.headers[header] for header in STREAM_RESPONSE_HEADERS if header in answer.headers}
    return forwarded_response_headers(answer.headers) | own
