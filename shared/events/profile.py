"""What profile announces: that a file exists, its non-personal traits, and who looks after the customer (P1, P5)."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.events.base import Code, Event, Instant, catalogued

TOPIC = "patron.profile"


@catalogued
class CustomerRegistered(Event):
    """A file was opened, by hand or as the stub of a reference that intake met."""

    type: ClassVar[str] = "profile.customer_registered.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "registered_at"

    customer_id: UUID
    kind: Literal["organisation", "person", "unknown"]
    registered_at: Instant


@catalogued
class CustomerTraitsChanged(Event):
    """Codes other services grade by. Free text, names and numbers stay with profile."""

    type: ClassVar[str] = "profile.customer_traits_changed.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "changed_at"

    customer_id: UUID
    kind: Literal["organisation", "person", "unknown"]
    region: Code | None = None
    industry: Code | None = None
    completeness: int  # percent
    changed_at: Instant


@catalogued
class TeamMemberAssigned(Event):
    type: ClassVar[str] = "profile.team_member_assigned.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "assigned_at"

    customer_id: UUID
    assignment_id: UUID
    employee_id: Code
    role: Literal["account_manager", "executive_sponsor", "service_engineer", "inside_sales", "field_sales"]
    assigned_at: Instant


@catalogued
class TeamMemberReleased(Event):
    type: ClassVar[str] = "profile.team_member_released.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "released_at"

    customer_id: UUID
    assignment_id: UUID
    employee_id: Code
    role: Literal["account_manager", "executive_sponsor", "service_engineer", "inside_sales", "field_sales"]
    released_at: Instant


@catalogued
class EmployeePlaced(Event):
    """An employee works at this service centre from now on; None: at none. Later placements replace earlier ones."""

    type: ClassVar[str] = "profile.employee_placed.v1"
    topic: ClassVar[str] = TOPIC
    key_field: ClassVar[str] = "placement_id"
    time_field: ClassVar[str] = "placed_at"

    placement_id: UUID
    employee_id: Code
    centre: Code | None = None
    placed_at: Instant
