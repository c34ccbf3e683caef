"""Who was in the group of a customer, and from when on (P2): a tree of parents and children that is moved and split."""

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


@dataclass(frozen=True, slots=True)
class GroupHistory:
    """The members of the group that a customer is the head of, from each of the instants `since` on; the customer
    itself first. Before the first instant, and while it is below somebody else, it is alone."""

    head: UUID
    since: Sequence[datetime]
    members: Sequence[tuple[UUID, ...]]

    @property
    def everybody(self) -> frozenset[UUID]:
        """All who ever were members, the head included."""
        return frozenset((self.head,)).union(*self.members)

    def members_at(self, instant: datetime) -> tuple[UUID, ...]:
        """The members as of an instant, the head first."""
        begun = bisect_right(self.since, instant)
        return self.members[begun - 1] if begun else (self.head,)

    def until(self, instant: datetime) -> "GroupHistory":
        """The same without the changes after an instant."""
        begun = bisect_right(self.since, instant)
        return replace(self, since=self.since[:begun], members=self.members[:begun])


def group_history(head: UUID, changes: Iterable[GroupChange]) -> GroupHistory:
    """The history of a head, of all changes of everybody who ever was below it, directly or through others, and of the
    head's own, in any order. Only instants at which there are other members than before are kept."""
    parents: dict[UUID, UUID | None] = {}
    since, members = list[datetime](), list[tuple[UUID, ...]]()
    before: tuple[UUID, ...] = (head,)
    by_time = sorted(changes, key=lambda change: change.since)
    for instant, of_instant in groupby(by_time, key=lambda change: change.since):
        parents |= {change.customer_id: change.parent_id for change in of_instant}
        now = _members(head, parents)
        if now != before:
            since.append(instant)
            members.append(now)
            before = now
    return GroupHistory(head, since, members)


def _members(head: UUID, parents: Mapping[UUID, UUID | None]) -> tuple[UUID, ...]:
    """Everybody has at most one parent, and the head none: there is no circle on any way down from it, even where the
    changes of different customers are known only in part."""
    if parents.get(head) is not None:
        return (head,)
    children: dict[UUID, list[UUID]] = defaultdict(list)
    for customer_id, parent_id in parents.items():
        if parent_id is not None:
            children[parent_id].append(customer_id)
    below: list[UUID] = []
    level = children[head]
    while level:
        below += level
        level = [child for parent in level for child in children[parent]]
    return (head, *sorted(below))
