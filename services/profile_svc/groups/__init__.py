"""Groups: customers below a parent, a tree that is moved and split without losing what it was before (P2).

Owns: `group_membership`: who is directly below whom, from when to when.

Does not own: what is added up over a group (tiering does, from `GroupParentChanged`).

Invariants: a customer is below at most one parent at a time, and never below itself, directly or through others, at any
instant of past or future. What is below a customer that moves comes along. History is closed: a change comes after the
customer's last one.

Time: `since` is when a membership begins, `until` when it ends; both are when it was so, not when it was entered. The
group as of any instant can be read.

Why it is right: one change of any group at a time (an advisory lock), since two moves that are each right can make a
circle together; the database itself excludes overlapping memberships of a customer.
"""
