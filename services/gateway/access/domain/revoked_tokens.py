"""Tokens that were ended before they expired, by names that tell nothing: digests of a `jti`, or of the claims."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

LATEST = 32_503_680_000.0  # the year 3000: a token that says it lives longer is remembered until then


@dataclass(frozen=True, slots=True)
class RevokedToken:
    """A token that opens nothing any more; after `expires_at` nobody needs to know. `revoked_at` is the database's."""

    name: bytes
    expires_at: datetime
    revoked_at: datetime


def name_of_token(token: str, claims: Mapping[str, Any]) -> bytes:
    """A digest that names a token whose signature was verified, and no other one.

    Without a `jti` it is made of what was signed. The signature is no part of it: there are several good ones of the
    same claims, so that a token could be changed into another one that is as good.
    """
    jti = claims.get("jti")
    if isinstance(jti, str) and jti:
        named = "\0".join(("jti", str(claims["iss"]), str(claims["sub"]), jti))
    else:
        named = "\0".join(("claims", token.rpartition(".")[0]))
    return sha256(named.encode("utf-8", "surrogatepass")).digest()


def end_of_life(claims: Mapping[str, Any], leeway: float) -> float:
    """Seconds since 1970 after which a verified token opens nothing any more, whatever was said of it."""
    return min(float(claims["exp"]) + leeway, LATEST)
