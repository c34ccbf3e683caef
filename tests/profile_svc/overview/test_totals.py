"""What a batch of facts adds to the overview (G3): sums and extremes, the same in any order and any split."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.profile_svc.overview.domain.totals import (
    OrderTotals,
    fold_deliveries,
    fold_orders,
    fold_receivables,
    fold_reversals,
    last_of_each,
)
from services.profile_svc.overview.domain.warnings import fold_closed_warnings, fold_open_warnings, worst_first
from shared.events import (
    Event,
    OrderDelivered,
    OrderPlaced,
    OrderReturned,
    PaymentReceived,
    ReceivableIssued,
    WarningClosed,
    WarningEscalated,
    WarningRaised,
)

E = TypeVar("E", bound=Event)

AT = datetime(2026, 11, 20, 10, tzinfo=UTC)
ANN, BOB = UUID(int=1), UUID(int=2)


def event(kind: type[E], **fields: Any) -> E:
    """An event with these fields alone: what is folded looks at no others."""
    construct: Any = kind.model_construct
    made: E = construct(**fields)
    return made


def order(number: int, amount: str, hours: int, customer: UUID = ANN) -> OrderPlaced:
    return event(
        OrderPlaced,
        order_id=UUID(int=number),
        customer_id=customer,
        amount=Decimal(amount),
        placed_at=AT + timedelta(hours=hours),
    )


def seen(totals: OrderTotals) -> tuple[int, Decimal, datetime, datetime, UUID]:
    return totals.orders, totals.amount, totals.first_at, totals.last_at, totals.last_id


def test_G3_orders_add_up_by_customer_the_first_and_the_last_are_known() -> None:
    totals = fold_orders([order(1, "10.00", 0), order(2, "5.00", 2), order(3, "1.00", 1), order(9, "7.00", 0, BOB)])
    assert seen(totals[ANN]) == (3, Decimal("16.00"), AT, AT + timedelta(hours=2), UUID(int=2))
    assert totals[BOB].orders == 1


@given(st.permutations([order(1, "10.00", 0), order(2, "5.00", 2), order(3, "1.00", 2), order(4, "2.00", 1)]))
def test_G3_any_order_of_facts_gives_the_same_totals(orders: list[OrderPlaced]) -> None:
    assert seen(fold_orders(orders)[ANN]) == (4, Decimal("18.00"), AT, AT + timedelta(hours=2), UUID(int=3))


def test_G3_returns_add_up_and_the_last_delivery_counts() -> None:
    returns = [
        event(OrderReturned, customer_id=ANN, amount=Decimal(amount), returned_at=AT + timedelta(hours=hours))
        for amount, hours in (("3.00", 2), ("1.50", 1))
    ]
    totals = fold_reversals(returns)[ANN]
    assert (totals.times, totals.amount, totals.last_at) == (2, Decimal("4.50"), AT + timedelta(hours=2))
    deliveries = [event(OrderDelivered, customer_id=ANN, delivered_at=AT + timedelta(hours=hours)) for hours in (2, 1)]
    assert fold_deliveries(deliveries) == {ANN: AT + timedelta(hours=2)}
    assert last_of_each([order(1, "1", 0), order(2, "1", 1)])[ANN].order_id == UUID(int=2)  # type: ignore[type-var]


def test_G3_what_is_owed_follows_its_payments_and_a_payment_alone_knows_no_day() -> None:
    issued = event(
        ReceivableIssued, receivable_id=UUID(int=5), customer_id=ANN, amount=Decimal("100.00"), due_on=date(2026, 12, 1)
    )
    paid, alone = (
        event(PaymentReceived, receivable_id=UUID(int=n), customer_id=ANN, outstanding=Decimal("40.00")) for n in (5, 6)
    )
    owed = fold_receivables([issued, paid, alone])
    assert (owed[UUID(int=5)].outstanding, owed[UUID(int=5)].due_on) == (Decimal("40.00"), date(2026, 12, 1))
    assert owed[UUID(int=6)].due_on is None


def test_T12_open_warnings_say_their_last_state_and_the_worst_comes_first() -> None:
    raised, other, worse = (
        event(WarningRaised, customer_id=ANN, warning_id=UUID(int=1), cause="silent", severity="yellow", as_of=AT),
        event(
            WarningRaised,
            customer_id=ANN,
            warning_id=UUID(int=2),
            cause="arrears",
            severity="yellow",
            as_of=AT - timedelta(days=9),
        ),
        event(
            WarningEscalated,
            customer_id=ANN,
            warning_id=UUID(int=1),
            cause="silent",
            severity="red",
            since=AT,
            as_of=AT,
        ),
    )
    open_warnings = fold_open_warnings([raised, other, worse])[ANN]
    assert [warning["cause"] for _, warning in worst_first(open_warnings)] == ["silent", "arrears"]
    closed = event(WarningClosed, customer_id=ANN, warning_id=UUID(int=1))
    assert fold_closed_warnings([closed]) == {ANN: [str(UUID(int=1))]}
