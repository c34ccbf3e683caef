"""Who was in the group of a customer, and from when on (P2): a tree of parents and children that is moved and split.

Customers who were merged are one (P12): their children are children of all of them, and of their parents that of the
root holds. So the members of a group are all ids of all customers in it.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import NamedTuple
from uuid import UUID


class GroupChange(NamedTuple):
    """From `since` on, until its next change, a customer is directly below a parent; None: below nobody."""

    customer_id: UUID
    since: datetime
    parent_id: UUID | None


class Merge(NamedTuple):
    """From `merged_at` on the absorbed customer and the root are one (P12), each with all that it had absorbed."""

    merged_at: datetime
    root_id: UUID
    absorbed_id: UUID


@dataclass(frozen=True, slots=True)
class GroupHistory:
    """The members of the group that a customer is the head of, from each of the instants `since` on; the customer
    itself first (of those who are one, the root). Before the first instant, and while it is below somebody else, it is
    alone. `customers`: how many they are, those who are one counted once."""

    head: UUID
    since: Sequence[datetime]
    members: Sequence[tuple[UUID, ...]]
    customers: Sequence[int]

    @property
    def everybody(self) -> frozenset[UUID]:
        """All who ever were members, the head included."""
        return frozenset((self.head,)).union(*self.members)

    def members_at(self, instant: datetime) -> tuple[UUID, ...]:
        """The members as of an instant, the head first."""
        begun = bisect_right(self.since, instant)
        return self.members[begun - 1] if begun else (self.head,)

    def customers_at(self, instant: datetime) -> int:
        """How many customers the members are as of an instant."""
        begun = bisect_right(self.since, instant)
        return self.customers[begun - 1] if begun else 1

    def until(self, instant: datetime) -> "GroupHistory":
        """The same without the changes after an instant."""
        begun = bisect_right(self.since, instant)
        return replace(self, since=self.since[:begun], members=self.members[:begun], customers=self.customers[:begun])


def group_history(head: UUID, changes: Iterable[GroupChange], merges: Iterable[Merge] = ()) -> GroupHistory:
    """The history of a head, of all changes of everybody who ever was below it, directly or through others, and of the
    head's own, with the merges of all of these, in any order. Only instants at which there are other members than
    before are kept. Without changes: who was one with the customer."""
    parents: dict[UUID, UUID | None] = {}
    identities = Identities()
    since, members, customers = list[datetime](), list[tuple[UUID, ...]](), list[int]()
    before: tuple[UUID, ...] = (head,)
    happened: list[GroupChange | Merge] = sorted([*changes, *merges], key=_time_of)
    for instant, of_instant in groupby(happened, key=_time_of):
        for fact in of_instant:
            if isinstance(fact, Merge):
                identities.merge(fact)
            else:
                parents[fact.customer_id] = fact.parent_id
        now, count = _members(head, parents, identities)
        if now != before:
            since.append(instant)
            members.append(now)
            customers.append(count)
            before = now
    return GroupHistory(head, since, members, customers)


def _time_of(fact: GroupChange | Merge) -> datetime:
    return fact.merged_at if isinstance(fact, Merge) else fact.since


class Identities:
    """Who is one with whom after merges, taken in by time. A merge of those who are one already changes nothing, so
    what has come only in part makes no circle."""

    def __init__(self) -> None:
        self._classes: dict[UUID, tuple[UUID, ...]] = {}  # of each id the ids that are one with it, the root first

    def merge(self, merge: Merge) -> bool:
        """Take in the next merge; whether it made two one."""
        root, absorbed = self.class_of(merge.root_id), self.class_of(merge.absorbed_id)
        if root == absorbed:
            return False
        together = (root[0], *sorted((*root[1:], *absorbed)))
        self._classes |= dict.fromkeys(together, together)
        return True

    def class_of(self, customer_id: UUID) -> tuple[UUID, ...]:
        """All ids that are one with this one, itself included, the root first."""
        return self._classes.get(customer_id, (customer_id,))


def _members(head: UUID, parents: Mapping[UUID, UUID | None], identities: Identities) -> tuple[tuple[UUID, ...], int]:
    """Everybody has at most one parent, and the head none: there is no circle on any way down from it, even where the
    changes of different customers are known only in part. Returns also how many customers they are."""
    own = identities.class_of(head)
    parent = parents.get(own[0])
    if parent is not None and parent not in own:
        return own, 1
    children: dict[UUID, list[UUID]] = defaultdict(list)
    for customer_id, parent_id in parents.items():
        if parent_id is not None and identities.class_of(customer_id)[0] == customer_id:
            children[identities.class_of(parent_id)[0]].append(customer_id)
    below, passed = list[UUID](), {own[0]}
    level = children[own[0]]
    while level := [root for root in level if root not in passed]:
        below += level
        passed.update(level)
        level = [child for parent in level for child in children[parent]]
    everybody = (customer_id for root in below for customer_id in identities.class_of(root))
    return (own[0], *sorted((*own[1:], *everybody))), 1 + len(below)
