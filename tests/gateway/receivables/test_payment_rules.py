"""Rules of receivables and payments, without a database."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from services.gateway.core.domain import IntakeRules
from services.gateway.intake.domain.orders import Order
from services.gateway.receivables.domain import issue, pay
from shared.errors import DomainError

LATER = datetime(2026, 5, 6, 12, tzinfo=UTC)
RULES = IntakeRules()


def test_payments_come_in_parts_and_never_exceed_what_is_owed() -> None:
    receivable, issued = issue(
        "patron", "r1", uuid4(), None, Decimal("100.00"), date(2026, 5, 1), date(2026, 6, 1), b"",
        rules=RULES, at=LATER, new_id=uuid4,
    )  # fmt: skip
    assert issued.amount == Decimal("100.00")

    def pay_part(before: str, amount: str) -> Decimal:
        return pay(receivable, Decimal(before), "p", Decimal(amount), LATER, b"", rules=RULES, at=LATER, new_id=uuid4)[
            1
        ].outstanding

    assert pay_part("0", "40.00") == Decimal("60.00")
    assert pay_part("40.00", "60.00") == 0
    with pytest.raises(DomainError, match="more_than_owed"):
        pay_part("40.00", "60.01")
    with pytest.raises(DomainError, match="amount_not_positive"):
        pay_part("0", "0.00")


def test_a_receivable_is_due_after_it_was_issued_and_of_its_orders_customer() -> None:
    bought = Order(
        id=uuid4(), source="patron", order_ref="1", customer_id=uuid4(), placed_at=LATER, currency="USD", channel="web",
        amount=Decimal(1), lines=(), fingerprint=b"", event_id=uuid4(), recorded_at=LATER,
    )  # fmt: skip
    days = (date(2026, 5, 2), date(2026, 5, 1))
    with pytest.raises(DomainError, match="due_before_issued"):
        issue("patron", "r", bought.customer_id, bought, Decimal(1), *days, b"", rules=RULES, at=LATER, new_id=uuid4)
    with pytest.raises(DomainError, match="order_of_another_customer"):
        issue("patron", "r", uuid4(), bought, Decimal(1), *days[::-1], b"", rules=RULES, at=LATER, new_id=uuid4)
