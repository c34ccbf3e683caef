"""A hot event read quickly is what its class reads, and nothing is taken that the class refuses."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.events import CATALOGUE, Meta, OrderLine, OrderPlaced, TierChanged, read_event
from shared.events.reading import FREQUENT_TYPES, read_as_struct, struct_reader
from shared.messaging.inbox.inbox import Unreadable, _parse
from shared.messaging.inbox.received import ReceivedEvent

READERS = {type_: struct_reader(CATALOGUE[type_]) for type_ in sorted(FREQUENT_TYPES)}
ORDER = READERS[OrderPlaced.type]

codes = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}\Z")
amounts = st.decimals(min_value=-(10**12), max_value=10**12, allow_nan=False, allow_infinity=False, places=4)
instants = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.timezones())
ids = st.uuids()
lines = st.fixed_dictionaries(
    {"line": st.integers(1, 10**6), "sku": codes, "category": codes, "quantity": st.integers(1, 10**9),
     "amount": amounts},
    optional={"unit_cost": st.none() | amounts, "discount": st.none() | amounts, "of_tomorrow": st.text()},
)  # fmt: skip
orders = st.fixed_dictionaries(
    {"order_id": ids, "customer_id": ids, "source": codes, "placed_at": instants, "currency": st.just("USD"),
     "channel": codes, "amount": amounts, "lines": st.lists(lines, max_size=4)},
    optional={"of_tomorrow": st.integers()},
)  # fmt: skip


def as_json(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def content(event: Any) -> dict[str, Any]:
    """What an event of either way holds, by the fields of its class."""
    fields = {name: getattr(event, name) for name in OrderPlaced.model_fields}
    fields["lines"] = [{name: getattr(line, name) for name in OrderLine.model_fields} for line in event.lines]
    return fields


@given(orders)
def test_a_payload_is_read_the_same_either_way(order: dict[str, Any]) -> None:
    payload = json.dumps(order, default=as_json).encode()
    struct, by_class = read_as_struct(ORDER, payload), read_event(OrderPlaced.type, payload)
    assert struct is not None
    assert content(struct) == content(by_class)
    assert (struct.key, struct.occurred_at, struct.type, struct.topic) == (
        by_class.key, by_class.occurred_at, by_class.type, by_class.topic,
    )  # fmt: skip


GOOD: dict[str, Any] = {
    "order_id": str(uuid4()), "customer_id": str(uuid4()), "source": "shop", "placed_at": "2026-11-01T10:00:00Z",
    "currency": "USD", "channel": "store", "amount": "10.00",
    "lines": [{"line": 1, "sku": "a", "category": "b", "quantity": 1, "amount": "10.00"}],
}  # fmt: skip
ODD = [
    "NaN", "nan", "sNaN", "Infinity", "-inf", "N_aN", "1_000", " 1 ", "1e5", "", "x", "a\n", "\na", "ä", "a" * 65, ".a",
    "a b", 1, 1.5, True, None, [], {}, "2026-11-01", "2026-11-01T10:00:00", "2026-11-01T10:00:00+14:00", 10**30, "5",
    "2026-13-01T00:00:00Z", "{0192f000-0000-7000-8000-000000000000}", "0192f00000007000800000000000000", -1,
]  # fmt: skip


@pytest.mark.parametrize("value", ODD, ids=repr)
def test_nothing_is_taken_that_the_class_refuses_nor_read_as_something_else(value: Any) -> None:
    places = [(GOOD | {name: value}) for name in GOOD]
    places += [GOOD | {"lines": [GOOD["lines"][0] | {name: value}]} for name in (*GOOD["lines"][0], "unit_cost")]
    for document in places:
        payload = json.dumps(document).encode()
        struct = read_as_struct(ORDER, payload)
        try:
            by_class = read_event(OrderPlaced.type, payload)
        except ValidationError:
            assert struct is None, document
        else:
            assert struct is None or content(struct) == content(by_class), document


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b"null", b"\xff", b'{"order_id": 1}', b"{}x"])
def test_what_is_no_document_is_left_to_the_class(payload: bytes) -> None:
    assert read_as_struct(ORDER, payload) is None


def received(payload: bytes) -> ReceivedEvent:
    return ReceivedEvent("patron.intake", "k", 7, uuid4(), UUID(int=1), OrderPlaced.type, payload, datetime.now(UTC))


def test_a_received_event_knows_its_place_and_one_that_was_not_does_not() -> None:
    event = received(json.dumps(GOOD).encode())
    assert _parse(event, None, ORDER).meta == Meta(UUID(int=1), 7, event.recorded_at)
    never_received = read_as_struct(ORDER, json.dumps(GOOD | {"meta_of_stream": 1}).encode())
    assert never_received is not None
    with pytest.raises(LookupError, match="OrderPlaced was not received"):
        _ = never_received.meta


def test_why_a_payload_is_unreadable_is_said_by_the_class() -> None:
    with pytest.raises(Unreadable, match=r"2 fields of intake\.order_placed\.v1"):
        _parse(received(json.dumps(GOOD | {"amount": "NaN", "order_id": "x"}).encode()), None, ORDER)


def test_fields_left_out_stay_empty_whatever_they_hold() -> None:
    reader = struct_reader(OrderPlaced, frozenset({"lines"}))
    event: Any = read_as_struct(reader, json.dumps(GOOD | {"lines": "nonsense"}).encode())
    assert (event.lines, event.amount) == ((), Decimal("10.00"))


def test_an_event_with_fields_of_other_types_has_no_other_way() -> None:
    with pytest.raises(TypeError, match="has no form in a structure"):
        struct_reader(TierChanged)
