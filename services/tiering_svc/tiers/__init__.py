"""Tiers: which tier a customer has, since when, and why; up at once, down at reviews, corrected by reversals (T10).

Owns: `standing` (the open row of each customer, with grace and promises), `tier_history` (every row ever, with the
reasons of each decision), `tier_watch` (since when a customer is below its tier), `tier_privilege` (tiers set or
promised by a person), the explanation in two languages (T9), and the event `TierChanged`.

Does not own: the figures (`indicators`), what level they give (`policies`), when all customers are reviewed
(`reviews`), what a tier is worth to the customer (loyalty).

Invariants: the rows in force of a customer follow each other without gap or overlap, one of them open. An order never
lowers a tier. A rise whose orders came back is corrected from its own date, and never below what the customer had
before it (K18). What a person sets holds until its end. Reasons are kept with a decision and never computed again; a
reader is shown those that stand on figures it may read. Tiers of different ladders are not compared: a review places
everybody anew.

Customers who are one (P12) have the same tiers from their merge on, decided by the facts of all, and beginning with the
best tier of one of them. For the root holds what holds for any member: overrides, promises, key account. Undone, each
has what its own facts give.

Time: a row is in force from an instant on, and known from when the newest fact it stands on was recorded; so the
history as it was known at any instant is still there. A late order counts from its own date, together with the orders
after it. An override ends by a timer, at its hour, whenever that fires.

Why it is right: a decision is a pure function, (standing, facts, rules) -> (standing, rows), taken under the
customer's lock (`domain/tier_changes.py`). While orders come in order of time, sums of windows are enough (the fast
path); where a late order or a reversal could matter, single orders are walked (the exact path). A state machine takes
both for the same facts in any split into batches and finds the same history.
"""
