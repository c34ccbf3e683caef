"""The way in: the subscriber's side; every event of a stream takes effect exactly once and in order.

A *stream* is a (topic, key). `stream_seen` has one row a stream, this service's position in it, locked in the
transaction of the effects. `consumer` polls the broker; `received` holds what came and classifies it against the
positions; `inbox` applies it through the service's subscriptions; what can not be applied is `parked` and blocks its
key. What the broker lost is found by a gap in the numbers or by `reconciliation` with the owners' heads, and pulled
over `log_client`; so is, by `pull_on_demand`, whom a caller names before his event has come. `resync` steps into a
restored owner's new epoch, or over what its log no longer has.

Invariants: an effect and the position after it are committed together; a stream moves from n to n + 1 and nowhere
else, but for holes and epochs that are written down (`stream_hole`, `epoch_difference`); a transient failure never
parks, a permanent one never stops other keys. Nothing here is decided by a clock, only how often something is asked.
"""
