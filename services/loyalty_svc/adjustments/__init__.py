"""Adjustments: points changed by hand, by people who may (L1).

Owns adjustments with who asked for them and who decided, and transfers of points between two customers.

Does not own the entries they lead to (ledger), nor longer life for points (expiry).

Invariants: up to the limit (`PATRON_ADJUSTMENT_LIMIT`, either way) an adjustment is posted at once; above it, another
person than the one who asked has to approve it. It is decided once. It takes no more than there is, so it never makes
a debt. A transfer takes from one customer exactly what it brings to the other.

Time: added points live from the decision on, by the programme in force then. Transferred points keep their expiry.

Why it is right: the decision and its entry are one transaction under the customer's lock; a transfer locks both
customers in the order of their ids.
"""
