"""Expiry: points nobody used in time, and longer life for them (L1).

Owns the background job that expires overdue lots, and the extensions: who let which lot live longer, and why.

Does not own what expiring does to a balance (`ledger/domain/wallet.py`), nor how long points live (programmes).

Invariants: a lot expires once, as an entry of its own. An extension ends later than before; what has expired stays
expired. A wallet's `next_expiry` is never later than its first lot with points, so no overdue lot is missed.

Time: a lot is over at its `expires_at` whether or not the job ran; spending and showing points look at the clock. The
entry says when the lot ended (`occurred_at`), not when the job came by.

Why it is right: the job takes customers it can lock at once and leaves the others for the next time, so replicas share
the work; expiring twice at one instant is expiring once.
"""
