"""Partners, their keys, and development tokens."""

from uuid import UUID

from fastapi import Request

from services.gateway.handlers import partners as handlers
from services.gateway.handlers.access import development_token
from services.gateway.repository.partners import list_keys, list_partners
from services.gateway.routes.state import gateway_of, service_of
from services.gateway.schemas.partners import DevTokenCreate, KeyIssued, KeyRead, PartnerCreate, PartnerRead, TokenRead
from shared.chassis import Cursor, Id, Limit, Page, Tx, allow, page_of, public, read_cursor, service_router
from shared.errors import invalid, not_found

router = service_router(prefix="/v1", tags=["partners"])
development = service_router(tags=["development"])


@router.post("/partners", status_code=201, dependencies=[allow("partners:admin")])
async def open_partner(request: Request, body: PartnerCreate, tx: Tx) -> PartnerRead:
    """A channel that sends orders and sees only its own customers."""
    gateway = gateway_of(request)
    partner = await handlers.open_partner(tx, body.code, body.name, gateway.settings.sources)
    tx.after_commit(gateway.intake.names.forget)
    return PartnerRead.of(partner)


@router.get("/partners", dependencies=[allow("partners:admin")])
async def show_partners(tx: Tx, cursor: Cursor = None, limit: Limit = 50) -> Page[PartnerRead]:
    after = read_cursor(cursor, UUID)
    page = page_of(await list_partners(tx, after[0] if after else None, limit + 1), limit, lambda one: (one.id,))
    return Page(items=[PartnerRead.of(partner) for partner in page.items], next=page.next)


@router.get("/partners/{partner_id}", dependencies=[allow("partners:admin")])
async def show_partner(partner_id: Id, tx: Tx) -> PartnerRead:
    return PartnerRead.of(await handlers.load_partner(tx, partner_id))


@router.post("/partners/{partner_id}/keys", status_code=201, dependencies=[allow("partners:admin")])
async def issue_partner_key(request: Request, partner_id: Id) -> KeyIssued:
    """A new key. Its secret is in this answer and nowhere else: so no reply is kept for an Idempotency-Key here."""
    key, secret = await service_of(request).database.run(lambda tx: handlers.issue_key(tx, partner_id))
    return KeyIssued(**KeyRead.of(key).model_dump(), secret=secret)


@router.get("/partners/{partner_id}/keys", dependencies=[allow("partners:admin")])
async def show_partner_keys(partner_id: Id, tx: Tx) -> Page[KeyRead]:
    await handlers.load_partner(tx, partner_id)
    return Page(items=[KeyRead.of(key) for key in await list_keys(tx, partner_id)])


@router.delete("/partners/{partner_id}/keys/{key_id}", status_code=204, dependencies=[allow("partners:admin")])
async def revoke_partner_key(request: Request, partner_id: Id, key_id: Id, tx: Tx) -> None:
    """From now on the key opens nothing here, and within two seconds nothing at other processes of the gateway."""
    await handlers.revoke_key(tx, partner_id, key_id)
    tx.after_commit(lambda: gateway_of(request).door.forget_key(key_id))


@development.post("/dev/token", dependencies=[public()])
async def issue_development_token(request: Request, body: DevTokenCreate) -> TokenRead:
    """A person's token for trying things out. Exists only where the development issuer is switched on."""
    settings = gateway_of(request).settings
    if not settings.dev_issuer:
        raise not_found("not_found")
    if (body.role == "partner") != (body.partner_id is not None):
        raise invalid("partner_id_and_role", "A partner's token names its partner, others none.", pointer="/partner_id")
    token = development_token(settings, body.role, body.partner_id, body.subject)
    return TokenRead(access_token=token, token_type="Bearer", expires_in=settings.dev_token_hours * 3600)
