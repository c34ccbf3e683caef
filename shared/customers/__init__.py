"""Which customers are one: the merges that profile announced, kept by every service in a table of the same shape.

Nothing is re-keyed when two customers are found to be one: facts stay under the id they were addressed to. A merge is
an interval, `[merged_at, unmerged_at)`, in which the absorbed customer, with all that it had absorbed itself, and the
root are one. Whoever reads asks for the members of a customer and adds them up; whoever decides locks and reads all of
them; undoing closes the interval, so everything is as if they had never been one.

    subscriptions.on(CustomersMerged, merges.when_customers_are_merged_keep_it, copy=the_merges)
    members = (await list_members(tx, [customer_id]))[customer_id]     # root first; the customer alone if never merged
    ids = await list_connected(tx, customer_ids)                       # to lock: also who was one with them once

Profile alone decides whether a merge may be made or undone (last made, first undone), so the merges in force form a
forest. Here either of the two events of a merge is enough, in any order: an undoing may be heard before its merge.

Time: a merge holds from when it was made, not from when it is heard of here.
"""

from shared.customers.merges import (
    forget_merges,
    list_connected,
    list_members,
    list_roots,
    when_customers_are_merged_keep_it,
    when_customers_are_unmerged_end_it,
)
from shared.customers.tables import customer_merge

__all__ = [
    "customer_merge",
    "forget_merges",
    "list_connected",
    "list_members",
    "list_roots",
    "when_customers_are_merged_keep_it",
    "when_customers_are_unmerged_end_it",
]
