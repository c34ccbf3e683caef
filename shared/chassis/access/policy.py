"""Who may do what: the policy every route must carry."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from fastapi import Depends, FastAPI, Request
from fastapi.params import Depends as Dependency
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from shared.chassis.access.identity import SCOPES, Actor, actor_of
from shared.chassis.problems import Refused

if TYPE_CHECKING:
    from fastapi.dependencies.models import Dependant


class Policy:
    """A dependency that lets an actor with one of the scopes pass. No scopes: everybody, without an actor."""

    def __init__(self, scopes: frozenset[str]) -> None:
        self.scopes = scopes

    async def __call__(self, request: Request) -> None:
        if self.scopes:
            self.check(await actor_of(request))

    def check(self, actor: Actor) -> None:
        """403 `forbidden` for an actor with none of the scopes."""
        if self.scopes.isdisjoint(actor.scopes):
            raise Refused(403, "forbidden", f"This needs the scope {' or '.join(sorted(self.scopes))}.")


def allow(*scopes: str) -> Any:
    """In `dependencies=[…]` of a route: the actor must have one of these scopes."""
    unknown = set(scopes) - SCOPES
    if unknown or not scopes:
        raise ValueError(f"not a scope: {', '.join(sorted(unknown)) or '(none given)'}")
    return Depends(Policy(frozenset(scopes)))


def public() -> Any:
    """In `dependencies=[…]` of a route: open to everybody."""
    return Depends(Policy(frozenset()))


def policies_in(dependencies: Iterable[Dependency], dependant: "Dependant | None" = None) -> list[Policy]:
    """The policies among a route's dependencies, and among those of its dependencies' own."""
    policies = [d.dependency for d in dependencies if isinstance(d.dependency, Policy)]
    for child in dependant.dependencies if dependant is not None else ():
        if isinstance(child.call, Policy) and child.call not in policies:
            policies.append(child.call)
    return policies


def check_every_route_has_a_policy(app: FastAPI) -> None:
    """A forgotten policy is an open door, so it stops the service from starting."""
    open_doors: list[str] = []
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, Mount) and isinstance(route.app, StaticFiles):
            continue  # files made to be shown to everybody
        policies = policies_in(getattr(context, "dependencies", ()), getattr(context, "dependant", None))
        if not policies:
            open_doors.append(f"{' '.join(sorted(context.methods or ()))} {context.path}")
        elif isinstance(route, APIRoute) and hasattr(route, "policies"):
            route.policies = policies
    if open_doors:
        raise RuntimeError(f"routes without a policy (allow(…) or public()): {'; '.join(open_doors)}")
