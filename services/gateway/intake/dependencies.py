"""What the routes of orders share in one process: the rules, the fast parser, and the queue of the group commit."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request

from services.gateway.core.domain import IntakeRules
from services.gateway.intake.domain.orders import OrderOutcome, Receipt, ReportedOrder
from services.gateway.intake.handlers.group_commit import GroupCommit
from services.gateway.intake.handlers.orders import accept_reported_orders
from services.gateway.intake.repository.orders import find_customer_of_order
from services.gateway.intake.schemas.order_fast_parser import OrderFastParser
from shared.chassis import visible_thing_in_path
from shared.chassis.http.unknown_customers import CustomerLookup
from shared.errors import DomainError
from shared.messaging import Database, Transaction

visible_order: Any = visible_thing_in_path(
    "order_id", find_customer_of_order, "order_not_found", "There is no such order."
)
"""In `dependencies=[…]` of routes below `/orders/{order_id}`: an order of another's account is not found."""


@dataclass(frozen=True, slots=True)
class OrderIntake:
    """Reads orders and hands them to the group commit. One a process."""

    rules: IntakeRules
    fast_parser: OrderFastParser
    queue: GroupCommit[ReportedOrder, Receipt]

    @classmethod
    def of(cls, database: Database, rules: IntakeRules) -> "OrderIntake":
        async def accept(tx: Transaction, orders: Sequence[ReportedOrder]) -> Sequence[OrderOutcome]:
            return await accept_reported_orders(tx, orders, rules)

        return cls(rules, OrderFastParser(rules), GroupCommit(database, accept))


def order_intake_of(request: Request) -> OrderIntake:
    """The process's intake of orders."""
    intake: OrderIntake = request.app.state.order_intake
    return intake


async def submit_order(request: Request, order: ReportedOrder) -> Receipt:
    """The receipt of one order, once it is committed; raises the refusal or what went wrong."""
    try:
        return await order_intake_of(request).queue.submit(order)
    except DomainError as refusal:
        if refusal.unknown_customer is None:
            raise
    [outcome] = await submit_orders(request, [order])
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


async def submit_orders(request: Request, orders: Sequence[ReportedOrder]) -> list[Receipt | Exception]:
    """The outcomes of many, in order. Those of customers that the registry does not know by their ids are submitted
    again, once these were looked for at profile."""
    queue = order_intake_of(request).queue
    outcomes = await queue.submit_all(orders)
    unknown = {index: o for index, o in enumerate(outcomes) if isinstance(o, DomainError) and o.unknown_customer}
    if not unknown:
        return outcomes
    lookup = CustomerLookup(request.app.state.service)
    may_be_known = await asyncio.gather(*map(lookup.may_be_known_now, unknown.values()))
    again = [index for index, may_be in zip(unknown, may_be_known, strict=True) if may_be]
    for index, outcome in zip(again, await queue.submit_all([orders[index] for index in again]), strict=True):
        outcomes[index] = lookup.answer_to(outcome) if isinstance(outcome, DomainError) else outcome
    return outcomes
