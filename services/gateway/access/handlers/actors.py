"""Actors from what was verified: who holds a partner's key, and the person that a token's claims describe."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from services.gateway.references.domain import source_of_partner
from shared.chassis import Actor
from shared.chassis.access import EVERY_CUSTOMER, ROLES, scopes_of

NOT_FOR_PEOPLE = frozenset({"internal"})


def partner_actor(partner_id: UUID, key: str) -> Actor:
    """Who holds a partner's key."""
    return Actor(
        f"{source_of_partner(partner_id)}/{key}", "partner", frozenset({"partner"}), ROLES["partner"], partner_id
    )


def person_from_claims(claims: dict[str, Any], roles_claim: str, partner_claim: str) -> Actor:
    """The person an issuer's claims describe; an unknown role gives nothing. ValueError when the claims
    make no sense together."""
    claimed = claims.get(roles_claim) or []
    if not isinstance(claimed, list) or not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 200:
        raise ValueError("odd claims")
    roles = frozenset(role for role in claimed if isinstance(role, str) and role in ROLES)
    partner = claims.get(partner_claim)
    partner_id = None if partner is None else UUID(str(partner))
    if "partner" in roles and partner_id is None:
        raise ValueError("a partner's person without its partner would see everybody")
    if partner_id is not None:
        roles &= {"partner"}
    return Actor(claims["sub"], "person", roles, scopes_of(roles) - NOT_FOR_PEOPLE, partner_id)


def trusted_with_every_customer(person: Actor) -> Actor:
    """The person, who is not held to the accounts of an employee: so a first try with the development issuer works."""
    return person if person.partner_id is not None else replace(person, scopes=person.scopes | EVERY_CUSTOMER)
