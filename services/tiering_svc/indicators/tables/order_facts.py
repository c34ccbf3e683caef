"""Facts about money: orders and what came back of them, their sums by month, what is owed and paid (T1)."""

from sqlalchemy import BigInteger, Column, Date, Integer, Table, Text, Uuid

from services.tiering_svc.core.tables import Money, Timestamp, metadata

order_fact = Table(  # every accepted order exactly once, with what was taken back of it since
    "order_fact",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("placed_at", Timestamp, primary_key=True),
    Column("order_id", Uuid, primary_key=True),
    Column("month", Date, nullable=False),
    Column("amount", Money, nullable=False),
    Column("margin", Money),  # null: some line's cost is not known
    Column("quantity", BigInteger, nullable=False),
    Column("returned_amount", Money, nullable=False),
    Column("returned_margin", Money),
    Column("returned_quantity", BigInteger, nullable=False),
    Column("recorded_at", Timestamp, nullable=False),
    Column("mix", Text),  # T14: JSON, {category: [amount, quantity, margin]}; null: placed before it was kept
)

order_change = Table(  # every return and cancellation exactly once
    "order_change",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("at", Timestamp, primary_key=True),
    Column("change_id", Uuid, primary_key=True),  # the return's id; the order's own for a cancellation
    Column("order_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("month", Date, nullable=False),
    Column("amount", Money, nullable=False),
    Column("margin", Money),
    Column("quantity", BigInteger, nullable=False),
    Column("recorded_at", Timestamp, nullable=False),
    Column("mix", Text),  # as in order_fact, of what came back
)

indicator_month = (
    Table(  # T1: sums of the facts above; orders count in the month they were placed, returns in their own
        "indicator_month",
        metadata,
        Column("customer_id", Uuid, primary_key=True),
        Column("month", Date, primary_key=True),
        Column("orders", Integer, nullable=False),
        Column("amount", Money, nullable=False),
        Column("margin", Money),
        Column("margin_known_amount", Money, nullable=False),
        Column("largest_order", Money),
        Column("first_order_at", Timestamp),
        Column("last_order_at", Timestamp),
        Column("returned_amount", Money, nullable=False),
        Column("returned_count", Integer, nullable=False),
        Column(
            "recorded_at", Timestamp, nullable=False
        ),  # when the newest fact in it was recorded: earlier, it was another sum
    )
)

receivable_fact = Table(
    "receivable_fact",
    metadata,
    Column("receivable_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("amount", Money, nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("recorded_at", Timestamp, nullable=False),
)

payment_fact = Table(
    "payment_fact",
    metadata,
    Column("payment_id", Uuid, primary_key=True),
    Column("receivable_id", Uuid, nullable=False),
    Column("customer_id", Uuid, nullable=False),
    Column("amount", Money, nullable=False),
    Column("paid_at", Timestamp, nullable=False),
    Column("month", Date, nullable=False),
    Column("recorded_at", Timestamp, nullable=False),
)
