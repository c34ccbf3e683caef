"""Keys of partners: issued, listed, revoked."""

from fastapi import Request

from services.gateway.access.dependencies import authenticator_of
from services.gateway.access.handlers.partner_keys import issue_key, revoke_key
from services.gateway.access.repository import list_keys
from services.gateway.access.schemas import KeyIssued, KeyRead
from services.gateway.dependencies import service_of
from services.gateway.partners.handlers import load_partner
from shared.chassis import CurrentActor, Id, Page, Tx, allow, service_router

router = service_router(prefix="/v1", tags=["partners"])


@router.post("/partners/{partner_id}/keys", status_code=201, dependencies=[allow("partners:admin")])
async def issue_partner_key(request: Request, partner_id: Id, actor: CurrentActor) -> KeyIssued:
    """A new key. Its secret is in this answer and nowhere else: so no reply is kept for an Idempotency-Key here."""
    key, secret = await service_of(request).database.run(lambda tx: issue_key(tx, partner_id))
    service_of(request).security_log.record(
        "key_issued", client=actor.client, caller=actor.subject, partner_id=str(partner_id), key_id=str(key.id)
    )
    return KeyIssued(**KeyRead.of(key).model_dump(), secret=secret)


@router.get("/partners/{partner_id}/keys", dependencies=[allow("partners:admin")])
async def show_partner_keys(partner_id: Id, tx: Tx) -> Page[KeyRead]:
    """All keys of a partner, without their secrets."""
    await load_partner(tx, partner_id)
    return Page(items=[KeyRead.of(key) for key in await list_keys(tx, partner_id)])


@router.delete("/partners/{partner_id}/keys/{key_id}", status_code=204, dependencies=[allow("partners:admin")])
async def revoke_partner_key(request: Request, partner_id: Id, key_id: Id, tx: Tx, actor: CurrentActor) -> None:
    """From now on the key opens nothing here, and within two seconds nothing at other processes of the gateway."""
    await revoke_key(tx, partner_id, key_id)

    def is_revoked() -> None:
        authenticator_of(request).forget_key(key_id)
        service_of(request).security_log.record(
            "key_revoked", client=actor.client, caller=actor.subject, partner_id=str(partner_id), key_id=str(key_id)
        )

    tx.after_commit(is_revoked)
