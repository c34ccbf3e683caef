"""Partners and their keys: opened, shown once, revoked. And the names that sources go by."""

import secrets
import time
from collections.abc import Collection, Mapping
from uuid import UUID

from services.gateway.domain.partners import Partner, PartnerKey, check_code, digest_of, secret_of
from services.gateway.domain.references import OWN_SOURCE
from services.gateway.repository import partners
from shared.errors import conflict, not_found
from shared.messaging import Database, Transaction, new_id


async def open_partner(tx: Transaction, code: str, name: str, own_sources: Collection[str]) -> Partner:
    check_code(code, own_sources)
    partner = Partner(new_id(), code, name, tx.at)
    if not await partners.add_partner(tx, partner):
        raise conflict("code_taken", "another partner has this code", pointer="/code")
    return partner


async def load_partner(tx: Transaction, partner_id: UUID) -> Partner:
    partner = await partners.find_partner(tx, partner_id)
    if partner is None:
        raise not_found("partner_not_found", "no such partner")
    return partner


async def issue_key(tx: Transaction, partner_id: UUID) -> tuple[PartnerKey, str]:
    """A new key and its secret, which nobody will see again."""
    partner = await load_partner(tx, partner_id)
    key_id = new_id()
    secret = secret_of(key_id, secrets.token_urlsafe(32))
    key = PartnerKey(key_id, partner.id, digest_of(secret), tx.at)
    await partners.add_key(tx, key)
    return key, secret


async def revoke_key(tx: Transaction, partner_id: UUID, key_id: UUID) -> None:
    if not await partners.revoke_key(tx, partner_id, key_id):
        raise not_found("key_not_found", "no such key")


class SourceNames:
    """Every name a registered source goes by, in memory: an order's source is looked up without asking the database."""

    REFRESH_SECONDS = 0.2  # an unknown name is asked for in the database at most so often

    def __init__(self, own: tuple[str, ...] = (OWN_SOURCE,)) -> None:
        self._own = {name: name for name in own}
        self._names: dict[str, str] = dict(self._own)
        self._read_at = -self.REFRESH_SECONDS

    async def including(self, name: str | None, database: Database) -> Mapping[str, str]:
        """The names, read again first when this one is not among them."""
        if name is not None and name not in self._names and time.monotonic() - self._read_at >= self.REFRESH_SECONDS:
            async with database.transaction() as tx:
                self._names = await partners.names_of_sources(tx) | self._own
            self._read_at = time.monotonic()
        return self._names

    def forget(self) -> None:
        """A partner was added here: read again at the next unknown name."""
        self._read_at = -self.REFRESH_SECONDS
