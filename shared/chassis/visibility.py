"""Which customers an actor sees: a partner those that have a reference of its source, an employee who is held to
accounts those it looks after, everybody else of the company all.

A manager who is an employee sees the customers on whose account team it is, those of whom it stands in for, those of
whose team members belong to its unit or one below it, and those who have no account team. One who is no employee sees
none; whom the development issuer vouches for has the scope `customers:all`.

What is not an actor's to see is not found (404), with the same answer as for what does not exist: nothing is learned
from asking. Lists leave it out in SQL, so that pages are full and cursors right:

    scope = data_scope(tx, actor)
    if (condition := scope.condition("c.id", parameters.add)) is not None: where.append(condition)

Each service decides from its own copies, kept from events (`shared.people`), and hands a function that says whether it
knows a customer, and by which sources, to `visible_customer`.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy import ARRAY, ColumnElement, DateTime, Text, bindparam, text, true

from shared.chassis.access.identity import Actor, CurrentActor
from shared.chassis.audit import add_access
from shared.chassis.http.routing import Tx
from shared.chassis.http.shapes import Id
from shared.customers import list_members
from shared.errors import customer_not_found, not_found
from shared.messaging import Transaction
from shared.people import within_teams

SourcesOf = Callable[[Transaction, UUID], Awaitable[Collection[str] | None]]
"""Reads the sources that a customer has references of; None for a customer that the service does not know."""

AddParameter = Callable[[Any], str]
"""Takes a value of a statement, and answers with the placeholder that stands for it: $1, $2 …"""

ERASED = "select exists (select from erased_customer where customer_id = $1 and person_id is null)"


@dataclass(frozen=True, slots=True)
class DataScope:
    """Which customers are an actor's to see at an instant, as a condition that every statement can be held to."""

    actor: Actor
    at: datetime

    @property
    def is_limited(self) -> bool:
        """Whether there may be customers that the actor does not see."""
        return not self.actor.sees_every_customer

    def condition(self, customer: str, add: AddParameter) -> str | None:
        """A condition in SQL over an expression that is a customer's id; None where the actor sees all.

        A column is named with its table: by itself it would mean another one in the condition's own selects.
        """
        if customer == "customer_id":
            raise ValueError("a column is named with its table")
        if not self.is_limited:
            return None
        if self.actor.source is not None:
            known = f"select from customer_source known_to where known_to.customer_id = {customer}"
            return f"exists ({known} and known_to.source = {add(self.actor.source)})"
        if self.actor.employee_id is None:
            return "false"
        employee, units = add(self.actor.employee_id), add(sorted(self.actor.units))
        return within_teams(
            customer, f"cast({employee} as text)", f"cast({units} as text[])", f"cast({add(self.at)} as timestamptz)"
        )

    def where(self, customer: str, values: list[Any]) -> str:
        """The condition for a statement with numbered parameters, whose values so far it adds its own to."""

        def add(value: Any) -> str:
            values.append(value)
            return f"${len(values)}"

        return self.condition(customer, add) or "true"

    def clause(self, customer: str) -> ColumnElement[bool]:
        """The same for statements of SQLAlchemy Core; `customer` is text, as `complaint_case.customer_id`."""
        values: dict[str, Any] = {}

        def add(value: Any) -> str:
            name = f"scope_{len(values)}"
            values[name] = value
            return f":{name}"

        condition = self.condition(customer, add)
        if condition is None:
            return true()
        types: Mapping[type, Any] = {list: ARRAY(Text), datetime: DateTime(timezone=True), str: Text()}
        bound = [bindparam(name, value, type_=types[type(value)]) for name, value in values.items()]
        return text(f"({condition})").bindparams(*bound)  # type: ignore[return-value]


def data_scope(tx: Transaction, actor: Actor) -> DataScope:
    """What the actor sees, now."""
    return DataScope(actor, tx.at)


async def list_visible(tx: Transaction, actor: Actor, customer_ids: Collection[UUID]) -> set[UUID]:
    """Those of these customers that the actor may see; whether the service knows them is another question."""
    scope = data_scope(tx, actor)
    if not scope.is_limited or not customer_ids:
        return set(customer_ids)
    values: list[Any] = [sorted(set(customer_ids))]
    condition = scope.where("given", values)
    rows = await tx.raw.fetch(f"select given from unnest($1::uuid[]) as given where {condition}", *values)
    return {row["given"] for row in rows}


async def list_visible_members(tx: Transaction, actor: Actor, customer_id: UUID) -> tuple[UUID, ...]:
    """All that are one with a customer and the actor may see, the root first where it is among them: a partner
    the members that its source has a reference of, whoever sees one of them of the company's own people all."""
    members = (await list_members(tx, [customer_id]))[customer_id]
    if len(members) == 1 or actor.source is None:
        return members if await list_visible(tx, actor, members[:1]) else ()
    visible = await list_visible(tx, actor, members)
    return tuple(member for member in members if member in visible)


async def visible_customer(tx: Transaction, actor: Actor, customer_id: UUID, sources_of: SourcesOf) -> UUID:
    """The customer's id, when the service knows the customer and the actor may see it; else 404 `customer_not_found`.

    One whose personal data was erased (P13), or is to be, is known to nobody.

    This is the one way in which a service checks it: in a handler or route for a customer named in a body, and by
    `visible_customer_in_path` for one named in the path.
    """
    sources = await sources_of(tx, customer_id)
    if sources is None or await tx.raw.fetchval(ERASED, customer_id):
        raise customer_not_found(customer_id)
    if actor.source is not None:
        is_visible = actor.source in sources
    else:
        is_visible = actor.sees_every_customer or bool(await list_visible(tx, actor, [customer_id]))
    if not is_visible:
        raise customer_not_found(customer_id)
    return customer_id


def visible_customer_in_path(sources_of: SourcesOf) -> Any:
    """A dependency for routes below `/customers/{customer_id}`: the id, checked by `visible_customer`, with a line in
    the access trail under the route's name (P13).

    `VisibleCustomer = Annotated[UUID, visible_customer_in_path(list_sources)]` in a service's `dependencies.py`, then
    `customer_id: VisibleCustomer` in a route, in place of `customer_id: Id`.
    """

    async def customer_of(customer_id: Id, actor: CurrentActor, tx: Tx, request: Request) -> UUID:
        await visible_customer(tx, actor, customer_id, sources_of)
        if actor.kind != "service":  # services copy what their owners may see; those leave their lines where they ask
            await add_access(tx, actor, request.scope["route"].name, [customer_id])
        return customer_id

    return Depends(customer_of)


def visible_thing_in_path(
    parameter: str, customer_of: Callable[[Transaction, UUID], Awaitable[UUID | None]], code_of_thing: str, detail: str
) -> Any:
    """For `dependencies=[…]` of routers: what the path names by this parameter is not found (404 with this code and
    detail, the same as for what does not exist) where its customer is no account of the employee who asks.

    `customer_of` reads whose it is; None: nobody's, which everybody of the company sees. Partners are held to their own
    where the thing is loaded, as they may see less of it than of its customer.
    """

    async def refuse_foreign(request: Request, actor: CurrentActor, tx: Tx) -> None:
        if actor.sees_every_customer or actor.source is not None or parameter not in request.path_params:
            return
        try:
            thing_id = UUID(request.path_params[parameter])
        except ValueError:
            return  # the route refuses it
        customer_id = await customer_of(tx, thing_id)
        if customer_id is not None and not await list_visible(tx, actor, [customer_id]):
            raise not_found(code_of_thing, detail)

    return Depends(refuse_foreign)


async def _refuse_partners(actor: CurrentActor) -> None:
    if actor.source is not None:
        raise not_found("not_found", "There is nothing here.")


staff_only: Any = Depends(_refuse_partners)
"""In `dependencies=[…]` of a route or router, after its policy: partners do not find it (404)."""
