"""HTTP shapes of a customer's references."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from services.gateway.references.domain import RegisteredReference
from shared.chassis import Code, Read, Shape


class CustomerReferenceCreate(Shape):
    """What another source calls the customer."""

    source: Code | None = Field(default=None, description="a partner's own, the company's own, when it is not said")
    ref: Code = Field(description="unique within its source")


class CustomerReferenceRead(Read):
    """What a source calls the customer."""

    id: UUID = Field(description="names the reference in paths, since it may be a telephone number itself")
    customer_id: UUID = Field(description="of a merged customer, the member whose reference it is")
    source: str
    ref: str
    registered_at: datetime


class CustomerReferenceList(Read):
    """All references of a customer, as far as who asks may see them."""

    items: list[CustomerReferenceRead] = Field(description="by customer, source and reference")


def show_reference(reference: RegisteredReference) -> CustomerReferenceRead:
    """A reference of the registry."""
    return CustomerReferenceRead.model_validate(reference)
