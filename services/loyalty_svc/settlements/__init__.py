"""Settlements: points that the resolution of a complaint grants its customer (L2).

Owns the settlements of cases nobody was identified in yet, and whose such a case turned out to be.

Does not own the case, the proposal or its acceptance; complaint decides those and says so in `ComplaintResolved`.

Invariants: a resolution grants its points once, however often and in whatever order its facts arrive (K8); a
settlement without a customer is granted to whoever is identified in its case, and to nobody else.

Time: granted points live from the resolution on, by the programme in force then, also when it becomes known much later
whose they are.

Why it is right: the resolution comes under the case's key and the identification under the customer's, so either may
be first and two replicas may apply them at once. Both lock the case's row before they look for what the other wrote,
and wallets are locked before cases. Tests run every interleaving and every cut into batches.
"""
