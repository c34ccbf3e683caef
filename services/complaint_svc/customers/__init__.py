"""Customers: who is known here, in which tier, and whose they are. Copies, kept from events; others own the truth.

Owns: `customer`, one row a customer: known once `CustomerRegistered`, `CustomerReferenceRegistered`, `TierChanged` or
`CustomerTraitsChanged` was heard of it, whichever came first, with the region that its file says; without a tier it is
treated like any other. And `tier_copy`, its tier periods, as the tails of `TierChanged` left them: which tier was in
force when.

Whose customers they are, and who looks after them, `shared.people` keeps. A partner files cases for the customers of
its own source only, a manager for its own accounts; another's is not found, like one that does not exist.

Does not own: who the customer is (profile), what tier it deserves (tiering), which of its cases a better tier presses
(the area `cases`, which is woken by the same event after this one).

Invariants: of one customer the copy is the tier history as it was announced last. A case is filed for known customers
only (`customer_not_found`). Customers are locked before cases, each in the order of their ids, so that nothing waits in
a circle.

Time: a case is promised by the tier that was in force when it was filed, and by every better one since, as far as they
have been heard of; what is heard later can better the promise, not take it back (K11). Its region is the one that is
known when a case is filed, reopened or given to another customer; a later one counts for later cases only.

Why it is right: whoever files a case holds the customer's row while reading its tiers (`load_customer`). A tier that
changes meanwhile waits for the filing, and then finds the case it made. So the better of both always counts, whichever
of the two came first.
"""
