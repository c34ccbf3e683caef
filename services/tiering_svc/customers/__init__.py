"""Customers: who is known to tiering, whose customers they are, who looks after them, and the lock on each.

Owns: that a customer is known (its row of `standing`, as far as it says only that), and since when it has a file
(`customer_file`). Who has a reference of it, who looks after it, at which centres employees work and when they are away
is kept by `shared.people`; who was responsible when is worked out here.

Does not own: who a customer is, its references and its team: profile does, and announces them. The tier in the row of
`standing` is the area `tiers`'.

Invariants: a customer is known from the first event about it, whichever that is. A
customer has one account manager at a time, and a deputy while the manager is away; who it was in a past month can be
told for ever, whichever of these facts came first. Neither the name nor the reference of a customer is stored here:
sources are codes, people are ids.

Time: a team member counts from `assigned_at` to `released_at`, a centre from `changed_at` to the next change: when it
was so, not when it was recorded. Visibility counts from when it is known here.

Why it is right: before the first handler of a batch its customers are locked in the order of their keys
(`lock_the_customers_of_a_batch`), so two batches never wait for each other in a circle, and each decision about a
customer sees all facts before it. What is not an actor's to see is not found (404), like what does not exist.
"""
