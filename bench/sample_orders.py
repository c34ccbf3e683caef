"""Orders as they lie on the broker or in an outbox: many events of some customers, each stream counted 1, 2, 3 …"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

from shared.events import OrderLine, OrderPlaced
from shared.messaging.seal import KeyRing

SPACE = UUID("0192f000-0000-7000-8000-000000000000")
BEGINS = datetime(2026, 1, 1, tzinfo=UTC)

# of all owners here: what is on the broker, what the positions are of, what an owner says of itself
EPOCH = UUID(int=1)
RING = KeyRing("bench", {"bench": bytes(32)})  # of all programs here: each is a process of its own


def read_ring() -> KeyRing:
    return RING


def sample_orders(
    how_many: int, customers: int, lines: int = 5, *, customer_ids: Sequence[UUID] | None = None, before: int = 0
) -> Iterator[tuple[UUID, int, OrderPlaced]]:
    """(event id, its number in its stream, event) of so many orders, in order of time; amounts let customers rise.

    They are of `customers` made-up customers, or of `customer_ids`, each of whom had so many events `before`.
    """
    for number in range(how_many):
        place = number % customers
        customer = uuid5(SPACE, f"customer {place}") if customer_ids is None else customer_ids[place]
        rows = tuple(
            OrderLine(
                line=i, sku=f"sku-{i}", category="GROCERY", quantity=i, amount=Decimal(10 + number % 90),
                unit_cost=Decimal("2.5000"),
            )
            for i in range(1, lines + 1)
        )  # fmt: skip
        order = OrderPlaced(
            order_id=uuid5(SPACE, f"order {number}"), customer_id=customer, source="bench",
            placed_at=BEGINS + timedelta(minutes=3 * number), currency="USD", channel="store",
            amount=sum((row.amount for row in rows), Decimal(0)), lines=rows,
        )  # fmt: skip
        yield uuid5(SPACE, f"event {number}"), before + number // customers + 1, order
