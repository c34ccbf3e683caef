"""Who may do what: actors, roles, scopes, and the policy every route must carry."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, FastAPI, Request
from fastapi.params import Depends as Dependency
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from shared.chassis.problems import Refused

if TYPE_CHECKING:
    from fastapi.dependencies.models import Dependant

    from shared.chassis.service import Service

Kind = Literal["person", "partner", "service"]

READ = frozenset({"orders:read", "customers:read", "complaints:read", "tiers:read", "points:read"})
WRITE = frozenset(
    {
        "orders:write",
        "receivables:write",
        "customers:write",
        "team:write",
        "complaints:write",
        "policies:write",
        "policies:approve",
        "evaluations:run",
        "points:write",
        "points:adjust",
        "partners:admin",
        "history",
    }
)
OPERATIONS = frozenset({"ops", "internal"})  # what services, and the operator's command, call one another with
SCOPES = READ | WRITE | OPERATIONS

AGENT = READ | {"customers:write", "complaints:write", "points:write"}
MANAGER = AGENT | {"orders:write", "receivables:write", "team:write"}
HEAD = MANAGER | {"policies:approve", "evaluations:run", "points:adjust", "history"}
ROLES: Mapping[str, frozenset[str]] = {
    "agent": AGENT,
    "manager": MANAGER,
    "head": HEAD,
    "analyst": READ | {"policies:write", "evaluations:run"},
    "partner": READ | {"orders:write", "receivables:write", "complaints:write"},
    "admin": SCOPES - {"internal"},
    "auditor": READ,
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. With a `partner_id` it sees only that partner's customers and cases."""

    subject: str
    kind: Kind
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    partner_id: UUID | None = None

    @property
    def client(self) -> str:
        """Whose requests these are: a person's own, or a partner's, whichever of its keys they came with."""
        return f"partner:{self.partner_id}" if self.kind == "partner" else f"{self.kind}:{self.subject}"


def scopes_of(roles: Iterable[str]) -> frozenset[str]:
    return frozenset[str]().union(*(ROLES.get(role, frozenset()) for role in roles))


class Policy:
    """A dependency that lets an actor with one of the scopes pass. No scopes: everybody, without an actor."""

    def __init__(self, scopes: frozenset[str]) -> None:
        self.scopes = scopes

    async def __call__(self, request: Request) -> None:
        if self.scopes:
            self.check(await actor_of(request))

    def check(self, actor: Actor) -> None:
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


ACTOR = "patron.actor"


async def actor_of(request: Request) -> Actor:
    """The verified actor of a request; verified once, however many dependencies ask."""
    actor: Actor | None = request.scope.get(ACTOR)
    if actor is None:
        service: Service = request.app.state.service
        actor = await service.authenticate(request, service)
        request.scope[ACTOR] = actor
    return actor


def bearer_of(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise unauthenticated("Send a token: Authorization: Bearer …")
    return token.strip()


def unauthenticated(detail: str = "The token is not valid.") -> Refused:
    return Refused(401, "unauthenticated", detail, headers={"WWW-Authenticate": "Bearer"})


async def authenticate_by_internal_token(request: Request, service: "Service") -> Actor:
    """How every service behind the gateway knows who asks: a token signed for it by the gateway or another service."""
    return service.verifier.verify(bearer_of(request))


CurrentActor = Annotated[Actor, Depends(actor_of)]


def policies_in(dependencies: Iterable[Dependency], dependant: "Dependant | None" = None) -> list[Policy]:
    found = [d.dependency for d in dependencies if isinstance(d.dependency, Policy)]
    for child in dependant.dependencies if dependant is not None else ():
        if isinstance(child.call, Policy) and child.call not in found:
            found.append(child.call)
    return found


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
