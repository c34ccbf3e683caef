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

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

AGE_STEPS = (19, 25, 35, 45, 55, 65)
"""At which ages a step begins; before the first one a person is in the step `<19`."""


@catalogued
class CustomerRegistered(Event):
    """A customer's file was opened, by hand or as the stub of a reference that intake met."""

    type: ClassVar[str] = "profile.customer_registered.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "registered_at"

    customer_id: UUID
    """Whose file it is."""
    kind: Literal["organisation", "person", "unknown"]
    """What the customer is; `unknown` until somebody says so."""
    registered_at: Instant
    """When the file was opened."""


@catalogued
class CustomerTraitsChanged(Event):
    """The codes that other services grade a customer by changed. Free text, names and numbers stay with profile."""

    type: ClassVar[str] = "profile.customer_traits_changed.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "changed_at"

    customer_id: UUID
    """Whose traits they are."""
    kind: Literal["organisation", "person", "unknown"]
    """What the customer is."""
    region: Code | None = None
    """Region, a code of the company."""
    industry: Code | None = None
    """Of an organisation: its industry, a code of the company."""
    legal_nature: Code | None = None
    """Of an organisation: its legal form, a code of the company."""
    acquisition_source: Code | None = None
    """How the customer was won, a code of the company."""
    listed: bool | None = None
    """Of an organisation: whether it is listed on a stock exchange."""
    employees: int | None = None
    """Of an organisation: how many people it employs."""
    registered_capital: Amount | None = None
    """Of an organisation, in the accounting currency."""
    annual_sales: Amount | None = None
    """Of an organisation: of its last known year, in the accounting currency."""
    founded_year: int | None = None
    """Of an organisation: the year it was founded in."""
    age_band: Band | None = None
    """Of a person: a step of ten years, or what the file says; never the birthday."""
    income_band: Band | None = None
    """Of a person: a step of the company's scale."""
    household_size: Band | None = None
    """Of a person: a step of the company's scale."""
    completeness: int
    """How much of the file is filled in, 0 to 100 percent."""
    age_band_since: int | None = None
    """Of a person whose `age_band` is a step of `AGE_STEPS`: the year in which it began, so that the step of any other
    year follows. Missing where the file says the band itself. Nobody is told apart beyond 90 years."""
    changed_at: Instant
    """When the file was changed so."""


@catalogued
class TeamMemberAssigned(Event):
    """An employee looks after the customer from now on (P5)."""

    type: ClassVar[str] = "profile.team_member_assigned.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "assigned_at"

    customer_id: UUID
    """Whose team it is."""
    assignment_id: UUID
    """The assignment; its end names it again."""
    employee_id: Code
    """Who looks after the customer, by the employee's code."""
    role: Code
    """In which role: `account_manager` (a customer has one at a time), `executive_sponsor`, `service_engineer`,
    `inside_sales`, `field_sales`; there may be others."""
    assigned_at: Instant
    """From when on it holds."""


@catalogued
class TeamMemberReleased(Event):
    """An employee looks after the customer no longer (P5)."""

    type: ClassVar[str] = "profile.team_member_released.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "released_at"

    customer_id: UUID
    """Whose team it was."""
    assignment_id: UUID
    """The assignment that ended."""
    employee_id: Code
    """Who looked after the customer, by the employee's code."""
    role: Code
    """In which role: `account_manager`, `executive_sponsor`, `service_engineer`, `inside_sales`, `field_sales`; there
    may be others."""
    released_at: Instant
    """Until when it held."""


@catalogued
class EmployeeChanged(Event):
    """Where an employee works, and until when they are away, from an instant on until that of the next change: the
    latest one holds as a whole."""

    type: ClassVar[str] = "profile.employee_changed.v1"
    topic: ClassVar[str] = TOPIC
    key_field: ClassVar[str] = "employee_id"
    time_field: ClassVar[str] = "changed_at"

    change_id: UUID
    """The change."""
    employee_id: Code
    """Who it is, by the employee's code, which is also the key: changes of one employee are heard in their order."""
    centre: Code | None = None
    """The service centre the employee works at from then on; missing: at none."""
    absent_from: Instant | None = None
    """When the employee's absence begins or began; missing: none is known."""
    absent_until: Instant | None = None
    """When they are back; missing: not known yet."""
    deputy_id: Code | None = None
    """Who stands in for them meanwhile, by that employee's code; missing: nobody."""
    changed_at: Instant
    """Since when; it may have been told much later."""
    unit: Code | None = None
    """The unit of the company's own tree that the employee belongs to; missing: to none."""
    subject_digest: Digest | None = None
    """SHA-256, in hexadecimal, of the subject that the employee signs in with: it is compared, and read by nobody.
    Missing: the employee does not sign in."""
    skills: tuple[Code, ...] = ()
    """What the employee can do, codes of the company."""
    languages: tuple[Code, ...] = ()
    """Which languages the employee speaks, as BCP 47 tags."""
    capacity: int | None = None
    """How many accounts the employee can look after; missing: as many as the rules say."""
    joined_at: Instant | None = None
    """When the employee joined; missing: it is not known."""
    left_at: Instant | None = None
    """When the employee left, or will; missing: the employee stays."""


@catalogued
class UnitChanged(Event):
    """A unit of the company's own tree (group, province, city, branch) stands below another one from now on (P5). Its
    name stays with profile."""

    type: ClassVar[str] = "profile.unit_changed.v1"
    topic: ClassVar[str] = TOPIC
    key_field: ClassVar[str] = "unit"
    time_field: ClassVar[str] = "changed_at"

    unit: Code
    """Which unit it is, by the company's code."""
    parent: Code | None = None
    """The unit it stands directly below; missing: it is the top of a tree."""
    closed: bool = False
    """Whether the unit is there no more."""
    changed_at: Instant
    """When it was changed so."""


@catalogued
class ContactLogged(Event):
    """Somebody of the company spoke with the customer (P6). What was said stays with profile."""

    type: ClassVar[str] = "profile.contact_logged.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "contacted_at"

    customer_id: UUID
    """Who was spoken with."""
    entry_id: UUID
    """The entry of the contact log."""
    employee_id: Code
    """Who spoke with the customer, by the employee's code."""
    channel: Code
    """How they spoke: `call`, `visit`, `email`, `fax`, `letter`, `chat`, `meeting`; there may be others."""
    contacted_at: Instant
    """When they spoke."""
    next_step_on: date | None = None
    """By which day something was agreed to be done, where it was."""
    next_step_owner: Code | None = None
    """Who owes it, by the employee's code, where somebody does."""


@catalogued
class NextStepCompleted(Event):
    """What had been agreed at a contact was done (P6)."""

    type: ClassVar[str] = "profile.next_step_completed.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "completed_at"

    customer_id: UUID
    """Who had been spoken with."""
    entry_id: UUID
    """The entry of the contact log in which it had been agreed."""
    completed_at: Instant
    """When it was done."""


@catalogued
class GroupParentChanged(Event):
    """The customer is below another one of its group, or below nobody, from now on (P2). Announced in order of time."""

    type: ClassVar[str] = "profile.group_parent_changed.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "effective_from"

    customer_id: UUID
    """Whose place in a group it is."""
    parent_id: UUID | None = None
    """The customer it is directly below; missing: it is below nobody."""
    effective_from: Instant
    """From when on it holds."""
    changed_at: Instant
    """When the file was changed so."""


@catalogued
class CustomersMerged(Event):
    """Two customers were found to be one (P12): announced once for each of the two, with the same content but for whose
    event it is. Either of both is enough to know the merge."""

    type: ClassVar[str] = "profile.customers_merged.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "merged_at"

    customer_id: UUID
    """Whose event it is: the root or the absorbed customer."""
    merge_id: UUID
    """The merge; its undoing names it again."""
    root_id: UUID
    """Who stands for both from now on. It may have absorbed others before."""
    absorbed_id: UUID
    """Who is absorbed, with all that it had absorbed itself. Facts stay under the id they were addressed to."""
    merged_at: Instant
    """From when on they are one."""


@catalogued
class CustomersUnmerged(Event):
    """A merge was undone (P12): the two are two again, as if they had never been one. Announced for each of the two;
    either of both is enough, also before the merge itself was heard of."""

    type: ClassVar[str] = "profile.customers_unmerged.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "unmerged_at"

    customer_id: UUID
    """Whose event it is: the root or the absorbed customer."""
    merge_id: UUID
    """The merge that was undone."""
    root_id: UUID
    """Who stood for both."""
    absorbed_id: UUID
    """Who was absorbed."""
    merged_at: Instant
    """From when on they had been one."""
    unmerged_at: Instant
    """From when on they are two again."""
