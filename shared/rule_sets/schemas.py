"""Rule sets over HTTP: what every kind has in common, and the shapes that carry a kind's own name.

Generators of clients keep one schema a title, so each kind's document and reads are titled by the kind.
"""

from datetime import datetime
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from pydantic import Field, create_model

from shared.chassis import Instant, Name, Read, Shape, Text
from shared.chassis.http.pages import Page

VersionNumber = Annotated[int, Field(strict=True, ge=1, le=2**31 - 1, json_schema_extra={"format": "int32"})]
Count = Annotated[int, Field(json_schema_extra={"format": "int32"})]


class RuleSetName(Shape):
    """What people call it, in both languages."""

    en: Name
    zh: Name


class RuleSetStepCreate(Shape):
    """A step of a version: approval, rejection, retirement."""

    version: VersionNumber | None = Field(
        default=None, description="the newest (for a retirement: the one in force), if not given"
    )
    note: Text | None = None


class RuleSetActivationCreate(Shape):
    """From when on a version is in force."""

    version: VersionNumber | None = Field(default=None, description="the newest, if not given")
    effective_from: Instant | None = Field(
        default=None, description="now (or after the notice these rules need), if not given"
    )
    emergency: bool = Field(
        default=False,
        description="without notice: for a version that was approved, by a third person with `policies:emergency`",
    )
    note: Text | None = None


class RuleSetStepRead(Read):
    """A line of history."""

    version: Count
    step: str = Field(
        description="draft, approved, active, retired, rejected, what one person asked another for"
        " (retirement_requested, activation_requested), emergency, or what these rules note beside them"
    )
    at: datetime
    by: str
    effective_from: datetime | None = Field(description="since when it is active or retired")
    note: str | None
    reference: UUID | None = Field(description="what it came from, like a run")


class RuleSetVersionRead(Read):
    """A version of a rule set; what it says never changes."""

    id: UUID
    version: Count
    status: str = Field(description="draft, approved, scheduled, active, retired or rejected: as it stands now")
    name: dict[str, str] | None
    document: dict[str, Any]
    note: str | None
    author: str
    created_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    activated_by: str | None
    activated_at: datetime | None
    retired_by: str | None
    retired_at: datetime | None = Field(description="when its end was decided")
    effective_from: datetime | None
    effective_to: datetime | None = Field(description="the first instant at which it is not in force any more")


class RuleSetInForceRead(Read):
    """A version that was in force, and its interval as it was known."""

    id: UUID
    version: Count
    name: dict[str, str] | None
    document: dict[str, Any]
    effective_from: datetime
    effective_to: datetime | None


class RuleSetShapes(NamedTuple):
    """The models of one kind, titled by it."""

    create: type[Shape]
    version: type[RuleSetVersionRead]
    whole: type[Any]  # a version, all versions of its id, and their history
    page: Any
    in_force: type[Any]


def shapes_of(
    title: str, document: type[Shape], version_read: type[RuleSetVersionRead], *, named: bool
) -> RuleSetShapes:
    """`title` is the kind in the singular, in capitals: TierPolicy gives TierPolicyCreate, TierPolicyVersionRead …"""
    fields: dict[str, Any] = {"document": (document, ...), "note": (Text | None, None)}
    if named:
        fields = {"name": (RuleSetName, ...), **fields}
    create = create_model(f"{title}Create", __base__=Shape, **fields)
    version = create_model(f"{title}VersionRead", __base__=version_read)
    whole = create_model(
        f"{title}Read",
        __base__=version_read,
        versions=(list[version], Field(description="newest first")),
        steps=(list[RuleSetStepRead], Field(description="who did what when, oldest first")),
    )
    item = create_model(f"{title}InForceItemRead", __base__=RuleSetInForceRead)
    in_force = create_model(
        f"{title}InForceRead",
        __base__=Read,
        as_of=(datetime, ...),
        known_at=(datetime, ...),
        items=(list[item], Field(description="by id; of some rules there is one at any time")),
    )
    return RuleSetShapes(create, version, whole, Page[version], in_force)
