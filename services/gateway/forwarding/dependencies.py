"""What routes ask of forwarding: a request handed on as it is, an answer handed back, the process's composer."""

from fastapi import Request, Response

from services.gateway.dependencies import service_of, settings_of
from services.gateway.forwarding.handlers.calls import ServiceAnswer, ServiceCall, forward
from services.gateway.forwarding.handlers.composition import Composer
from shared.chassis import Actor


def composer_of(request: Request) -> Composer:
    """The process's composer of answers."""
    composer: Composer = request.app.state.composer
    return composer


async def forward_request(
    request: Request, service_name: str, actor: Actor, body: bytes, *, query: bytes = b"", seconds: float | None = None
) -> ServiceAnswer:
    """The same method and path for the service, on behalf of the actor, with this body and query string."""
    call = ServiceCall(request.method, request.scope["path"], query, request.headers, body)
    allowed = settings_of(request).forward_seconds if seconds is None else seconds
    return await forward(service_of(request), service_name, call, actor, seconds=allowed)


async def read_promptly(request: Request, service_name: str, actor: Actor, *, query: bytes = b"") -> ServiceAnswer:
    """A read that somebody waits for: in the time of a part, behind its circuit breaker."""
    call = ServiceCall(request.method, request.scope["path"], query, request.headers)
    return await composer_of(request).read(actor, service_name, call)


def response_of(answer: ServiceAnswer) -> Response:
    """A service's answer as the gateway's own."""
    return Response(answer.body, answer.status, answer.headers)
