"""What profile announces: that a file exists, its non-personal traits, who looks after the customer, that somebody
spoke with it, and which group it belongs to (P1, P2, P5, P6)."""

from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.events.base import Amount, Code, Event, Instant, catalogued

TOPIC = "patron.profile"

# a word of a scale; unlike a code it may be open at an end: 65+
Band = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9<>][A-Za-z0-9._:/+<>-]*$")]


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
    legal_nature: Code | None = None
    acquisition_source: Code | None = None
    listed: bool | None = None
    employees: int | None = None
    registered_capital: Amount | None = None
    annual_sales: Amount | None = None
    founded_year: int | None = None
    age_band: Band | None = None  # of a person: a step of ten years or what the file says, never the birthday
    income_band: Band | None = None
    household_size: Band | None = None
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
class EmployeeChanged(Event):
    """An employee works at this service centre from now on; None: at none. Later placements replace earlier ones."""

    type: ClassVar[str] = "profile.employee_changed.v1"
    topic: ClassVar[str] = TOPIC
    key_field: ClassVar[str] = "change_id"
    time_field: ClassVar[str] = "changed_at"

    change_id: UUID
    employee_id: Code
    centre: Code | None = None
    changed_at: Instant


@catalogued
class ContactLogged(Event):
    """Somebody spoke with the customer (P6). What was said stays with profile."""

    type: ClassVar[str] = "profile.contact_logged.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "contacted_at"

    customer_id: UUID
    entry_id: UUID
    employee_id: Code
    channel: Literal["call", "visit", "email", "fax", "letter", "chat", "meeting"]
    contacted_at: Instant
    next_step_on: date | None = None
    next_step_owner: Code | None = None


@catalogued
class NextStepCompleted(Event):
    """What had been agreed at a contact was done (P6)."""

    type: ClassVar[str] = "profile.next_step_completed.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "completed_at"

    customer_id: UUID
    entry_id: UUID
    completed_at: Instant


@catalogued
class GroupParentChanged(Event):
    """From `effective_from` on the customer is below `parent_id`, or below nobody (P2). Told in order of time."""

    type: ClassVar[str] = "profile.group_parent_changed.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "effective_from"

    customer_id: UUID
    parent_id: UUID | None = None
    effective_from: Instant
    changed_at: Instant
