"""What routes ask of access: the process's authenticator, and who sent a request."""

from fastapi import Request

from services.gateway.access.handlers.authenticator import Authenticator
from shared.chassis import Actor, Service
from shared.chassis.access import bearer_of


def authenticator_of(request: Request) -> Authenticator:
    """The process's authenticator."""
    authenticator: Authenticator = request.app.state.authenticator
    return authenticator


async def authenticate(request: Request, _: Service) -> Actor:
    """The actor behind a request's bearer token: the gateway's way in place of the chassis's internal tokens."""
    return await authenticator_of(request).actor(bearer_of(request))
