"""The ledger's tables: what a customer's points are, how they came to be, and what is set aside.

No foreign keys: these rows are only ever written together, in one statement, by the repository; `patron verify` checks
what a foreign key would.
"""

from sqlalchemy import BigInteger, Boolean, Column, Computed, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from services.loyalty_svc.core.tables import Timestamp, metadata

wallet = Table(  # one row a customer: its balances; its row lock is the customer's lock
    "wallet",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("available", BigInteger, nullable=False, server_default="0"),
    Column("held", BigInteger, nullable=False, server_default="0"),
    Column("debt", BigInteger, nullable=False, server_default="0"),
    Column("entries", BigInteger, nullable=False, server_default="0"),  # the number of the last entry
    Column("next_expiry", Timestamp),  # no lot with points expires before it
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
    Column("occurred_at", Timestamp, nullable=False),
    Column("recorded_at", Timestamp, nullable=False),
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
    Column("earned_at", Timestamp, nullable=False),
    Column("expires_at", Timestamp, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("remaining", BigInteger, nullable=False),
    # the condition of the index of lots to spend: it changes twice in a lot's life, so spending part of one stays cheap
    Column("open", Boolean, Computed("remaining > 0", persisted=True), nullable=False),
    Column("expired", BigInteger, nullable=False, server_default="0"),
)

spent_lot = Table(  # which lots a redemption consumed, and how much of it came back (K10)
    "spent_lot",
    metadata,
    Column("entry_id", Uuid, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("lot_id", Uuid, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("reversed", BigInteger, nullable=False, server_default="0"),
)

borrowing = Table(  # what a customer's wallet borrowed of another member's while the two were one: a row a lot
    "borrowing",
    metadata,
    Column("loan_id", Uuid, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("lender_id", Uuid, nullable=False),
    Column("borrower_id", Uuid, nullable=False),
    Column("lender_lot", Uuid, nullable=False),
    Column("borrower_lot", Uuid, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("returned", BigInteger, nullable=False, server_default="0"),
    Column("outstanding", Boolean, Computed("returned < points", persisted=True), nullable=False),
)

hold = Table(
    "hold",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("captured", BigInteger, nullable=False, server_default="0"),
    Column("placed_at", Timestamp, nullable=False),
    Column("expires_at", Timestamp, nullable=False),
    Column("ended_at", Timestamp),
    Column("reference", Text),
    Column("parts", JSONB, nullable=False),  # [[lot id, points], …], the first to expire first
)
