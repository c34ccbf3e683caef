"""What follows an order: lines come back, the rest is cancelled, it is delivered. Told again: the same answer."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.gateway.domain import returns
from services.gateway.domain.references import Reporter
from services.gateway.domain.returns import Delivery, LineWanted, TakenBack
from services.gateway.domain.rules import IntakeRules, mark_of
from services.gateway.handlers.orders import load_order
from services.gateway.repository import follow_ups
from shared.errors import conflict
from shared.messaging import Transaction, announce, new_id


async def take_lines_back(
    tx: Transaction, order_id: UUID, reporter: Reporter, ref: str, wanted: Sequence[LineWanted], returned_at: datetime,
    rules: IntakeRules,
) -> TakenBack:  # fmt: skip
    order = await load_order(tx, order_id, own_source(reporter))
    mark = mark_of(order.id, returned_at, *sorted((want.line, want.quantity) for want in wanted))
    earlier = await follow_ups.find_taken_back(tx, "return", order.source, ref)
    if earlier is not None:
        if earlier.fingerprint != mark:
            raise conflict("return_id_reused", "this return_id was used for another return", pointer="/return_id")
        return earlier
    rules.check_instant(returned_at, tx.at, "/returned_at", may_backdate=reporter.may_backdate)
    taken = await follow_ups.list_taken_back(tx, order.id)
    record, event = returns.return_lines(
        order, taken, ref, wanted, returned_at, mark, rules=rules, at=tx.at, new_id=new_id
    )  # fmt: skip
    await follow_ups.add_taken_back(tx, record)
    announce(tx, [event], ids=[record.event_id])
    return record


async def cancel_order(
    tx: Transaction, order_id: UUID, reporter: Reporter, cancelled_at: datetime, reason: str | None, rules: IntakeRules
) -> TakenBack:
    order = await load_order(tx, order_id, own_source(reporter))
    mark = mark_of(order.id, cancelled_at, reason)
    earlier = await follow_ups.find_taken_back(tx, "cancellation", order.source, str(order.id))
    if earlier is not None:
        if earlier.fingerprint != mark:
            raise conflict("order_is_cancelled", "the order was cancelled before")
        return earlier
    rules.check_instant(cancelled_at, tx.at, "/cancelled_at", may_backdate=reporter.may_backdate)
    taken = await follow_ups.list_taken_back(tx, order.id)
    record, event = returns.cancel(order, taken, cancelled_at, reason, mark, at=tx.at, new_id=new_id)
    await follow_ups.add_taken_back(tx, record)
    announce(tx, [event], ids=[record.event_id])
    return record


async def record_delivery(
    tx: Transaction, order_id: UUID, reporter: Reporter, ref: str, delivered_at: datetime, rules: IntakeRules
) -> Delivery:
    order = await load_order(tx, order_id, own_source(reporter))
    mark = mark_of(order.id, delivered_at)
    earlier = await follow_ups.find_delivery(tx, order.source, ref)
    if earlier is not None:
        if earlier.fingerprint != mark:
            raise conflict("delivery_id_reused", "this delivery_id was used for another one", pointer="/delivery_id")
        return earlier
    rules.check_instant(delivered_at, tx.at, "/delivered_at", may_backdate=reporter.may_backdate)
    delivery, event = returns.deliver(order, ref, delivered_at, mark, at=tx.at, new_id=new_id)
    await follow_ups.add_delivery(tx, delivery)
    announce(tx, [event], ids=[delivery.event_id])
    return delivery


def own_source(reporter: Reporter) -> str | None:
    """The source whose things this reporter may touch; None for the company's own, who may touch all."""
    return reporter.source if reporter.is_partner else None
