"""Group customers over HTTP (P2)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import Field

from services.profile_svc.groups.domain import Membership
from services.profile_svc.groups.repository import Member
from shared.chassis import Id, Instant, Read, Shape


class ParentPut(Shape):
    parent_id: Id
    since: Instant | None = Field(default=None, alias="from", description="now, if not said; after the last change")


class PlaceRead(Read):
    """Below whom the customer is or was: from, and until when."""

    parent_id: Id
    from_: Instant = Field(serialization_alias="from")
    to: Instant | None


class ParentRead(Read):
    parent_id: Id | None = Field(description="null: it is below nobody now")
    history: list[PlaceRead] = Field(description="oldest first, the present one included")


class MemberRead(Read):
    customer_id: Id
    name: str | None
    parent_id: Id | None
    from_: Instant | None = Field(serialization_alias="from")


class GroupRead(Read):
    customer_id: Id
    as_of: Instant
    members: list[MemberRead] = Field(description="the customer itself first, then from the top down")


def show_parent(places: Sequence[Membership], at: datetime) -> ParentRead:
    now = next((one.parent_id for one in places if one.since <= at and (one.until is None or one.until > at)), None)
    return ParentRead(
        parent_id=now, history=[PlaceRead(parent_id=one.parent_id, from_=one.since, to=one.until) for one in places]
    )


def show_group(customer_id: UUID, as_of: datetime, members: Sequence[Member]) -> GroupRead:
    return GroupRead(
        customer_id=customer_id,
        as_of=as_of,
        members=[
            MemberRead(customer_id=one.customer_id, name=one.name, parent_id=one.parent_id, from_=one.since)
            for one in members
        ],
    )
