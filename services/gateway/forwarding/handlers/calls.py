"""Calls to the services behind the gateway, on behalf of who asks: which parts of request and answer are forwarded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from shared.chassis import Actor, Refused, Service

# Of a request. No identity and no hop-by-hop header is among them: who asks is said by the signed token alone.
FORWARDED_REQUEST_HEADERS = (
    "accept",
    "accept-language",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "prefer",
)
# Of an answer. `location` leads somewhere below /v1, so it means the same at the gateway.
FORWARDED_RESPONSE_HEADERS = (
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
SAFE_IN_PATHS = "/:@!$&'()*+,;=-._~"
SAFE_IN_QUERIES = "%/?:@!$&'()*+,;=-._~"  # what was escaped stays as it is, what was not and should be is
RETRY_SECONDS = "2"
CONNECT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class ServiceCall:
    """A request to one service; `headers` are the caller's, of which only those listed above are sent."""

    method: str
    path: str  # decoded, below the root: /v1/…
    query: bytes = b""
    headers: Mapping[str, str] | None = None
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class ServiceAnswer:
    """What a service answered, with the headers that may be handed back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def succeeded(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body as JSON."""
        return orjson.loads(self.body)


async def forward(service: Service, name: str, call: ServiceCall, actor: Actor, *, seconds: float) -> ServiceAnswer:
    """Call the service `name` on behalf of the actor.

    Raises Refused 503 `service_unavailable` when it cannot be reached or does not accept the gateway's token, and 504
    `service_timeout` when it has not answered within `seconds`.
    """
    headers = {key: value for key, value in (call.headers or {}).items() if key in FORWARDED_REQUEST_HEADERS}
    headers |= service.clients.on_behalf_of(name, actor)
    headers["accept-encoding"] = "identity"
    url = quote(call.path, safe=SAFE_IN_PATHS) + (f"?{quote(call.query, safe=SAFE_IN_QUERIES)}" if call.query else "")
    timeout = httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS))
    try:
        answer = await service.clients.bare(name).request(
            call.method, url, content=call.body or None, headers=headers, timeout=timeout
        )
    except httpx.ConnectTimeout:
        raise service_unavailable(name) from None
    except httpx.TimeoutException:
        raise service_timeout(name) from None
    except (httpx.TransportError, LookupError):
        raise service_unavailable(name) from None
    if answer.status_code == 401:
        raise service_unavailable(name)  # it did not accept our token: nothing that who asks could mend
    return ServiceAnswer(answer.status_code, forwarded_response_headers(answer.headers), answer.content)


def forwarded_response_headers(headers: httpx.Headers) -> dict[str, str]:
    """Those of an answer that are handed back."""
    forwarded = {name: headers[name] for name in FORWARDED_RESPONSE_HEADERS if name in headers}
    if not forwarded.get("location", "/").startswith("/"):
        del forwarded["location"]  # an address inside the house
    return forwarded


def service_timeout(name: str) -> Refused:
    """The refusal for a service that has not answered in time: 504, nobody knows whether it did anything."""
    return Refused(504, "service_timeout", f"{name} did not answer in time.", service=name)


def service_unavailable(name: str) -> Refused:
    """The refusal for a service that cannot be reached: 503, try again."""
    return Refused(
        503,
        "service_unavailable",
        f"{name} can not be reached for the moment.",
        headers={"Retry-After": RETRY_SECONDS},
        service=name,
    )
