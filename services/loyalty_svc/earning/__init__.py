"""Earning: what an order is worth in points, whatever became of it since (L2).

Owns one row an order (`order_points`: its lines, what was returned of them, what was posted, the lots it made) and
loyalty's copy of each customer's tier history: the periods in force, whose tail each `TierChanged` replaces.

Does not own the programme (programmes), balances (ledger), or tiers: tiering decides those and announces
`TierChanged`.

Invariants: what stands in the ledger for an order is exactly what `points_for_order` makes of its lines, the programme
it was recorded under and the tier in force when it was placed, never less than zero. A return takes back its own lines'
share and nothing else (K4); returning everything in any pieces leaves nothing.

Time: the tier and the programme are those of the instant the order was placed, not of the instant it became known.
A tier known late, or corrected for the past, is posted as a difference (K18).

Why it is right: nothing adds up deltas. The worth of an order is a pure function of all that is known about it, and the
ledger posts the difference to what was posted before; so facts may come in any order, in any batches, and twice (K8).
A property test cuts and interleaves the same facts at random and compares the balances.
"""
