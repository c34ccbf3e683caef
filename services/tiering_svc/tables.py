"""The tables tiering owns. The migrations make them; `tests/tiering` holds the two together."""

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Integer, MetaData, Numeric, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE

metadata = MetaData()

Moment = DateTime(timezone=True)
Money = Numeric(18, 4)

business = Table(  # one row: the zone months are counted in, the currency of all amounts; fixed at the first start
    "business",
    metadata,
    Column("only_one", Integer, primary_key=True),
    Column("time_zone", Text, nullable=False),
    Column("currency", Text, nullable=False),
)

order_fact = Table(  # every accepted order exactly once, with what was taken back of it since
    "order_fact",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("placed_at", Moment, primary_key=True),
    Column("order_id", Uuid, primary_key=True),
    Column("month", Date, nullable=False),
    Column("amount", Money, nullable=False),
    Column("margin", Money),  # null: some line's cost is not known
    Column("quantity", BigInteger, nullable=False),
    Column("returned_amount", Money, nullable=False),
    Column("returned_margin", Money),
    Column("returned_quantity", BigInteger, nullable=False),
    Column("recorded_at", Moment, nullable=False),
)

order_change = Table(  # every return and cancellation exactly once
    "order_change",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("at", Moment, primary_key=True),
    Column("change_id", Uuid, primary_key=True),  # the return's id; the order's own for a cancellation
    Column("order_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("month", Date, nullable=False),
    Column("amount", Money, nullable=False),
    Column("margin", Money),
    Column("quantity", BigInteger, nullable=False),
    Column("recorded_at", Moment, nullable=False),
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
        Column("first_order_at", Moment),
        Column("last_order_at", Moment),
        Column("returned_amount", Money, nullable=False),
        Column("returned_count", Integer, nullable=False),
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
    Column("recorded_at", Moment, nullable=False),
)

payment_fact = Table(
    "payment_fact",
    metadata,
    Column("payment_id", Uuid, primary_key=True),
    Column("receivable_id", Uuid, nullable=False),
    Column("customer_id", Uuid, nullable=False),
    Column("amount", Money, nullable=False),
    Column("paid_at", Moment, nullable=False),
    Column("month", Date, nullable=False),
    Column("recorded_at", Moment, nullable=False),
)

tier_policy = Table(  # T9: data, versioned; one is active
    "tier_policy",
    metadata,
    Column("policy_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("name", JSONB, nullable=False),
    Column("document", JSONB, nullable=False),
    Column("status", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("activated_by", Text),
    Column("activated_at", Moment),
    Column("retired_at", Moment),
)

evaluation_run = Table(  # a review: how far it is, and what came of it
    "evaluation_run",
    metadata,
    Column("run_id", Uuid, primary_key=True),
    Column("as_of", Moment, nullable=False),
    Column("apply", Boolean, nullable=False),
    Column("simulated_because", Text),
    Column("status", Text, nullable=False),
    Column("policy_id", Uuid, nullable=False),
    Column("policy_version", Integer, nullable=False),
    Column("heads_after", Text, nullable=False),  # how far intake's heads have been collected
    Column("cutoffs", JSONB),  # ABC: where each class began among the customers of that day
    Column("cursor", Uuid),  # the last customer that has been decided
    Column("customers", Integer, nullable=False),
    Column("outcomes", JSONB, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("requested_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("finished_at", Moment),
)

evaluation_head = Table(  # where intake's streams stood when the review was asked for, and we were not there yet
    "evaluation_head",
    metadata,
    Column("run_id", Uuid, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
)

evaluation_mover = Table(
    "evaluation_mover",
    metadata,
    Column("run_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("from_tier", Text),
    Column("to_tier", Text, nullable=False),
    Column("graded", Text, nullable=False),
)

standing = Table(  # where each customer stands: the open row of the history; its lock is the customer's lock
    "standing",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("tier", Text),
    Column("rank", Integer, nullable=False),
    Column("since", Moment),
    Column("row_id", Uuid),
    Column("kind", Text),
    Column("policy_id", Uuid),
    Column("policy_version", Integer),
    Column("cutoffs_of", Uuid),
    Column("ladder", Text),
    Column("floor_tier", Text),
    Column("floor_rank", Integer, nullable=False),
    Column("below_since", Moment),
    Column("grace_until", Moment),
    Column("retained_until", Moment),
    Column("overridden_until", Moment),
)

customer_source = Table(  # who knows the customer by a reference of its own: a partner sees only those (G1)
    "customer_source",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("source", Text, primary_key=True),
)

tier_history = Table(  # T10: no gap, no overlap, one open row among those that are not superseded
    "tier_history",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("previous_tier", Text),
    Column("tier", Text, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("effective", TSTZRANGE, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("superseded_at", Moment),  # replaced by what became known then
    Column("policy_id", Uuid, nullable=False),
    Column("policy_version", Integer, nullable=False),
    Column("run_id", Uuid),
    Column("reasons", JSONB, nullable=False),
)
