"""Who asks and what they may do.

Owns: actors and the roles and scopes they hold (`identity`), the policy every route carries (`policy`), the short-lived
tokens between services (`tokens`).

Does not own: signing in (the gateway and the identity provider), and which customers an actor sees
(`shared.chassis.visibility`). What holds: a route without a policy stops the service from starting; only the gateway
speaks for people and partners; what is not an actor's to see is not found (404), never forbidden, so that nothing is
learned from the answer.
"""

from shared.chassis.access.identity import (
    ACTOR,
    EVERY_CUSTOMER,
    OPERATIONS,
    READ,
    ROLES,
    SCOPES,
    WRITE,
    Actor,
    CurrentActor,
    Kind,
    actor_of,
    bearer_of,
    scopes_of,
    unauthenticated,
)
from shared.chassis.access.policy import Policy, allow, check_every_route_has_a_policy, policies_in, public

__all__ = [
    "ACTOR",
    "EVERY_CUSTOMER",
    "OPERATIONS",
    "READ",
    "ROLES",
    "SCOPES",
    "WRITE",
    "Actor",
    "CurrentActor",
    "Kind",
    "Policy",
    "actor_of",
    "allow",
    "bearer_of",
    "check_every_route_has_a_policy",
    "policies_in",
    "public",
    "scopes_of",
    "unauthenticated",
]
