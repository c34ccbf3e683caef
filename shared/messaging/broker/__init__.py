"""What the backbone asks of a message broker, and who answers.

`interface` holds the protocols (`Broker`, `Producer`, `Consumer`) and the `Message` they carry; the rest of the
backbone knows nothing else. `kafka` speaks to Kafka, `kafka_admin` sets topics and rights up there: no other file of
Patron imports a Kafka client. `kafka_access` says how a secured cluster lets it in, `kafka_log` what becomes of the
client's own log lines; `loopback` is a broker in memory for tests of several services in one process.

Asked of a broker: order within a key, delivery at least once, offsets a group. Not asked: that it keeps anything.
A broker may lose, repeat and reorder, or be replaced by an empty one: the owners' event logs (`outbox`) are the
truth, and the `inbox` finds what is missing. Time means nothing here: instants travel in a message's headers.
"""
