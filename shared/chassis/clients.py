"""HTTP to the other services: who asks is signed, the trace and the request's id are handed on."""

from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from typing import Any

import httpx

from shared.chassis.access.identity import Actor
from shared.chassis.access.purpose import HEADER, purpose_of_request
from shared.chassis.access.tokens import Signer
from shared.chassis.observability.logs import REQUEST_ID, current_request_id
from shared.chassis.observability.tracing import current_traceparent
from shared.http import new_client

Transport = Callable[[str], httpx.AsyncBaseTransport]
"""Service name -> transport. Tests put the other services' applications behind it."""


class ServiceToken(httpx.Auth):
    """Signs a token for the service that is called, at each call (it is reused while it lives long enough)."""

    def __init__(self, signer: Signer, audience: str) -> None:
        self.signer = signer
        self.audience = audience

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self.signer.for_service(self.audience)}"
        yield request

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        request.headers["Authorization"] = f"Bearer {self.signer.for_service(self.audience)}"
        yield request


async def _hand_on(request: httpx.Request) -> None:
    traceparent, request_id = current_traceparent(), current_request_id()
    if traceparent and "traceparent" not in request.headers:
        request.headers["traceparent"] = traceparent
    if (purpose := purpose_of_request.get()) is not None:
        request.headers[HEADER] = purpose
    if request_id and REQUEST_ID not in request.headers:
        request.headers[REQUEST_ID] = request_id


class Clients:
    """The clients of one service, made when first asked for, closed with the service."""

    def __init__(
        self,
        urls: Mapping[str, str],
        signer: Signer,
        transport: Transport | None = None,
        internal_urls: Mapping[str, str] | None = None,
    ) -> None:
        """`urls` by service, and where they differ, `internal_urls`: what answers /internal, probes and contracts."""
        self.urls = dict(urls)
        self.internal_urls = self.urls | dict(internal_urls or {})
        self.signer = signer
        self._transport = transport
        self._made: dict[tuple[str, str], httpx.AsyncClient] = {}

    def internal(self, service: str) -> httpx.AsyncClient:
        """Speaks for this service itself at the other's internal address: a token with `internal` is signed for every
        call."""
        return self._client(service, "internal")

    def bare(self, service: str) -> httpx.AsyncClient:
        """Signs nothing; for calls on behalf of somebody: `headers=clients.on_behalf_of(service, actor)`."""
        return self._client(service, "bare")

    def streaming(self, service: str) -> httpx.AsyncClient:
        """As `bare`, with connections of its own: for bytes, which may take them for hours."""
        return self._client(service, "streaming")

    def on_behalf_of(self, service: str, actor: Actor) -> dict[str, str]:
        """The header that tells a service who asks. Only the gateway may speak for people and partners."""
        return {"Authorization": f"Bearer {self.signer.for_actor(service, actor)}"}

    async def get_json(self, service: str, path: str, query: Mapping[str, Any]) -> Any:
        """For the backbone's pulls: parsed JSON, or an error for anything but success."""
        response = await self.internal(service).get(path, params=dict(query))
        response.raise_for_status()
        return response.json()

    async def post_json(self, service: str, path: str, body: Mapping[str, Any]) -> Any:
        """For the backbone's questions that are too long for a query."""
        response = await self.internal(service).post(path, json=dict(body))
        response.raise_for_status()
        return response.json()

    def _client(self, service: str, purpose: str) -> httpx.AsyncClient:
        client = self._made.get((service, purpose))
        if client is None:
            internal = purpose == "internal"
            urls = self.internal_urls if internal else self.urls
            if service not in urls:
                raise LookupError(f"PATRON_SERVICES does not say where {service} is")
            client = new_client(
                urls[service],
                transport=self._transport(service) if self._transport else None,
                auth=ServiceToken(self.signer, service) if internal else None,
                before_each=_hand_on,
            )
            self._made[service, purpose] = client
        return client

    async def close(self) -> None:
        """Closes every client that was made."""
        for client in self._made.values():
            await client.aclose()
        self._made.clear()
