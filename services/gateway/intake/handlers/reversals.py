"""Reversals of orders: lines are returned, the rest is cancelled. Reported again, they are answered the same."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.gateway.core.domain import IntakeRules, fingerprint_of
from services.gateway.intake.domain.reversals import ReturnedQuantity, Reversal, cancel, return_lines
from services.gateway.intake.handlers.orders import load_order
from services.gateway.intake.repository.reversals import add_reversal, find_reversal, list_reversals
from services.gateway.references.domain import Reporter
from shared.errors import conflict
from shared.messaging import Transaction, announce, new_id


async def return_order_lines(
    tx: Transaction, order_id: UUID, reporter: Reporter, ref: str, returned: Sequence[ReturnedQuantity],
    returned_at: datetime, rules: IntakeRules,
) -> Reversal:  # fmt: skip
    """Record a return under the source's own id; 409 when the id was used for another one."""
    order = await load_order(tx, order_id, reporter.only_source)
    fingerprint = fingerprint_of(order.id, returned_at, *sorted((piece.line, piece.quantity) for piece in returned))
    earlier = await find_reversal(tx, "return", order.source, ref)
    if earlier is not None:
        if earlier.fingerprint != fingerprint:
            raise conflict("return_id_reused", "This return_id was used for another return.", pointer="/return_id")
        return earlier
    rules.check_instant(returned_at, tx.at, "/returned_at", may_backdate=reporter.may_backdate)
    earlier_reversals = await list_reversals(tx, order.id)
    reversal, event = return_lines(
        order, earlier_reversals, ref, returned, returned_at, fingerprint, rules=rules, at=tx.at, new_id=new_id
    )  # fmt: skip
    await add_reversal(tx, reversal)
    announce(tx, [event], ids=[reversal.event_id])
    return reversal


async def cancel_order(
    tx: Transaction, order_id: UUID, reporter: Reporter, cancelled_at: datetime, reason: str | None, rules: IntakeRules
) -> Reversal:
    """Record the cancellation of what is left of an order; 409 when it was cancelled otherwise before."""
    order = await load_order(tx, order_id, reporter.only_source)
    fingerprint = fingerprint_of(order.id, cancelled_at, reason)
    earlier = await find_reversal(tx, "cancellation", order.source, str(order.id))
    if earlier is not None:
        if earlier.fingerprint != fingerprint:
            raise conflict("order_is_cancelled", "The order was cancelled before.")
        return earlier
    rules.check_instant(cancelled_at, tx.at, "/cancelled_at", may_backdate=reporter.may_backdate)
    earlier_reversals = await list_reversals(tx, order.id)
    reversal, event = cancel(order, earlier_reversals, cancelled_at, reason, fingerprint, at=tx.at, new_id=new_id)
    await add_reversal(tx, reversal)
    announce(tx, [event], ids=[reversal.event_id])
    return reversal
