"""Group customers over HTTP (P2)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import Field

from services.profile_svc.groups.domain import Membership, place_in_group
from services.profile_svc.groups.repository import GroupMember
from shared.chassis import Id, Instant, Read, Shape


class ParentPut(Shape):
    """Below whom the customer goes."""

    parent_id: Id
    since: Instant | None = Field(default=None, alias="from", description="now, if not said; after the last change")


class MembershipRead(Read):
    """Below whom the customer is or was: from, and until when."""

    parent_id: Id
    from_: Instant = Field(serialization_alias="from")
    to: Instant | None


class ParentRead(Read):
    """Below whom the customer is now, and all its memberships so far."""

    parent_id: Id | None = Field(description="null: it is below nobody now")
    history: list[MembershipRead] = Field(description="oldest first, the present one included")


class GroupMemberRead(Read):
    """A customer of the group, and directly below whom it is there."""

    customer_id: Id
    name: str | None
    parent_id: Id | None
    from_: Instant | None = Field(serialization_alias="from")


class GroupRead(Read):
    """The group below a customer as of an instant."""

    customer_id: Id
    as_of: Instant
    members: list[GroupMemberRead] = Field(description="the customer itself first, then from the top down")


def show_parent(members: Sequence[UUID], memberships: Sequence[Membership], at: datetime) -> ParentRead:
    """The memberships of a customer, of all its `members` where it was merged (P12), and the parent it has at `at`."""
    present = [place for place in memberships if place.since <= at and (place.until is None or place.until > at)]
    place = place_in_group(members, present)
    return ParentRead(
        parent_id=None if place is None else place.parent_id,
        history=[
            MembershipRead(parent_id=membership.parent_id, from_=membership.since, to=membership.until)
            for membership in memberships
        ],
    )


def show_group(customer_id: UUID, as_of: datetime, members: Sequence[GroupMember]) -> GroupRead:
    """The group below a customer."""
    return GroupRead(
        customer_id=customer_id,
        as_of=as_of,
        members=[
            GroupMemberRead(
                customer_id=member.customer_id, name=member.name, parent_id=member.parent_id, from_=member.since
            )
            for member in members
        ],
    )
