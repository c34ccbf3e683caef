"""Keys of partners: issued, their secret shown once, revoked."""

import secrets
from uuid import UUID

from services.gateway.access import repository
from services.gateway.access.domain.partner_keys import PartnerKey, digest_of, secret_of
from services.gateway.partners.handlers import load_partner
from shared.errors import not_found
from shared.messaging import Transaction, new_id


async def issue_key(tx: Transaction, partner_id: UUID) -> tuple[PartnerKey, str]:
    """A new key and its secret, which nobody will see again."""
    partner = await load_partner(tx, partner_id)
    key_id = new_id()
    secret = secret_of(key_id, secrets.token_urlsafe(32))
    key = PartnerKey(key_id, partner.id, digest_of(secret), tx.at)
    await repository.add_key(tx, key)
    return key, secret


async def revoke_key(tx: Transaction, partner_id: UUID, key_id: UUID) -> None:
    """Revoke a key; twice is the same. 404 when the partner has no such key."""
    if not await repository.revoke_key(tx, partner_id, key_id):
        raise not_found("key_not_found", "There is no such key.")
