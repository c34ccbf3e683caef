"""The tables loyalty owns: the ledger, lots and holds, what orders earned and cases settle, tiers, the programme.

No foreign keys on the ledger's hot tables: they are only ever written together, in one statement, by the repository;
`patron verify` checks what a foreign key would.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    DateTime,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData()

Moment = DateTime(timezone=True)

account = Table(  # one row a customer: its balances; its row lock is the customer's lock
    "account",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("available", BigInteger, nullable=False, server_default="0"),
    Column("held", BigInteger, nullable=False, server_default="0"),
    Column("debt", BigInteger, nullable=False, server_default="0"),
    Column("entries", BigInteger, nullable=False, server_default="0"),  # the number of the last entry
    Column("next_expiry", Moment),  # no lot with points expires before it
)

entry = Table(  # immutable
    "entry",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("number", BigInteger, nullable=False),  # 1, 2, 3 … per customer
    Column("kind", Text, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("available", BigInteger, nullable=False),  # the balances after it
    Column("held", BigInteger, nullable=False),
    Column("debt", BigInteger, nullable=False),
    Column("occurred_at", Moment, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("order_id", Uuid),
    Column("case_id", Uuid),
    Column("hold_id", Uuid),
    Column("fact_id", Uuid),
    Column("reverses", Uuid),
    Column("reference", Text),
    Column("reason", Text),
    Column("actor", Text),
)

posting = Table(  # immutable; an entry's rows are written by one statement and sum to zero
    "posting",
    metadata,
    Column("entry_id", Uuid, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("points", BigInteger, nullable=False),
)

lot = Table(
    "lot",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("entry_id", Uuid, nullable=False),
    Column("order_id", Uuid),
    Column("earned_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("remaining", BigInteger, nullable=False),
    # what the index of lots to spend asks for: it changes twice in a lot's life, so spending part of one stays cheap
    Column("open", Boolean, Computed("remaining > 0", persisted=True), nullable=False),
    Column("expired", BigInteger, nullable=False, server_default="0"),
)

spent_lot = Table(  # which lots a redemption consumed, and how much of it came back (K10)
    "spent_lot",
    metadata,
    Column("entry_id", Uuid, primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("lot_id", Uuid, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("given_back", BigInteger, nullable=False, server_default="0"),
)

hold = Table(
    "hold",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("captured", BigInteger, nullable=False, server_default="0"),
    Column("placed_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("reference", Text),
    Column("parts", JSONB, nullable=False),  # [[lot id, points], …], the first to expire first
)

order_points = Table(  # one row an order: what it earned and why
    "order_points",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("placed_at", Moment, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("programme", Integer, nullable=False),
    Column("lines", JSONB, nullable=False),  # [[line, category, amount, quantity(, taken amount, taken quantity)], …]
    Column("posted", BigInteger, nullable=False),
    Column("lots", ARRAY(Uuid), nullable=False),
    Column("taken_by", ARRAY(Uuid), nullable=False),
)

tier_copy = Table(  # what TierChanged said; superseded rows stay so that a change is known when heard again
    "tier_copy",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("change_id", Uuid, primary_key=True),
    Column("effective_from", Moment, nullable=False),
    Column("tier", Text, nullable=False),
    Column("superseded", Boolean, nullable=False),
)

anonymous_case = (
    Table(  # one row a case filed by nobody known, made by whichever fact comes first; its lock is the case's
        "anonymous_case",
        metadata,
        Column("case_id", Uuid, primary_key=True),
        Column("customer_id", Uuid),  # null: nobody identified yet
    )
)

kept_settlement = Table(  # points of a resolution that named no customer
    "kept_settlement",
    metadata,
    Column("resolution_id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("resolved_at", Moment, nullable=False),
)

programme = Table(
    "programme",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("effective_from", Moment),  # null: since ever
    Column("terms", JSONB, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("created_by", Text, nullable=False),
)

adjustment = Table(
    "adjustment",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("requested_at", Moment, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", Moment),
    Column("entry_id", Uuid),
)

lot_extension = Table(  # who let points live longer, and why
    "lot_extension",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("lot_id", Uuid, nullable=False),
    Column("customer_id", Uuid, nullable=False),
    Column("expired_at", Moment, nullable=False),  # when it would have ended
    Column("expires_at", Moment, nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("recorded_at", Moment, nullable=False),
)
