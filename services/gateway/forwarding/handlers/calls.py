"""Calls to the services behind the door, on behalf of who asks: what of a request goes in, of an answer comes out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from shared.chassis import Actor, Refused, Service

# What of a request is handed on. No identity, no hop-by-hop header is: who asks is said by the signed token alone.
SENT_ON = (
    "accept",
    "accept-language",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "prefer",
)
# What of an answer is. `location` leads somewhere below /v1, so it means the same at the gateway.
SENT_BACK = (
    "allow",
    "cache-control",
    "content-disposition",
    "content-language",
    "content-type",
    "deprecation",
    "etag",
    "idempotency-replayed",
    "link",
    "location",
    "retry-after",
    "sunset",
)
KEPT_IN_PATHS = "/:@!$&'()*+,;=-._~"
RETRY_SECONDS = "2"


@dataclass(frozen=True, slots=True)
class Call:
    method: str
    path: str  # decoded, below the root: /v1/…
    query: bytes = b""
    headers: Mapping[str, str] | None = None
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        return orjson.loads(self.body)


async def forward(service: Service, name: str, call: Call, actor: Actor, *, seconds: float) -> Answer:
    """One call to one service; that it is down or slow is said in our own words."""
    headers = {key: value for key, value in (call.headers or {}).items() if key in SENT_ON}
    headers |= service.clients.on_behalf_of(name, actor)
    headers["accept-encoding"] = "identity"
    url = quote(call.path, safe=KEPT_IN_PATHS) + (f"?{call.query.decode('ascii')}" if call.query else "")
    try:
        answer = await service.clients.bare(name).request(
            call.method, url, content=call.body or None, headers=headers, timeout=httpx.Timeout(seconds, connect=2.0)
        )
    except httpx.ConnectTimeout:
        raise unavailable(name) from None
    except httpx.TimeoutException:
        raise Refused(504, "service_timeout", f"{name} did not answer in time.", service=name) from None
    except (httpx.TransportError, LookupError):
        raise unavailable(name) from None
    if answer.status_code == 401:
        raise unavailable(name)  # it did not believe us: nothing that who asks could mend
    return Answer(answer.status_code, kept(answer.headers), answer.content)


def kept(headers: httpx.Headers) -> dict[str, str]:
    back = {name: headers[name] for name in SENT_BACK if name in headers}
    if not back.get("location", "/").startswith("/"):
        del back["location"]  # an address inside the house
    return back


def unavailable(name: str) -> Refused:
    return Refused(
        503,
        "service_unavailable",
        f"{name} can not be reached for the moment.",
        headers={"Retry-After": RETRY_SECONDS},
        service=name,
    )
