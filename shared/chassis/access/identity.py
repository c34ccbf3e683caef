"""Who asks: actors, the roles and scopes they hold, and the bearer token that says so."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Request

from shared.chassis.problems import Refused

Kind = Literal["person", "partner", "service"]

READ = frozenset({"orders:read", "customers:read", "complaints:read", "tiers:read", "points:read"})
WRITE = frozenset(
    {
        "orders:write",
        "receivables:write",
        "customers:write",
        "customers:merge",  # say that two customers are one, and take it back
        "team:write",
        "complaints:file",  # file a case
        "complaints:answer",  # accept or refuse a proposal, answer for a customer
        "complaints:work",  # acknowledge, judge, propose, pause, resolve, follow up, reopen: all other steps
        "policies:write",
        "policies:approve",
        "policies:emergency",  # put approved rules in force without their notice
        "evaluations:run",
        "points:write",
        "points:adjust",
        "partners:admin",
        "people:admin",  # the directory: units, employees, what they sign in with
        "privacy:write",  # tell a person what is known of it, and erase it
        "messages:send",  # fetch what customers are to be told, and report what became of it
        "history",
    }
)
OVERSIGHT = frozenset({"audit:read"})  # who saw or changed whose personal data
OPERATIONS = frozenset({"ops", "internal"})  # what services, and the operator's command, call one another with
EVERY_CUSTOMER = frozenset({"customers:all"})  # opens no route: who has it is not held to the accounts it looks after
SCOPES = READ | WRITE | OVERSIGHT | OPERATIONS | EVERY_CUSTOMER

AGENT = (
    READ
    | EVERY_CUSTOMER
    | {"customers:write", "complaints:file", "complaints:answer", "complaints:work", "points:write"}
)
MANAGER = AGENT - EVERY_CUSTOMER | {"orders:write", "receivables:write", "team:write", "customers:merge"}
HEAD = MANAGER | EVERY_CUSTOMER | OVERSIGHT
HEAD |= {"policies:approve", "policies:emergency", "evaluations:run", "points:adjust", "people:admin", "history"}
HEAD |= {"privacy:write"}
ROLES: Mapping[str, frozenset[str]] = {
    "agent": AGENT,
    "manager": MANAGER,
    "head": HEAD,
    "analyst": READ | EVERY_CUSTOMER | {"policies:write", "evaluations:run"},
    "partner": READ | {"orders:write", "receivables:write", "complaints:file", "complaints:answer"},
    "admin": SCOPES - {"internal"},
    "auditor": READ | OVERSIGHT | EVERY_CUSTOMER,
    "sender": EVERY_CUSTOMER | {"messages:send"},  # what sends messages, outside of Patron
}
ACTOR = "patron.actor"  # where a request's scope keeps its verified actor


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. With a `partner_id` it sees only that partner's customers and cases (`source`).

    A person who is in the directory of employees has an `employee_id`, and `units`: the one it belongs to.
    """

    subject: str
    kind: Kind
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    partner_id: UUID | None = None
    employee_id: str | None = None
    units: frozenset[str] = frozenset()

    @property
    def source(self) -> str | None:
        """The source whose customers a partner sees: `partner:<id>`, as the reference registry calls it. None for the
        company's own people and for services, who see all customers."""
        return None if self.partner_id is None else f"partner:{self.partner_id}"

    @property
    def sees_every_customer(self) -> bool:
        """Whether the actor is held neither to a partner's own customers nor to the accounts of an employee.

        A person who has only the role manager sees the accounts that it looks after, by its `employee_id`; without one
        none. Any other of the company's roles has the scope `customers:all`, and so has a manager whom the development
        issuer vouches for and whom the directory does not know.
        """
        return self.kind == "service" or (self.partner_id is None and self.scopes >= EVERY_CUSTOMER)

    @property
    def client(self) -> str:
        """Whose requests these are: a person's own, or a partner's, whichever of its keys they came with."""
        return f"partner:{self.partner_id}" if self.kind == "partner" else f"{self.kind}:{self.subject}"


def scopes_of(roles: Iterable[str]) -> frozenset[str]:
    """All scopes that these roles hold together; a role that does not exist holds none."""
    return frozenset[str]().union(*(ROLES.get(role, frozenset()) for role in roles))


async def actor_of(request: Request) -> Actor:
    """The verified actor of a request; verified once, however many dependencies ask."""
    actor: Actor | None = request.scope.get(ACTOR)
    if actor is None:
        service = request.app.state.service
        verified: Actor = await service.authenticate(request, service)
        request.scope[ACTOR] = actor = verified
    return actor


CurrentActor = Annotated[Actor, Depends(actor_of)]
"""The verified actor of the request, as an argument of a route or a dependency."""


def bearer_of(request: Request) -> str:
    """The bearer token of a request; without one 401 `unauthenticated`."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise unauthenticated("Send a bearer token in the header Authorization.")
    return token.strip()


def unauthenticated(detail: str = "The token is not valid.") -> Refused:
    """The refusal of who does not prove who it is: 401 with the scheme to use (RFC 6750)."""
    return Refused(401, "unauthenticated", detail, headers={"WWW-Authenticate": "Bearer"})
