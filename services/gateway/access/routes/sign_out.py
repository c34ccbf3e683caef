"""Signing out."""

from fastapi import Request

from services.gateway.access.dependencies import address_of, authenticator_of
from services.gateway.access.handlers.sign_out import end_token
from services.gateway.dependencies import service_of
from shared.chassis import Tx, allow, service_router
from shared.chassis.access import READ, WRITE, bearer_of

router = service_router(prefix="/v1", tags=["signing out"])


@router.post("/sign-out", status_code=204, dependencies=[allow(*(READ | WRITE))])
async def sign_out(request: Request, tx: Tx) -> None:
    """End the token that this request is sent with. It opens nothing from now on, and within two seconds nothing at
    other processes of the gateway. Whoever signs in again gets another token."""
    authenticator = authenticator_of(request)
    credential = await authenticator.verified(bearer_of(request), address_of(request))
    await end_token(tx, credential, authenticator, service_of(request).security_log)
