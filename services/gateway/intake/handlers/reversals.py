"""What follows an order: lines come back, the rest is cancelled, it is delivered. Told again: the same answer."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.gateway.core.domain import IntakeRules, mark_of
from services.gateway.intake.domain import reversals as returns
from services.gateway.intake.domain.reversals import LineWanted, TakenBack
from services.gateway.intake.handlers.orders import load_order
from services.gateway.intake.repository import reversals as follow_ups
from services.gateway.references.domain import Reporter
from shared.errors import conflict
from shared.messaging import Transaction, announce, new_id


async def take_lines_back(
    tx: Transaction, order_id: UUID, reporter: Reporter, ref: str, wanted: Sequence[LineWanted], returned_at: datetime,
    rules: IntakeRules,
) -> TakenBack:  # fmt: skip
    order = await load_order(tx, order_id, reporter.only_source)
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
    order = await load_order(tx, order_id, reporter.only_source)
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
