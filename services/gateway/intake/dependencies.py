"""What the routes of orders share in one process: the rules, the fast parser, and the queue of the group commit."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Request

from services.gateway.core.domain import IntakeRules
from services.gateway.intake.domain.orders import OrderOutcome, Receipt, ReportedOrder
from services.gateway.intake.handlers.group_commit import GroupCommit
from services.gateway.intake.handlers.orders import accept_reported_orders
from services.gateway.intake.schemas.order_fast_parser import OrderFastParser
from shared.messaging import Database, Transaction


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
