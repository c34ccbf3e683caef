"""Redemptions: points spent, given back, or set aside for something that may still fall through (L1).

Owns the requests that spend: redeem, reverse a redemption in whole or part, hold, capture, release; and the timer that
releases a hold nobody ended.

Does not own the lots or the holds' rows (ledger): a hold's points are part of the balance.

Invariants: no more is spent than is available, however many ask at once (K5). A redemption gives back at most what it
spent, to the lots the points came from, with their old expiry (K10). A hold ends once: captured, released or expired.

Time: the first lot to expire is spent first. A hold can be captured until its end and not at it, also when its timer is
late, so that the answer never depends on who is faster. Held points can be captured after their lot's expiry; released
or given back after it, they expire at once.

Why it is right: each request is one transaction under the customer's lock, refused as a whole or written as a whole.
"""
