"""One service's Postgres: connections, one transaction a change, and the events it records before its commit.

`transaction` has the `Database` (a pool), the `Transaction` a handler is given and `announce`; `outbox_writer` writes
what was announced to the outbox, counted per stream, in that same transaction; `failures` tells errors that pass from
those that never will; `connections` saves each new connection the questions about Postgres's own types.

Invariants: a change and its events are committed together or not at all; nobody but `Database` begins, commits or
rolls back; within a stream, order of commits is order of sequence numbers, because the stream's head row is locked
until the commit. `Transaction.at` is the instant of the change (knowledge time, `recorded_at`), the same for all it
writes and announces. What happens to committed events is the business of `shared.messaging.outbox`.
"""
