"""Development tokens: for trying things out, where the development issuer is switched on."""

from fastapi import Request

from services.gateway.access.dependencies import address_of, authenticator_of
from services.gateway.access.handlers.development_tokens import development_token
from services.gateway.access.schemas import DevTokenCreate, TokenRead
from services.gateway.dependencies import service_of, settings_of
from shared.chassis import public, service_router
from shared.errors import invalid, not_found

router = service_router(tags=["development"])


@router.post("/dev/token", dependencies=[public()])
async def issue_development_token(request: Request, body: DevTokenCreate) -> TokenRead:
    """A person's token for trying things out. Exists only where the development issuer is switched on."""
    settings = settings_of(request)
    if not settings.dev_issuer:
        raise not_found("not_found")
    if (body.role == "partner") != (body.partner_id is not None):
        raise invalid("partner_id_and_role", "A partner's token names its partner, others none.", pointer="/partner_id")
    if body.employee_id is not None:
        if body.role == "partner":
            raise invalid("partner_id_and_role", "A partner's person is no employee.", pointer="/employee_id")
        await authenticator_of(request).directory.load(body.employee_id)
    token = development_token(settings, body.role, body.partner_id, body.subject, body.employee_id)
    service_of(request).security_log.record("token_issued", role=body.role, address=address_of(request))
    return TokenRead(access_token=token, token_type="Bearer", expires_in=settings.dev_token_minutes * 60)
