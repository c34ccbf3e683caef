"""The quick way reads what the long way reads, to the same result, and leaves to it whatever it is not sure of."""

import json
from typing import Any

import httpx
import pytest
from fastapi.exceptions import RequestValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from services.gateway.core.domain import IntakeRules
from services.gateway.intake.domain.order_content import OrderContent
from services.gateway.intake.routes.fast_path import read_body
from services.gateway.intake.schemas.order_fast_parser import OrderFastParser
from services.gateway.intake.schemas.orders import OrderCreate
from shared.chassis import Refused
from shared.errors import DomainError
from shared.messaging import Database
from tests.gateway.bodies import a_line, an_order, code_of, stored
from tests.gateway.intake.test_refusals import BAD_ORDERS, JSON

SERVICE = "gateway"

RULES = {currency: IntakeRules(currency=currency) for currency in ("USD", "JPY", "KWD")}
FAST = {currency: OrderFastParser(rules) for currency, rules in RULES.items()}

AMOUNTS = st.sampled_from(
    [
        "10.00",
        "0",
        "0.0",
        "7",
        "12.5",
        "100",
        "0.05",
        "007.50",
        "1.234",
        "-1",
        "1e3",
        "9" * 14,
        "9999999999999.99",
        "",
        10,
    ]
)
OPTIONAL = st.one_of(st.just("left out"), st.none(), AMOUNTS)
CODES = st.sampled_from(["a", "SKU-1", "x.y:z/1", "A" * 64, "A" * 65, "", "-a", "ä", "a b", 'a"b', "a\n", 5, None])
COUNTS = st.sampled_from([1, 2, 3, 1_000_000, 1_000_001, 0, -1, True, 1.0, "1"])
INSTANTS = st.sampled_from(
    ["2026-05-01T10:00:00Z", "2026-05-01T10:00+02:00", "2026-05-01T10:00:00.123456-05:30", "2026-02-30T10:00:00Z",
     "2026-05-01T24:00:00Z", "2026-05-01T10:00:60Z", "2026-05-01 10:00:00Z", "2026-05-01T10:00:00",
     "1969-12-31T23:00:00Z", "9999-12-31T23:59:59-14:00", "2026-05-01T10:00:00+23:59", "2026-05-01T10:00:00+00:60",
     "2026-05-01T10:00:00.1234567Z"]
)  # fmt: skip


@st.composite
def lines(draw: st.DrawFn) -> dict[str, Any]:
    line = {
        "line": draw(COUNTS), "sku": draw(CODES), "category": draw(CODES), "quantity": draw(COUNTS),
        "amount": draw(AMOUNTS), "unit_cost": draw(OPTIONAL), "discount": draw(OPTIONAL),
    }  # fmt: skip
    return {name: value for name, value in line.items() if value != "left out"}


GOOD = st.builds(a_line, st.integers(1, 4), st.sampled_from(["1.50", "2.00", "7"]), st.integers(1, 3))
ORDERS = st.fixed_dictionaries(
    {
        "order_id": CODES,
        "customer": st.sampled_from(
            [{"ref": "c"}, {"source": "demo", "ref": "c"}, {"source": None, "ref": "c"}, {}, {"ref": "c", "id": None},
             {"id": "01890000-0000-7000-8000-000000000000"}, {"source": "a b", "ref": "c"}, "c", None]
        ),
        "placed_at": INSTANTS,
        "currency": st.sampled_from(["USD", "USD", "JPY", "EUR", None]),
        "channel": CODES,
        "lines": st.one_of(st.lists(st.one_of(GOOD, lines()), max_size=4), st.none()),
    }
)  # fmt: skip


def exact_path(body: bytes, rules: IntakeRules) -> OrderContent | None:
    try:
        content: OrderContent = read_body(OrderCreate, body).content(rules)
    except (DomainError, RequestValidationError, Refused):
        return None
    return content


def compare(body: bytes, currency: str = "USD") -> bool:
    """Whether it was read the quick way; then the long way must have come to the same."""
    content = FAST[currency].read(body)
    assert content is None or content == exact_path(body, RULES[currency])
    return content is not None


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
@pytest.mark.parametrize("sorted_", [True, False])
def test_the_usual_spellings_are_read_the_quick_way(separators: tuple[str, str], *, sorted_: bool) -> None:
    full = an_order("1", a_line(2, "1.50", unit_cost="0.1234", discount=None), a_line(1, "3", 2, discount="0.10"))
    for order in (an_order(), full, an_order(customer={"ref": "c-1"}), an_order(placed_at="2026-05-01T10:00:00Z")):
        assert compare(json.dumps(order, separators=separators, sort_keys=sorted_).encode())


@pytest.mark.parametrize(
    ("quantity", "cost", "fast"),
    [
        (1_000_000, "9999.9999", True),
        (1_000_000, "9999999.9999", True),
        (1_000_000, "10000000", False),
        (1, "9999999999999.9999", True),
        (1, "10000000000000.0", False),
    ],
)
def test_costs_that_can_not_be_accounted_for_are_left_to_the_long_way(quantity: int, cost: str, *, fast: bool) -> None:
    order = an_order("1", a_line(1, unit_cost=None), a_line(2, "1.00", quantity, unit_cost=cost), a_line(3))
    assert compare(json.dumps(order).encode()) is fast
    assert (exact_path(json.dumps(order).encode(), RULES["USD"]) is not None) is fast


@settings(max_examples=1500, deadline=None)
@given(order=ORDERS, currency=st.sampled_from(["USD", "JPY"]))
def test_both_ways_come_to_the_same(order: dict[str, Any], currency: str) -> None:
    compare(json.dumps(order).encode(), currency)


@settings(max_examples=1000, deadline=None)
@given(
    lines=st.lists(GOOD | lines(), min_size=1, max_size=3, unique_by=lambda line: str(line["line"])),
    amount=AMOUNTS,
    discount=OPTIONAL,
    currency=st.sampled_from(["USD", "JPY", "KWD"]),
)
def test_both_ways_come_to_the_same_in_each_currency(
    lines: list[dict[str, Any]], amount: object, discount: object, currency: str
) -> None:
    lines[0] |= {"amount": amount} | ({} if discount == "left out" else {"discount": discount})
    compare(json.dumps(an_order("1", *lines, currency=currency)).encode(), currency)


@settings(max_examples=1500, deadline=None)
@given(
    place=st.floats(0, 1, exclude_max=True),
    cut=st.integers(0, 3),
    put=st.sampled_from([b"", b" ", b'"', b",", b"0", b"1", b".", b"-", b"null", b"\\u0041", b"\\", b"{}", b"\xff",
                         b"\0", b'"sku":"x",', b'"line":1,', b',"extra":1', b"e1", b"true"]),
)  # fmt: skip
def test_a_body_with_a_slip_is_never_read_the_quick_way_to_something_else(place: float, cut: int, put: bytes) -> None:
    body = json.dumps(
        an_order("1", a_line(1, unit_cost="1.25"), a_line(2, discount="0.50")), separators=(",", ":")
    ).encode()
    at = int(place * len(body))
    compare(body[:at] + put + body[at + cut :])


@pytest.mark.parametrize("order", [bad[1] for bad in BAD_ORDERS if bad[3] != "in_the_future"])
def test_nothing_bad_is_read_the_quick_way(order: dict[str, Any]) -> None:
    assert not compare(json.dumps(order).encode())


@pytest.mark.parametrize(
    ("once", "twice"),
    [
        ('"order_id": "1"', '"order_id": "0", "order_id": "1"'),
        ('"amount": "10.00"', '"amount": "10.00", "amount": "10.00"'),
        ('"quantity": 1', '"quantity": 1, "quantity": 1'),
        ('"ref": "c-1"', '"ref": "c-2", "ref": "c-1"'),
    ],
)
async def test_the_same_key_twice_is_refused(
    client: httpx.AsyncClient, database: Database, once: str, twice: str
) -> None:
    good = json.dumps(an_order("1"))
    assert once in good
    bad = good.replace(once, twice)
    assert code_of(await client.post("/v1/orders", content=bad, headers=JSON)) == (422, "duplicate_key")
    assert await stored(database) == 0
    batch = await client.post(
        "/v1/orders:batch", content=f"{bad}\n{good}", headers={"Content-Type": "application/x-ndjson"}
    )
    results = [json.loads(line) for line in batch.text.splitlines()]
    assert [(result["status"], result.get("code")) for result in results] == [(422, "duplicate_key"), (202, None)]
