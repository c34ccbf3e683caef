"""Customers: who is known here, in which tier, and whose they are. Copies, kept from events; others own the truth.

Owns: `tier_copy`, one row a customer. A customer is known once `CustomerRegistered` or `TierChanged` was heard of it,
whichever came first; without a tier it is treated like any other.

Owns `customer_source` too: which sources have a reference of a customer. A partner files cases for the customers of
its own source only; another's is not found, like one that does not exist.

Does not own: who the customer is (profile), what tier it deserves (tiering), which of its cases a better tier presses
(the area `cases`, which is woken by the same event after this one).

Invariants: of one customer the last tier heard is the one that is kept. A case is filed for known customers only
(`customer_not_found`). Customers are locked before cases, each in the order of their ids, so that nothing waits in a
circle.

Time: a tier counts here from the moment it is heard, not from its `effective_from`: a deadline is a promise, and
nobody can promise by what he has not heard yet (K11).

Why it is right: whoever files a case holds the customer's row while reading it (`load_tier`). A tier that changes
meanwhile waits for the filing, and then finds the case it made. So the better of both always counts, whichever of the
two came first.
"""
