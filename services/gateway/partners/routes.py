"""Partners: opened, listed, shown. Their keys are access's."""

from uuid import UUID

from fastapi import Request

from services.gateway.dependencies import settings_of
from services.gateway.partners import handlers
from services.gateway.partners.dependencies import sources_of
from services.gateway.partners.repository import list_partners
from services.gateway.partners.schemas import PartnerCreate, PartnerRead
from shared.chassis import Cursor, Id, Limit, Page, Tx, allow, page_of, read_cursor, service_router

router = service_router(prefix="/v1", tags=["partners"])


@router.post("/partners", status_code=201, dependencies=[allow("partners:admin")])
async def open_partner(request: Request, body: PartnerCreate, tx: Tx) -> PartnerRead:
    """A channel that sends orders and sees only its own customers."""
    partner = await handlers.open_partner(tx, body.code, body.name, settings_of(request).sources)
    tx.after_commit(sources_of(request).forget_names)
    return PartnerRead.of(partner)


@router.get("/partners", dependencies=[allow("partners:admin")])
async def show_partners(tx: Tx, cursor: Cursor = None, limit: Limit = 50) -> Page[PartnerRead]:
    """All partners, in the order they were opened."""
    after = read_cursor(cursor, UUID)
    page = page_of(
        await list_partners(tx, after[0] if after else None, limit + 1), limit, lambda partner: (partner.id,)
    )
    return Page(items=[PartnerRead.of(partner) for partner in page.items], next=page.next)


@router.get("/partners/{partner_id}", dependencies=[allow("partners:admin")])
async def show_partner(partner_id: Id, tx: Tx) -> PartnerRead:
    """One partner."""
    return PartnerRead.of(await handlers.load_partner(tx, partner_id))
