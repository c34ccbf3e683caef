"""What the forwarding routes share: a request handed on as it is, and an answer handed back."""

from fastapi import Request, Response

from services.gateway.dependencies import service_of, settings_of
from services.gateway.forwarding.handlers.calls import ServiceAnswer, ServiceCall, forward
from shared.chassis import Actor


async def forward_request(
    request: Request, service_name: str, actor: Actor, body: bytes, *, query: bytes = b""
) -> ServiceAnswer:
    """The same method and path for the service, on behalf of the actor, with this body and query string."""
    call = ServiceCall(request.method, request.scope["path"], query, request.headers, body)
    seconds = settings_of(request).forward_seconds
    return await forward(service_of(request), service_name, call, actor, seconds=seconds)


def response_of(answer: ServiceAnswer) -> Response:
    """A service's answer as the gateway's own."""
    return Response(answer.body, answer.status, answer.headers)
