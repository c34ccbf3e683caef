"""Group customers (P2): a tree of parents and children that is moved and split without losing what it was before.

A customer is below at most one parent at a time, for an interval. History is closed: a change comes after the last one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from shared.errors import conflict, invalid
from shared.events import Event, GroupParentChanged


@dataclass(frozen=True, slots=True)
class Membership:
    """`customer_id` is directly below `parent_id` in [since, until); `until` None: to this day."""

    customer_id: UUID
    parent_id: UUID
    since: datetime
    until: datetime | None = None

    def with_absorbed(self, absorbed_id: UUID, root_id: UUID) -> "Membership":
        """The same place where `absorbed_id` is one with `root_id` (P12)."""
        customer_id, parent_id = (root_id if id == absorbed_id else id for id in (self.customer_id, self.parent_id))
        return replace(self, customer_id=customer_id, parent_id=parent_id)

    @property
    def is_within(self) -> bool:
        """Whether it is between two members of one merged customer: such a one says nothing of it."""
        return self.customer_id == self.parent_id


def place_in_group(members: Sequence[UUID], present: Sequence[Membership]) -> Membership | None:
    """Below whom a customer is now that is one with others (P12): where the first of its `members` is that has a place,
    the root before the others by id. `present`: their present memberships, with whoever stands for each customer."""
    outside = {place.customer_id: place for place in present if place.parent_id not in members}
    return next((outside[id] for id in members if id in outside), None)


def move_below(
    history: Sequence[Membership], new: Membership, above: Sequence[Membership], at: datetime
) -> tuple[list[Membership], list[Event]]:
    """A customer goes below a parent, away from the one it had. Returns the changed memberships, and the events.

    `history` is all of the customer's own memberships; `above` those of the parent and of everybody above it, as far as
    they reach after `new.since`; of merged customers (P12) with whoever stands for them. Refused: its own parent, a
    cycle at any time (P2), a change before the last one.
    """
    if new.customer_id == new.parent_id:
        raise invalid("own_parent", "A customer is not its own parent.", pointer="/parent_id")
    present = _current(history)
    if present is not None and present.parent_id == new.parent_id:
        return [], []
    _require_after_last_change(history, new.since)
    by_customer: dict[UUID, list[Membership]] = {}
    for membership in above:
        if not membership.is_within:
            by_customer.setdefault(membership.customer_id, []).append(membership)
    if has_ancestor(new.customer_id, new.parent_id, new.since, None, by_customer):
        raise conflict("would_be_a_circle", "The parent is below this customer, now or at that time.")
    ended = [] if present is None else [replace(present, until=new.since)]
    return [*ended, new], [_parent_changed(new.customer_id, new.parent_id, new.since, at)]


def leave_group(history: Sequence[Membership], at: datetime) -> tuple[list[Membership], list[Event]]:
    """From `at` on the customer is below nobody; what is below it stays there. Leaving again changes nothing."""
    present = _current(history)
    if present is None:
        return [], []
    _require_after_last_change(history, at)
    return [replace(present, until=at)], [_parent_changed(present.customer_id, None, at, at)]


def has_ancestor(
    customer_id: UUID,
    below: UUID,
    since: datetime,
    until: datetime | None,
    by_customer: Mapping[UUID, Sequence[Membership]],
) -> bool:
    """Whether the way up from `below` comes to `customer_id` at any instant in [since, until); None: without an end."""
    for membership in by_customer.get(below, ()):
        start = max(since, membership.since)
        end = min((end for end in (until, membership.until) if end is not None), default=None)
        if end is not None and start >= end:
            continue
        if membership.parent_id == customer_id or has_ancestor(
            customer_id, membership.parent_id, start, end, by_customer
        ):
            return True
    return False


def _current(history: Sequence[Membership]) -> Membership | None:
    return next((membership for membership in history if membership.until is None), None)


def _require_after_last_change(history: Sequence[Membership], since: datetime) -> None:
    latest = max((membership.until or membership.since for membership in history), default=None)
    if latest is not None and since <= latest:
        raise conflict(
            "before_the_last_change", "The customer's place in its group changed later than that.",
            last_change=latest.isoformat(),
        )  # fmt: skip


def _parent_changed(customer_id: UUID, parent_id: UUID | None, since: datetime, at: datetime) -> GroupParentChanged:
    return GroupParentChanged(customer_id=customer_id, parent_id=parent_id, effective_from=since, changed_at=at)
