"""Merges: two customers who are found to be one, and taken apart again without loss (P12).

Owns: whether a merge may be made or undone; `customer_merge` in this database, and with each merge what was decided
(`merge_decision`: by field whose value counts, who did it); the events `CustomersMerged` and `CustomersUnmerged`, one
each for the root and the absorbed customer, both in one transaction.

Does not own: how one file is shown of several (files), nor what a merge means for tiers, points and deadlines: each
service reads through its own copy of merges (`shared.customers`).

Invariants: nothing is written anew under another id: files, references, teams, places in groups and contact logs stay
where they are, so undoing restores them by closing an interval. Merges in force form a forest; the last one made of a
customer is the first one undone. An organisation and a person never become one. A merge that would make a circle of
groups is refused. Where there is one of a kind (account manager, group parent), the root's counts while they are one.

Time: a merge holds from `merged_at` until `unmerged_at`, the instants of the transactions; in one customer they grow.

Why it is right: one merge or change of a group at a time (the advisory lock of groups), and all members' files are
locked, so what was checked still holds when it is written. `customer.root_id` is written in the same transaction, and
`patron verify` makes it anew from the merges in force.
"""
