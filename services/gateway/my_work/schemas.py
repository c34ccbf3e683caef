"""HTTP shapes of what concerns the person who asks."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from shared.chassis import Code, Read


class UnitOfMineRead(Read):
    """The unit that the person belongs to."""

    unit: Code
    name: str | None = Field(description="null: its name is not known here at present")


class MeRead(Read):
    """Who asks: roles by the sign-in, the employee by the directory."""

    subject: str = Field(description="what the identity provider calls the person")
    roles: list[Code]
    scopes: list[str] = Field(description="what the roles may do")
    sees_every_customer: bool = Field(description="false: only accounts that they look after, or their unit")
    employee_id: Code | None = Field(description="null: the directory knows nobody who signs in so")
    name: str | None = Field(description="as the directory says; null: not known")
    state: Code | None = Field(description="to_come, present, absent or left; null: not known")
    units: list[UnitOfMineRead] = Field(description="the units that they belong to")
    missing: list[str] = Field(description="services that did not answer in time")


class MyCustomerRead(Read):
    """A customer whom the person looks after, or whom they stand in for somebody."""

    customer_id: UUID
    customer_name: str | None = Field(description="null: the file has no name yet")
    role: Code = Field(description="in which role of the account team")
    employee_id: Code = Field(description="whose account it is: one's own, or of whom one stands in for")
    assigned_at: datetime


class MyTaskRead(Read):
    """A next step that was agreed with a customer and is not done yet."""

    entry_id: UUID = Field(description="the entry of the contact log that it stands in")
    customer_id: UUID
    customer_name: str | None = Field(description="null: the file has no name yet")
    what: str
    on: date = Field(description="by which day")
    is_overdue: bool = Field(description="that day is over")
    owner: Code = Field(description="whose task it is: one's own, or of whom one stands in for")


class MyCaseRead(Read):
    """An open case of a customer whom the person looks after."""

    id: UUID
    customer_id: UUID
    customer_name: str | None = Field(description="null: the file has no name yet")
    kind: Code
    category: Code
    severity: Code
    status: Code
    filed_at: datetime
    next_due_at: datetime | None = Field(description="null: nothing is due at present")


class MyCustomersRead(Read):
    """A page of the person's customers."""

    items: list[MyCustomerRead]
    next: str | None = Field(description="the cursor of the next page; null: this is the last")
    missing: list[str] = Field(description="services that did not answer in time")


class MyTasksRead(Read):
    """A page of the person's tasks, due soonest first."""

    items: list[MyTaskRead]
    next: str | None = Field(description="the cursor of the next page; null: this is the last")
    missing: list[str] = Field(description="services that did not answer in time")


class MyCasesRead(Read):
    """The open cases of the person's customers, the most urgent first."""

    items: list[MyCaseRead]
    missing: list[str] = Field(description="services that did not answer in time")
