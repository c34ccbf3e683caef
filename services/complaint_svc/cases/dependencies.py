"""What the routes of cases share: which case is meant, and the request for a step, with the rules about its instant."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.complaint_svc.cases.domain.step_request import BACKDATING_GRACE, StepRequest
from services.complaint_svc.cases.handlers import CaseRef
from services.complaint_svc.cases.repository.cases import find_customer_of
from services.complaint_svc.customers.repository import list_sources
from shared.chassis import Actor, visible_customer, visible_thing_in_path
from shared.chassis.http.instants import refuse_backdating, refuse_future
from shared.messaging import Transaction


def case_ref(complaint_id: UUID, actor: Actor) -> CaseRef:
    """The case in the path, for the one who asks: a partner reaches its own only."""
    return CaseRef(complaint_id, actor.partner_id)


async def require_own_customer(tx: Transaction, actor: Actor, customer_id: UUID | None) -> None:
    """404 `customer_not_found` for a customer that is not the actor's to see: of another source (G1), or another's
    account.

    For who sees all customers, whether there is one at all is found out when its tier is loaded.
    """
    if customer_id is not None and not actor.sees_every_customer:
        await visible_customer(tx, actor, customer_id, list_sources)


visible_case: Any = visible_thing_in_path(
    "complaint_id", find_customer_of, "complaint_not_found", "There is no complaint with this id."
)
"""In `dependencies=[…]` of routers with routes below `/complaints/{complaint_id}`: another's account is not found."""


def step_request(
    actor: Actor, now: datetime, at: datetime | None, note: str | None = None, pointer: str = "/at"
) -> StepRequest:
    """A step by this actor, at the instant the body says or now (C2: each step has who and when).

    422 `in_the_future`; 403 `history_needed` for what is further back than the grace, without the scope `history`.
    """
    refuse_future_instant(at, now, pointer)
    if at is not None:
        refuse_backdating(at, now, actor, allowed=BACKDATING_GRACE)
    return StepRequest(now if at is None else at, actor.subject, note, actor.partner_id)


def refuse_future_instant(at: datetime | None, now: datetime, pointer: str) -> None:
    """422 `in_the_future` for an instant that is given and has not come."""
    if at is not None:
        refuse_future(at, now, pointer)
