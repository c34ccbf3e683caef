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
    """`customer_id` is below `parent_id` from `since` until `until`; None: to this day."""

    customer_id: UUID
    parent_id: UUID
    since: datetime
    until: datetime | None = None


def put_under(
    history: Sequence[Membership], new: Membership, above: Sequence[Membership], at: datetime
) -> tuple[list[Membership], list[Event]]:
    """A customer goes below a parent, away from the one it had. Returns the memberships that changed.

    `history` is all of the customer's own; `above` those of the parent and of everybody above it, from then on.
    """
    if new.customer_id == new.parent_id:
        raise invalid("own_parent", "a customer is not its own parent", pointer="/parent_id")
    open_one = _open(history)
    if open_one is not None and open_one.parent_id == new.parent_id:
        return [], []
    _refuse_earlier(history, new.since)
    by_customer: dict[UUID, list[Membership]] = {}
    for one in above:
        by_customer.setdefault(one.customer_id, []).append(one)
    if leads_to(new.customer_id, new.parent_id, new.since, None, by_customer):
        raise conflict("would_be_a_circle", "the parent is below this customer, now or at that time")
    ended = [] if open_one is None else [replace(open_one, until=new.since)]
    return [*ended, new], [_told(new.customer_id, new.parent_id, new.since, at)]


def take_out(history: Sequence[Membership], at: datetime) -> tuple[list[Membership], list[Event]]:
    """From now on it is below nobody. What is below it stays there. Doing it again changes nothing."""
    open_one = _open(history)
    if open_one is None:
        return [], []
    _refuse_earlier(history, at)
    return [replace(open_one, until=at)], [_told(open_one.customer_id, None, at, at)]


def leads_to(
    customer_id: UUID,
    below: UUID,
    since: datetime,
    until: datetime | None,
    by_customer: Mapping[UUID, Sequence[Membership]],
) -> bool:
    """Whether the way up from `below` comes to `customer_id` at any instant between the two."""
    for one in by_customer.get(below, ()):
        start = max(since, one.since)
        end = min((end for end in (until, one.until) if end is not None), default=None)
        if end is not None and start >= end:
            continue
        if one.parent_id == customer_id or leads_to(customer_id, one.parent_id, start, end, by_customer):
            return True
    return False


def _open(history: Sequence[Membership]) -> Membership | None:
    return next((one for one in history if one.until is None), None)


def _refuse_earlier(history: Sequence[Membership], since: datetime) -> None:
    latest = max((one.until or one.since for one in history), default=None)
    if latest is not None and since <= latest:
        raise conflict(
            "before_the_last_change", "the customer's place in its group changed later than that",
            last_change=latest.isoformat(),
        )  # fmt: skip


def _told(customer_id: UUID, parent_id: UUID | None, since: datetime, at: datetime) -> GroupParentChanged:
    return GroupParentChanged(customer_id=customer_id, parent_id=parent_id, effective_from=since, changed_at=at)
