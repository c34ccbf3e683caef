"""What every owner announces of its access trail: the seals over its lines (P13). Not the lines."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from shared.events import complaint, intake, loyalty, profile, tiering
from shared.events.base import Code, Event, Instant, catalogued


class AccessTrailSealed(Event):
    """Lines of an owner's access trail were sealed: the trail has at least these lines ever since, unchanged."""

    key_field: ClassVar[str] = "trail"
    time_field: ClassVar[str] = "sealed_at"

    trail: Code
    """Which trail of the owner it is: `access`."""
    number: int
    """The seal's number, 1, 2, 3 …"""
    last_line: int
    """The number of the last line that it is over."""
    lines: int
    """Over how many lines it is, after those of the seal before it."""
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256, in hexadecimal, over the digest of the seal before it and its lines."""
    sealed_at: Instant
    """When they were sealed."""


@catalogued
class IntakeTrailSealed(AccessTrailSealed):
    """Lines of the gateway's access trail were sealed."""

    type: ClassVar[str] = "intake.access_trail_sealed.v1"
    topic: ClassVar[str] = intake.TOPIC


@catalogued
class ProfileTrailSealed(AccessTrailSealed):
    """Lines of profile's access trail were sealed."""

    type: ClassVar[str] = "profile.access_trail_sealed.v1"
    topic: ClassVar[str] = profile.TOPIC


@catalogued
class TieringTrailSealed(AccessTrailSealed):
    """Lines of tiering's access trail were sealed."""

    type: ClassVar[str] = "tiering.access_trail_sealed.v1"
    topic: ClassVar[str] = tiering.TOPIC


@catalogued
class ComplaintTrailSealed(AccessTrailSealed):
    """Lines of complaint's access trail were sealed."""

    type: ClassVar[str] = "complaint.access_trail_sealed.v1"
    topic: ClassVar[str] = complaint.TOPIC


@catalogued
class LoyaltyTrailSealed(AccessTrailSealed):
    """Lines of loyalty's access trail were sealed."""

    type: ClassVar[str] = "loyalty.access_trail_sealed.v1"
    topic: ClassVar[str] = loyalty.TOPIC


SEALED_BY: Mapping[str, type[AccessTrailSealed]] = {
    event.topic: event
    for event in (IntakeTrailSealed, ProfileTrailSealed, TieringTrailSealed, ComplaintTrailSealed, LoyaltyTrailSealed)
}
"""The event of each owner's topic."""
