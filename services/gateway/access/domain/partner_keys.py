"""A partner's key: a secret of 256 random bits that is shown once and kept as a digest only."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

PREFIX = "pk_"


@dataclass(frozen=True, slots=True)
class PartnerKey:
    """A key of a partner, without its secret."""

    id: UUID
    partner_id: UUID
    digest: bytes
    created_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """What is stored of a presented key: whose it is, the digest of its secret, and whether it was revoked."""

    key_id: UUID
    partner_id: UUID
    code: str
    digest: bytes
    revoked: bool


def secret_of(key_id: UUID, random: str) -> str:
    """The secret that is shown: it names its key, so that one row is read to verify it."""
    return f"{PREFIX}{key_id.hex}_{random}"


def key_id_in(secret: str) -> UUID | None:
    """The key's id in a presented secret, or None when it has not the form of a key."""
    if not secret.startswith(PREFIX):
        return None
    hexadecimal, _, random = secret[len(PREFIX) :].partition("_")
    if len(hexadecimal) != 32 or not random:
        return None
    try:
        return UUID(hex=hexadecimal)
    except ValueError:
        return None


def digest_of(secret: str) -> bytes:
    """SHA-256 of a secret. It holds 256 random bits, so a plain digest is as good as a slow one, and quick."""
    return sha256(secret.encode()).digest()
