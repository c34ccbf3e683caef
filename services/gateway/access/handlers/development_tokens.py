"""Tokens of people: their issuer and audience for development, and the keys they are signed with."""

import time
from pathlib import Path
from uuid import UUID, uuid4

import jwt

from services.gateway.access.domain.claims import ClaimPath, ClaimPlaces
from services.gateway.settings import Settings

DEV_ISSUER = "patron-development"
PEOPLE_AUDIENCE = "patron-people"  # no service's name, so that no person's token is a service's


DEVELOPMENT_CLAIMS = ClaimPlaces(
    subject=ClaimPath(("sub",)),
    roles=ClaimPath(("roles",)),
    partner=ClaimPath(("partner_id",)),
    roles_of={},
    employee=ClaimPath(("employee_id",)),
)


def development_token(
    settings: Settings, role: str, partner_id: UUID | None, subject: str | None, employee_id: str | None = None
) -> str:
    """A person's token of the development issuer; `employee_id` is the employee that it is to be."""
    now = int(time.time())
    claims = {
        "iss": DEV_ISSUER,
        "aud": PEOPLE_AUDIENCE,
        "jti": uuid4().hex,
        "sub": subject or (f"dev-{role}" if employee_id is None else f"dev-{employee_id}"),
        "iat": now,
        "exp": now + settings.dev_token_minutes * 60,
        "roles": [role],
        "partner_id": None if partner_id is None else str(partner_id),
        "employee_id": employee_id,
    }
    return jwt.encode(claims, private_key_of_people(settings.keys), algorithm="EdDSA")


def private_key_of_people(keys: Path) -> bytes:
    """A key of its own (`people`) where there is one, or else the gateway's; the audience keeps the two apart."""
    own = keys / "people.private.pem"
    return (own if own.exists() else keys / "gateway.private.pem").read_bytes()


def public_key_of_people(keys: Path) -> bytes:
    """The key that tokens of `private_key_of_people` are verified with."""
    own = keys / "people.public.pem"
    return (own if own.exists() else keys / "gateway.public.pem").read_bytes()
