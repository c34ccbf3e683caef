"""The backbone's tables, the same in every service's database.

The dated SQL in `shared/migrations` makes them (`shared.chassis.migrations.create_shared_tables`); here they are
declared, and a test holds the two together.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
)

metadata = MetaData()

Timestamp = DateTime(timezone=True)

outbox = Table(  # the owner's event log; partitioned by recorded_at in SQL below
    "outbox",
    metadata,
    Column("position", BigInteger, primary_key=True),
    Column("recorded_at", Timestamp, primary_key=True),
    Column("event_id", Uuid, nullable=False),
    Column("topic", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("type", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("traceparent", Text),
    Column("occurred_at", Timestamp, nullable=False),
    Column("shard", SmallInteger, nullable=False),
)

outbox_unsent = Table(  # a note for each event that is not sent yet; who has sent it deletes the note
    "outbox_unsent",
    metadata,
    Column("position", BigInteger, primary_key=True),
    Column("recorded_at", Timestamp, nullable=False),
    Column("shard", SmallInteger, nullable=False),
)

outbox_cut = Table(  # the last number of each stream that went with a dropped month: its log begins after it
    "outbox_cut",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("partition", Text, nullable=False),
    Column("recorded_before", Timestamp, nullable=False),  # the month's end: whatever was recorded earlier is gone
    Column("cut_at", Timestamp, nullable=False),
)

stream_head = Table(  # how far each (topic, key) has counted; its row lock orders the writers of a key
    "stream_head",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("last_event_id", Uuid, nullable=False),
    Column("changed_at", Timestamp, nullable=False),
    Index("stream_head_changed", "changed_at", postgresql_using="brin"),
)

stream_epoch = Table(  # one row: which life of this database it is; its first 48 bits count them
    "stream_epoch",
    metadata,
    Column("one_row", Integer, primary_key=True),
    Column("epoch", Uuid, nullable=False),
    Column("started_at", Timestamp, nullable=False),
)

epoch_begin = Table(  # the epochs that began with a restore, in their order; empty in the first
    "epoch_begin",
    metadata,
    Column("life", Integer, Identity(always=True), primary_key=True),
    Column("epoch", Uuid, nullable=False),
    Column("began_at", Timestamp, nullable=False),
)

epoch_head = Table(  # where each stream stood when such an epoch began
    "epoch_head",
    metadata,
    Column("life", Integer, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("last_event_id", Uuid, nullable=False),
)

stream_seen = Table(  # a subscriber's position in a stream: one row gives once-only, order, loss detection, fencing
    "stream_seen",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("epoch", Uuid),
    Column("last_seq", BigInteger, nullable=False),
    Column("last_event_id", Uuid),
    Column("blocked_at", Timestamp),
)

parked = Table(  # an event that can not be applied, its key waits for it; or a message that is not authentic, alone
    "parked",
    metadata,
    Column("parked_id", Uuid, primary_key=True),
    Column("topic", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("epoch", Uuid),
    Column("event_id", Uuid),
    Column("type", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("recorded_at", Timestamp, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("parked_at", Timestamp, nullable=False),
    Column("ended_at", Timestamp),
    Column("ended_by", Text),
)

stream_hole = Table(  # events that were gone past: by an operator's decision, or because the log begins after them
    "stream_hole",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("event_id", Uuid),
    Column("type", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("dropped_at", Timestamp, nullable=False),
    Column("dropped_by", Text, nullable=False),
    Column("first_seq", BigInteger),  # of a hole of several numbers; `seq` is the last one, and without this the only
)

epoch_difference = Table(  # what this consumer had applied and a restored owner no longer knows (K16)
    "epoch_difference",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("epoch", Uuid, primary_key=True),
    Column("previous_epoch", Uuid),
    Column("consumed_seq", BigInteger, nullable=False),
    Column("owner_seq", BigInteger, nullable=False),
    Column("found_at", Timestamp, nullable=False),
)

broker_seen = Table(  # which cluster this consumer last read from: another id means another broker
    "broker_seen",
    metadata,
    Column("one_row", Integer, primary_key=True),
    Column("cluster_id", Text, nullable=False),
)

timer = Table(
    "timer",
    metadata,
    Column("aggregate", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("due_at", Timestamp, nullable=False),
    Column("state", Text, nullable=False),
    Column("ended_at", Timestamp),
    Column("retry_at", Timestamp),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("last_error", Text),
)
