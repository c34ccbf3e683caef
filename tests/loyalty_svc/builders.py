"""Builders of ids in order, instants, orders, returns, tier changes, resolutions and wallets.

wallet().earn(100, lot(expires=20), because())
order_placed(ANNA, UUID(int=1), ("GROCERY", "10.00", 2), at=day(3))
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from uuid import UUID

from services import loyalty_svc
from services.loyalty_svc.ledger.domain.entries import Cause
from services.loyalty_svc.ledger.domain.lots import LotTerms
from services.loyalty_svc.ledger.domain.wallet import Wallet
from services.loyalty_svc.programmes.domain import programme_from
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
from tests.tier_tails import row_changed

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
VERSIONS = Path(str(loyalty_svc.__file__)).parent / "migrations" / "versions"
[SHIPPED_RULE_SET] = json.loads((VERSIONS / "2026_11_28_first_tables.json").read_text())
SHIPPED_DOCUMENT = SHIPPED_RULE_SET["document"]
SHIPPED = programme_from(1, None, SHIPPED_DOCUMENT, UTC)
"""The programme that a new deployment starts with."""


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
    order_lines = tuple(
        OrderLine(
            line=number,
            sku=f"sku-{number}",
            category=line[0],
            quantity=line[2] if len(line) == 3 else 1,
            amount=Decimal(line[1]),
        )
        for number, line in enumerate(lines, 1)
    )
    return OrderPlaced(
        order_id=order, customer_id=customer, source="shop", placed_at=at, currency="USD", channel="web",
        amount=sum((line.amount for line in order_lines), Decimal(0)), lines=order_lines,
    )  # fmt: skip


def returned(
    order: OrderPlaced, return_id: UUID, *pieces: tuple[int, int, str], at: datetime | None = None
) -> OrderReturned:
    """Pieces are (line, quantity, amount)."""
    lines = reversed_lines(order, pieces)
    return OrderReturned(
        return_id=return_id, order_id=order.order_id, customer_id=order.customer_id, placed_at=order.placed_at,
        returned_at=at or order.placed_at + timedelta(days=3), amount=sum((p.amount for p in lines), Decimal(0)),
        lines=lines,
    )  # fmt: skip


def returned_whole(order: OrderPlaced, return_id: UUID, at: datetime | None = None) -> OrderReturned:
    return returned(order, return_id, *[(ln.line, ln.quantity, str(ln.amount)) for ln in order.lines], at=at)


def cancelled(order: OrderPlaced, *pieces: tuple[int, int, str]) -> OrderCancelled:
    lines = reversed_lines(order, pieces or [(ln.line, ln.quantity, str(ln.amount)) for ln in order.lines])
    return OrderCancelled(
        order_id=order.order_id, customer_id=order.customer_id, placed_at=order.placed_at,
        cancelled_at=order.placed_at + timedelta(hours=2), amount=sum((p.amount for p in lines), Decimal(0)),
        lines=lines,
    )  # fmt: skip


def reversed_lines(order: OrderPlaced, pieces: object) -> tuple[ReversedLine, ...]:
    categories = {ln.line: ln.category for ln in order.lines}
    return tuple(
        ReversedLine(line=number, category=categories.get(number, "unknown"), quantity=quantity, amount=Decimal(amount))
        for number, quantity, amount in pieces  # type: ignore[attr-defined]
    )


def tier_changed(
    customer: UUID, change: UUID, tier: str, at: datetime, kind: str = "upgrade", previous: str | None = None
) -> TierChanged:
    return row_changed(customer, change, tier, 1, at, kind=kind, previous_tier=previous)


CASE = UUID(int=7_000)


def resolved(
    customer: UUID | None, resolution: UUID, points: int, case: UUID = CASE, step: int | None = None
) -> ComplaintResolved:
    return ComplaintResolved(
        subject_id=customer or case, case_id=case, customer_id=customer, resolution_id=resolution, points=points,
        amount="0", resolved_at=day(20), step=step,  # type: ignore[arg-type]
    )  # fmt: skip


def identified(customer: UUID, case: UUID = CASE, step: int | None = None) -> CustomerIdentified:
    return CustomerIdentified(
        subject_id=customer, case_id=case, customer_id=customer, open=True, identified_at=day(25), step=step
    )  # fmt: skip
