"""Adjustments: points changed by hand, by people who may (L1).

Owns adjustments and transfers with who asked for them and who decided; and every settlement of a case that granted
points, or is held here for approval: what one person gives counts together, whichever way.

Does not own the entries they lead to (ledger), nor longer life for points (expiry).

Invariants: what is posted without another person's approval stays within the programme's limits, which count together
by absolute value: to a customer within some days, by a person on a business day (with what it granted through cases).
Beyond one of them another person than the one who asked has to approve it. It is decided once. It takes no more than
there is, so it never makes a debt. A transfer takes from one customer exactly what it brings to the other, and counts
on both sides. A settlement beyond the programme's ceilings that nobody approved is held until somebody does here.

Time: added points live from the decision on, by the programme in force then. Transferred points keep their expiry, and
a settlement's live from its resolution on. Days are those of the business zone.

Why it is right: the decision and its entry are one transaction under the customer's lock, a transfer under both
customers' in the order of their ids; sums are read under locks of their own, so two at once never both pass.
"""
