"""What routes ask of access: the process's authenticator, and who sent a request."""

from fastapi import Request

from services.gateway.access.domain.partner_keys import key_id_in
from services.gateway.access.handlers.authenticator import Authenticator
from shared.chassis import Actor, Refused, Service
from shared.chassis.access import bearer_of
from shared.chassis.http.request_context import KEY_ID


def authenticator_of(request: Request) -> Authenticator:
    """The process's authenticator."""
    authenticator: Authenticator = request.app.state.authenticator
    return authenticator


async def authenticate(request: Request, _: Service) -> Actor:
    """The actor behind a request's bearer token: the gateway's way in place of the chassis's internal tokens."""
    credential, authenticator = bearer_of(request), authenticator_of(request)
    actor = authenticator.known_actor(credential)
    if actor is not None:
        return actor
    try:
        return await authenticator.actor(credential, address_of(request))
    except Refused:
        key_id = key_id_in(credential)
        if key_id is not None:
            request.scope[KEY_ID] = str(key_id)  # whose key is guessed at, or still used
        raise


def address_of(request: Request) -> str:
    """The address that a request comes from, as the server was told; empty where there is none."""
    client = request.scope.get("client")
    return str(client[0]) if client else ""
