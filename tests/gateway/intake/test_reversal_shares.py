"""Returns and cancellations: the pieces of a line give exactly the line, and nothing more than there was."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.core.domain import IntakeRules, share
from services.gateway.intake.domain.deliveries import deliver
from services.gateway.intake.domain.orders import Order
from services.gateway.intake.domain.reversals import ReturnedQuantity, Reversal, cancel, return_lines
from shared.errors import DomainError
from shared.events import OrderLine

PLACED = datetime(2026, 5, 4, 12, tzinfo=UTC)
LATER = PLACED + timedelta(days=2)
RULES = IntakeRules()


def order(*lines: tuple[int, str]) -> Order:
    """An order of (quantity, amount) lines, numbered from 1."""
    parts = tuple(
        OrderLine(line=n, sku="s", category=f"c{n}", quantity=quantity, amount=Decimal(amount))
        for n, (quantity, amount) in enumerate(lines, 1)
    )
    return Order(
        id=uuid4(), source="patron", order_ref="1", customer_id=uuid4(), placed_at=PLACED, currency="USD",
        channel="web", amount=sum((p.amount for p in parts), Decimal(0)), lines=parts, fingerprint=b"",
        event_id=uuid4(), recorded_at=PLACED,
    )  # fmt: skip


def give_back(bought: Order, earlier: list[Reversal], *wanted: tuple[int, int], at: datetime = LATER) -> Reversal:
    record, event = return_lines(
        bought,
        earlier,
        str(uuid4()),
        [ReturnedQuantity(*want) for want in wanted],
        at,
        b"",
        rules=RULES,
        at=at,
        new_id=uuid4,
    )
    assert event.return_id == record.id
    assert event.amount == record.amount == sum(piece.amount for piece in event.lines)
    return record


def call_off(bought: Order, earlier: list[Reversal]) -> Reversal:
    return cancel(bought, earlier, LATER, None, b"", at=LATER, new_id=uuid4)[0]


def test_K4_a_return_takes_back_its_own_line() -> None:
    bought = order((1, "10.00"), (1, "10.00"), (1, "20.00"))
    record = give_back(bought, [], (3, 1))
    assert [(piece.line, piece.category, piece.amount) for piece in record.lines] == [(3, "c3", Decimal("20.00"))]


@given(
    st.integers(1, 40),
    st.decimals(0, 9999, places=2),
    st.lists(st.integers(1, 40), max_size=12),
    st.booleans(),
)
def test_all_pieces_of_a_line_give_the_line(quantity: int, amount: Decimal, pieces: list[int], cancelled: bool) -> None:
    bought = order((quantity, str(amount)))
    records: list[Reversal] = []
    left = quantity
    for piece in pieces:
        if piece > left:
            with pytest.raises(DomainError, match="more_than_bought"):
                give_back(bought, records, (1, piece))
        else:
            records.append(give_back(bought, records, (1, piece)))
            left -= piece
    if left and cancelled:
        records.append(call_off(bought, records))
    elif left:
        records.append(give_back(bought, records, (1, left)))
    taken = [piece for record in records for piece in record.lines]
    assert sum(piece.quantity for piece in taken) == quantity
    assert sum(piece.amount for piece in taken) == amount
    assert all(piece.amount >= 0 for piece in taken)


def test_a_share_is_half_even() -> None:
    assert share(Decimal("0.05"), 1, 2, 2) == Decimal("0.02")
    assert share(Decimal("0.15"), 1, 2, 2) == Decimal("0.08")
    assert share(Decimal("10.00"), 1, 3, 2) == Decimal("3.33")


def test_more_than_bought_points_at_the_line() -> None:
    with pytest.raises(DomainError) as refusal:
        give_back(order((2, "10.00"), (1, "5.00")), [], (1, 1), (2, 2))
    assert refusal.value.pointer == "/lines/1/quantity"
    assert refusal.value.facts == {"left": 1}


@pytest.mark.parametrize(
    ("wanted", "code"),
    [([(9, 1)], "unknown_line"), ([(1, 1), (1, 1)], "duplicate_line"), ([], "no_lines")],
)
def test_lines_of_a_return(wanted: list[tuple[int, int]], code: str) -> None:
    with pytest.raises(DomainError, match=code):
        give_back(order((2, "10.00")), [], *wanted)


def test_nothing_happens_to_an_order_before_it_was_placed() -> None:
    bought = order((1, "1.00"))
    early = PLACED - timedelta(seconds=1)
    with pytest.raises(DomainError, match="before_its_order"):
        give_back(bought, [], (1, 1), at=early)
    with pytest.raises(DomainError, match="before_its_order"):
        cancel(bought, [], early, None, b"", at=LATER, new_id=uuid4)
    with pytest.raises(DomainError, match="before_its_order"):
        deliver(bought, (), "d", early, (), b"", at=LATER, new_id=uuid4)


def test_a_cancellation_takes_back_what_is_left_and_then_nothing_is() -> None:
    bought = order((3, "10.00"), (1, "5.00"))
    earlier = [give_back(bought, [], (1, 1), (2, 1))]
    record = call_off(bought, earlier)
    assert [(piece.line, piece.quantity, piece.amount) for piece in record.lines] == [(1, 2, Decimal("6.67"))]
    with pytest.raises(DomainError, match="order_is_cancelled"):
        give_back(bought, [*earlier, record], (1, 1))
    with pytest.raises(DomainError, match="nothing_left"):
        call_off(bought, [*earlier, record])
