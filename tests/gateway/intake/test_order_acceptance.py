"""Intake's rules without a database: acceptance folds order by order, and what an order sent again is answered."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from services.gateway.core.domain import IntakeRules, decimals_of
from services.gateway.intake.domain.order_content import OrderContent, UnresolvedCustomer, normalize_order
from services.gateway.intake.domain.orders import (
    Decision,
    Receipt,
    ReportedOrder,
    accept_orders,
    order_placed,
    report_of,
)
from services.gateway.references.domain import CustomerIdentifier, Registry, Reporter, source_named
from shared.errors import DomainError, Kind
from shared.events import OrderLine, OrderPlaced, read_event

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
RULES = IntakeRules()
OWN = Reporter()
HISTORIAN = Reporter(may_backdate=True)


def line(number: int = 1, amount: str = "10.00", quantity: int = 1, **more: object) -> OrderLine:
    return OrderLine(line=number, sku="sku-1", category="tea", quantity=quantity, amount=Decimal(amount), **more)


def content(ref: str = "1001", *lines: OrderLine, placed_at: datetime = AT, currency: str = "USD") -> OrderContent:
    return normalize_order(ref, UnresolvedCustomer(), placed_at, currency, "web", lines or (line(),), RULES)


def order(
    ref: str = "1001", *lines: OrderLine, source: str = "patron", customer: CustomerIdentifier | None = None,
    reporter: Reporter = OWN, placed_at: datetime = AT,
) -> ReportedOrder:  # fmt: skip
    return ReportedOrder(
        reporter,
        source,
        customer or CustomerIdentifier(source=source, ref="c-1"),
        content(ref, *lines, placed_at=placed_at),
    )


def accept(
    *orders: ReportedOrder, receipts: dict[tuple[str, str], Receipt] | None = None, registry: Registry | None = None,
    at: datetime = AT,
) -> Decision:  # fmt: skip
    return accept_orders(
        orders, {} if receipts is None else receipts, registry or Registry(), rules=RULES, at=at, new_id=uuid4
    )


def code(answer: object) -> str:
    assert isinstance(answer, DomainError), answer
    return answer.code


def test_an_unknown_reference_gets_an_id_in_the_orders_own_decision() -> None:
    registry = Registry()
    decision = accept(order("1"), order("2"), registry=registry)
    first, second = decision.outcomes
    assert isinstance(first, Receipt)
    assert isinstance(second, Receipt)
    assert first.customer_id == second.customer_id
    assert [seen.ref for seen in registry.added] == ["c-1"]
    assert [accepted.customer_id for accepted in decision.orders] == [first.customer_id] * 2


def test_K7_the_same_order_twice_in_one_batch_is_accepted_once() -> None:
    decision = accept(order("1"), order("1"))
    assert decision.outcomes[0] == decision.outcomes[1]
    assert len(decision.orders) == 1


def test_another_body_under_the_same_order_id_is_a_conflict() -> None:
    decision = accept(order("1", line(amount="10.00")), order("1", line(amount="10.01")))
    assert code(decision.outcomes[1]) == "order_id_reused"
    assert len(decision.orders) == 1


def test_another_customer_under_the_same_order_id_is_a_conflict_and_is_not_registered() -> None:
    registry = Registry()
    decision = accept(
        order("1"), order("1", customer=CustomerIdentifier(source="patron", ref="other")), registry=registry
    )
    assert code(decision.outcomes[1]) == "order_id_reused"
    assert [seen.ref for seen in registry.added] == ["c-1"]


def test_K17_two_sources_each_have_their_order_1001() -> None:
    a, b = f"partner:{uuid4()}", f"partner:{uuid4()}"
    decision = accept(order("1001", source=a), order("1001", source=b))
    assert len(decision.orders) == 2
    assert decision.orders[0].customer_id != decision.orders[1].customer_id


def test_a_refused_order_leaves_no_trace_and_does_not_touch_the_others() -> None:
    registry = Registry()
    bad = order("2", placed_at=AT + timedelta(minutes=6), customer=CustomerIdentifier(source="patron", ref="nobody"))
    decision = accept(order("1"), bad, order("3"), registry=registry)
    assert code(decision.outcomes[1]) == "in_the_future"
    assert [accepted.content.order_ref for accepted in decision.orders] == ["1", "3"]
    assert len(registry.added) == 1


def test_five_minutes_ahead_is_a_clock_not_the_future() -> None:
    assert len(accept(order(placed_at=AT + timedelta(minutes=5))).orders) == 1


def test_backdating_needs_history_but_an_order_asked_again_is_answered() -> None:
    old = order(placed_at=AT - timedelta(days=31))
    refusal = accept(old).outcomes[0]
    assert code(refusal) == "history_scope_needed"
    assert isinstance(refusal, DomainError)
    assert refusal.kind is Kind.FORBIDDEN
    assert len(accept(order(placed_at=AT - timedelta(days=3650), reporter=HISTORIAN)).orders) == 1
    receipts: dict[tuple[str, str], Receipt] = {}
    registry = Registry()
    first = accept(order(), receipts=receipts, registry=registry).outcomes[0]
    assert accept(order(), receipts=receipts, registry=registry, at=AT + timedelta(days=60)).outcomes[0] == first


@pytest.mark.parametrize(
    ("placed_at", "expected"),
    [
        ("0001-01-01T00:00:00+14:00", "too_long_ago"),
        ("1969-12-31T23:59:59+00:00", "too_long_ago"),
        ("9999-12-31T23:59:59-14:00", "in_the_future"),
    ],
)
def test_nothing_before_1970_or_beyond_the_calendar_whatever_the_scope(placed_at: str, expected: str) -> None:
    with pytest.raises(DomainError, match=expected):
        content(placed_at=datetime.fromisoformat(placed_at))


def test_an_unknown_customer_id_is_not_found() -> None:
    assert code(accept(order(customer=CustomerIdentifier(customer_id=uuid4()))).outcomes[0]) == "customer_not_found"


def test_a_partner_may_name_by_id_only_customers_it_has_a_reference_of() -> None:
    own, other = uuid4(), uuid4()
    partner = Reporter(source="partner:p", is_partner=True)
    registry = Registry(customers={own, other}, of_source={(own, "partner:p"), (other, "patron")})
    answers = accept(
        order("1", source="partner:p", reporter=partner, customer=CustomerIdentifier(customer_id=own)),
        order("2", source="partner:p", reporter=partner, customer=CustomerIdentifier(customer_id=other)),
        registry=registry,
    ).outcomes
    assert isinstance(answers[0], Receipt)
    assert code(answers[1]) == "customer_not_found"


def test_whose_source_a_report_is() -> None:
    partner = Reporter(source="partner:p", is_partner=True)
    registered = {"patron": "patron", "dealer-7": "partner:p", "partner:p": "partner:p"}
    assert source_named(partner, "dealer-7", registered) == "partner:p"
    assert source_named(partner, None, registered) == "partner:p"
    assert source_named(OWN, "dealer-7", registered) == "partner:p"
    with pytest.raises(DomainError, match="foreign_source"):
        source_named(partner, "patron", registered)
    with pytest.raises(DomainError, match="unknown_source"):
        source_named(OWN, "nobody", registered)


@pytest.mark.parametrize(
    ("lines", "currency", "expected", "pointer"),
    [
        ([], "USD", "no_lines", "/lines"),
        ([line(amount="1.001")], "USD", "too_many_decimals", "/lines/0/amount"),
        ([line(amount="1.00", discount=Decimal("0.001"))], "USD", "too_many_decimals", "/lines/0/discount"),
        ([line(1), line(1)], "USD", "duplicate_line", "/lines/1/line"),
        ([line(n) for n in range(1, 502)], "USD", "too_many_lines", "/lines"),
        ([line(n, "99999999999.99") for n in range(1, 300)], "USD", "amount_too_large", "/lines"),
        ([line()], "EUR", "currency_not_accepted", "/currency"),
    ],
)
def test_what_can_be_said_about_an_order_alone(
    lines: list[OrderLine], currency: str, expected: str, pointer: str
) -> None:
    with pytest.raises(DomainError) as refusal:
        normalize_order("1", UnresolvedCustomer(), AT, currency, "web", lines, RULES)
    assert (refusal.value.code, refusal.value.pointer) == (expected, pointer)


def test_five_hundred_lines_are_allowed() -> None:
    assert content("1", *(line(n) for n in range(1, 501))).amount == Decimal("5000.00")


def test_the_fingerprint_is_of_the_content_not_of_its_spelling() -> None:
    written = content("1", line(1, "10.00"), line(2, "100"), placed_at=AT)
    two = content(
        "1", line(2, "100.00"), line(1, "10.0"), placed_at=datetime.fromisoformat("2026-05-04T14:00:00+02:00")
    )
    assert written.fingerprint == two.fingerprint
    assert content("1", line(1, "10")).fingerprint != content("1", line(1, "1")).fingerprint
    free = content("1", line(1, "10", discount=Decimal(0)))
    assert free.fingerprint != content("1", line(1, "10")).fingerprint


def test_the_fingerprint_of_an_order_that_is_stored_already_stays_what_it_was() -> None:
    """Kept orders are compared by it when they are sent again, by whatever release."""
    lines = line(2, "5.50", unit_cost=Decimal("1.2300")), line(1, "10.00", 3, discount=Decimal("0.05"))
    kept = "ae1ecf704835fbcd1912ee0e1a046061b0ec969b880445d3d48f9690e0dc5ba8"  # pragma: allowlist secret
    assert content("1", *lines).fingerprint.hex() == kept


def test_the_announced_json_is_the_event_itself() -> None:
    lines = line(1, "10.00", 3, discount=Decimal("0.05")), line(2, "5.5", unit_cost=Decimal("1.2300"))
    [accepted] = accept(
        report_of(content("1", *lines)._replace(customer=UnresolvedCustomer(None, "patron", "c")), OWN, "patron")
    ).orders
    placed = OrderPlaced(
        order_id=accepted.id, customer_id=accepted.customer_id, source="patron", placed_at=AT, currency="USD",
        channel="web", amount=Decimal("15.50"), lines=lines,
    )  # fmt: skip
    assert OrderPlaced.model_validate_json(order_placed(accepted)) == placed
    assert read_event(OrderPlaced.type, order_placed(accepted)) == placed


def test_decimals_of_a_currency() -> None:
    assert [decimals_of(currency) for currency in ("USD", "JPY", "KWD", "CNY")] == [2, 0, 3, 2]


def test_ids_are_given_by_the_caller() -> None:
    given = [UUID(int=n) for n in range(1, 9)]
    source = iter(given)
    decision = accept_orders([order()], {}, Registry(), rules=RULES, at=AT, new_id=lambda: next(source))
    receipt = decision.outcomes[0]
    assert isinstance(receipt, Receipt)
    assert {receipt.id, receipt.customer_id, receipt.event_id} <= set(given)
