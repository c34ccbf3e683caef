"""The way out: the owner's side of its events, once they are committed.

The outbox table is the event log of the service that owns a topic. `relay` takes its unpublished rows to the broker;
`event_log` answers subscribers who ask for heads and rows; `partitions` makes room for the next month and `retention`
drops old ones, once `subscriber_positions` says that nobody needs them. Rows are written by
`shared.messaging.database.outbox_writer`, in the transaction of the change.

Invariants: every committed row is published at least once, in order per key; a row leaves the log only with its whole
month, and only when every subscriber is past it; what is left of a stream is always its latest part. An *epoch* is
one life of the database: a restore from a backup begins a new one, because numbers after the restored heads are given
again (K16). `recorded_at` is when a change was committed; `occurred_at` is when the fact happened.
"""
