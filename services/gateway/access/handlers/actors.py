"""Actors from what was verified: who holds a partner's key, and the person that a token's claims describe."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.gateway.access.domain.claims import ClaimPlaces
from services.gateway.access.handlers.sign_ins import SignIn
from services.gateway.references.domain import source_of_partner
from shared.chassis import Actor
from shared.chassis.access import ROLES, scopes_of

NOT_FOR_PEOPLE = frozenset({"internal"})


def partner_actor(partner_id: UUID, key: str) -> Actor:
    """Who holds a partner's key."""
    return Actor(
        f"{source_of_partner(partner_id)}/{key}", "partner", frozenset({"partner"}), ROLES["partner"], partner_id
    )


def person_from_claims(claims: Mapping[str, Any], places: ClaimPlaces) -> Actor:
    """The person an issuer's claims describe; an unknown role gives nothing. ValueError when the claims
    make no sense together."""
    subject, roles = places.subject.find_in(claims), places.roles_in(claims, ROLES)
    if not isinstance(subject, str) or not 0 < len(subject) <= 200:
        raise ValueError("odd claims")
    partner = places.partner.find_in(claims)
    partner_id = None if partner is None else UUID(str(partner))
    if "partner" in roles and partner_id is None:
        raise ValueError("a partner's person without its partner would see everybody")
    if partner_id is not None:
        roles &= {"partner"}
    return Actor(subject, "person", roles, scopes_of(roles) - NOT_FOR_PEOPLE, partner_id)


def sign_in_from_claims(claims: Mapping[str, Any], places: ClaimPlaces) -> SignIn:
    """What an issuer's claims say of a person, and the employee that they name, where an issuer may name one."""
    if places.employee is None:
        return SignIn(person_from_claims(claims, places))
    employee_id = places.employee.find_in(claims)
    if not isinstance(employee_id, str | None):
        raise ValueError("odd claims")
    return SignIn(person_from_claims(claims, places), employee_id, is_trusted=True)
