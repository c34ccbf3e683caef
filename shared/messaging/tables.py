"""The backbone's tables, the same in every service's database.

`create(op)` belongs into a service's first migration, what came after it into later ones: `create_cuts(op)`.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
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
    Column("traceparent", Text),
    Column("occurred_at", Timestamp, nullable=False),
    Column("shard", SmallInteger, nullable=False),
    Column("published_at", Timestamp),
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
    Index("stream_head_changed", "topic", "changed_at"),
)

stream_epoch = Table(  # one row: which life of this database it is
    "stream_epoch",
    metadata,
    Column("one_row", Integer, primary_key=True),
    Column("epoch", Uuid, nullable=False),
    Column("started_at", Timestamp, nullable=False),
)

epoch_head = Table(  # where each stream stood when the present epoch began (empty in the first)
    "epoch_head",
    metadata,
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

parked = Table(  # an event that can not be applied, with its reason; its key waits for it
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

STATEMENTS = """
create sequence outbox_position;
create table outbox (
    position bigint not null default nextval('outbox_position'),
    recorded_at timestamptz not null,
    event_id uuid not null,
    topic text not null,
    key text not null,
    seq bigint not null,
    type text not null,
    payload text not null,
    traceparent text,
    occurred_at timestamptz not null,
    shard smallint not null,
    published_at timestamptz,
    primary key (position, recorded_at)
) partition by range (recorded_at);
create table outbox_default partition of outbox default;
create index outbox_unpublished on outbox (position) where published_at is null;
create index outbox_stream on outbox (topic, key, seq);
create table stream_head (
    topic text not null, key text not null, seq bigint not null, last_event_id uuid not null,
    changed_at timestamptz not null, primary key (topic, key)
) with (fillfactor = 70);
create index stream_head_changed on stream_head using brin (changed_at);
create table stream_epoch (
    one_row int primary key check (one_row = 1), epoch uuid not null, started_at timestamptz not null
);
create table epoch_head (
    topic text not null, key text not null, seq bigint not null, last_event_id uuid not null, primary key (topic, key)
);
create table stream_seen (
    topic text not null, key text not null, epoch uuid, last_seq bigint not null check (last_seq >= 0),
    last_event_id uuid, blocked_at timestamptz, primary key (topic, key)
) with (fillfactor = 70);
create index stream_seen_blocked on stream_seen (topic, key) where blocked_at is not null;
create table parked (
    parked_id uuid primary key, topic text not null, key text not null, seq bigint not null, epoch uuid, event_id uuid,
    type text not null, payload bytea not null, reason text not null, detail text not null,
    recorded_at timestamptz not null, tries int not null, parked_at timestamptz not null,
    ended_at timestamptz, ended_by text
);
create unique index parked_open on parked (topic, key) where ended_at is null;
create table stream_hole (
    topic text not null, key text not null, seq bigint not null, event_id uuid, type text not null,
    reason text not null, dropped_at timestamptz not null, dropped_by text not null, primary key (topic, key, seq)
);
create table epoch_difference (
    topic text not null, key text not null, epoch uuid not null, previous_epoch uuid, consumed_seq bigint not null,
    owner_seq bigint not null, found_at timestamptz not null, primary key (topic, key, epoch)
);
create table broker_seen (one_row int primary key check (one_row = 1), cluster_id text not null);
create table timer (
    aggregate text not null, kind text not null, generation int not null, due_at timestamptz not null,
    state text not null check (state in ('pending', 'fired', 'cancelled', 'failed')), ended_at timestamptz,
    retry_at timestamptz, tries int not null default 0, last_error text, primary key (aggregate, kind, generation)
);
create unique index timer_one_pending on timer (aggregate, kind) where state = 'pending';
create index timer_due on timer (due_at) where state = 'pending';
"""

CUTS = """
create table outbox_cut (
    topic text not null, key text not null, seq bigint not null, event_id uuid not null, partition text not null,
    recorded_before timestamptz not null, cut_at timestamptz not null, primary key (topic, key)
);
alter table stream_hole add column first_seq bigint;
"""


def create(op: Any) -> None:
    """Create the backbone's tables; `op` is Alembic's. The first epoch begins here."""
    from shared.messaging.ids import new_id

    _execute(op, STATEMENTS)
    op.execute(f"insert into stream_epoch (one_row, epoch, started_at) values (1, '{new_id()}', now())")


def create_cuts(op: Any) -> None:
    """Create what an event log needs whose old months may be dropped."""
    _execute(op, CUTS)


def _execute(op: Any, statements: str) -> None:
    for statement in statements.split(";\n"):
        if statement.strip():
            op.execute(statement)
