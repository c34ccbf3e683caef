"""What the tests of loyalty make often: ids in order, instants, orders, returns, tier changes, resolutions, wallets."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from uuid import UUID

from services.loyalty_svc.ledger.domain.entries import Cause
from services.loyalty_svc.ledger.domain.lots import LotTerms
from services.loyalty_svc.ledger.domain.wallet import Wallet
from shared.events import (
    ComplaintResolved,
    CustomerIdentified,
    OrderCancelled,
    OrderLine,
    OrderPlaced,
    OrderReturned,
    ReversedLine,
    TierChanged,
)

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def ids(start: int = 1) -> Callable[[], UUID]:
    numbers = count(start)
    return lambda: UUID(int=next(numbers))


def wallet(customer: UUID | None = None) -> Wallet:
    return Wallet(customer or UUID(int=7), new_id=ids())


def because(at: datetime = START, **about: object) -> Cause:
    return Cause(occurred_at=at, **about)  # type: ignore[arg-type]


def lot(earned: float = 0, expires: float = 730, order: UUID | None = None) -> LotTerms:
    return LotTerms(day(earned), day(expires), order)


def order_placed(
    customer: UUID, order: UUID, *lines: tuple[str, str] | tuple[str, str, int], at: datetime = START
) -> OrderPlaced:
    """Lines are (category, amount) or (category, amount, quantity)."""
    made = tuple(
        OrderLine(line=n, sku=f"sku-{n}", category=ln[0], quantity=ln[2] if len(ln) == 3 else 1, amount=Decimal(ln[1]))
        for n, ln in enumerate(lines, 1)
    )
    return OrderPlaced(
        order_id=order, customer_id=customer, source="shop", placed_at=at, currency="USD", channel="web",
        amount=sum((ln.amount for ln in made), Decimal(0)), lines=made,
    )  # fmt: skip


def returned(
    order: OrderPlaced, return_id: UUID, *pieces: tuple[int, int, str], at: datetime | None = None
) -> OrderReturned:
    """Pieces are (line, quantity, amount)."""
    lines = taken(order, pieces)
    return OrderReturned(
        return_id=return_id, order_id=order.order_id, customer_id=order.customer_id, placed_at=order.placed_at,
        returned_at=at or order.placed_at + timedelta(days=3), amount=sum((p.amount for p in lines), Decimal(0)),
        lines=lines,
    )  # fmt: skip


def returned_whole(order: OrderPlaced, return_id: UUID, at: datetime | None = None) -> OrderReturned:
    return returned(order, return_id, *[(ln.line, ln.quantity, str(ln.amount)) for ln in order.lines], at=at)


def cancelled(order: OrderPlaced, *pieces: tuple[int, int, str]) -> OrderCancelled:
    lines = taken(order, pieces or [(ln.line, ln.quantity, str(ln.amount)) for ln in order.lines])
    return OrderCancelled(
        order_id=order.order_id, customer_id=order.customer_id, placed_at=order.placed_at,
        cancelled_at=order.placed_at + timedelta(hours=2), amount=sum((p.amount for p in lines), Decimal(0)),
        lines=lines,
    )  # fmt: skip


def taken(order: OrderPlaced, pieces: object) -> tuple[ReversedLine, ...]:
    categories = {ln.line: ln.category for ln in order.lines}
    return tuple(
        ReversedLine(line=n, category=categories.get(n, "unknown"), quantity=quantity, amount=Decimal(amount))
        for n, quantity, amount in pieces  # type: ignore[attr-defined]
    )


def tier_changed(
    customer: UUID, change: UUID, tier: str, at: datetime, kind: str = "upgrade", previous: str | None = None
) -> TierChanged:
    return TierChanged(
        customer_id=customer, change_id=change, previous_tier=previous, tier=tier, rank=1,
        kind=kind, effective_from=at, decided_at=at, policy_id=UUID(int=99), policy_version=1,  # type: ignore[arg-type]
    )  # fmt: skip


CASE = UUID(int=7_000)


def resolved(customer: UUID | None, resolution: UUID, points: int, case: UUID = CASE) -> ComplaintResolved:
    return ComplaintResolved(
        subject_id=customer or case, case_id=case, customer_id=customer, resolution_id=resolution, points=points,
        amount="0", resolved_at=day(20),  # type: ignore[arg-type]
    )  # fmt: skip


def identified(customer: UUID, case: UUID = CASE) -> CustomerIdentified:
    return CustomerIdentified(
        subject_id=customer, case_id=case, customer_id=customer, open=True, identified_at=day(25)
    )  # fmt: skip
