"""HTTP shapes of how a body names a customer."""

from typing import Annotated, Self
from uuid import UUID

from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from services.gateway.references.domain import CustomerIdentifier
from shared.chassis import Code, Id, Read, Shape


class CustomerAddress(Shape):
    """Patron's `id`, or a `source` and its `ref`. For a partner the source may only be its own (its code will do)."""

    id: Id | None = None
    source: Code | None = None
    ref: Code | None = None

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if (self.id is None) == (self.ref is None) or (self.id is not None and self.source is not None):
            raise PydanticCustomError("customer_address", "Give either id, or source and ref")
        return self

    def identifier(self, source: str) -> CustomerIdentifier:
        """The customer under its registered source: `source`, which is behind the name in the body."""
        if self.id is not None:
            return CustomerIdentifier(customer_id=self.id)
        return CustomerIdentifier(source=source, ref=self.ref)


class ReferenceCreate(Shape):
    """What an outside source calls a customer."""

    source: Code | None = None
    ref: Code

    @classmethod
    def read(cls, content: object) -> Self:
        """The member `reference` of a body, or the same problem that FastAPI's reading would give."""
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            errors = [
                {**detail, "loc": ("body", "reference", *detail["loc"])} for detail in error.errors(include_url=False)
            ]
            raise RequestValidationError(errors) from None


class ReferenceRead(Read):
    """A registered reference and whose it is."""

    customer_id: UUID
    source: str
    ref: str


class ReferencesRead(Read):
    """References as the registry found them."""

    items: list[ReferenceRead]


class OffersRequested(Shape):
    """References that another service wants the customers' ids of."""

    references: list[Annotated[list[Code], Field(min_length=2, max_length=2)]] = Field(
        max_length=1000, description="source and reference of each"
    )
    offer: bool = Field(default=True, strict=True, description="true: one that is unknown gets the id it will have")


class OffersRead(Read):
    """The ids behind references, in order."""

    customer_ids: list[UUID | None] = Field(description="null: unknown, and none was to be offered")
    known_sources: list[bool] = Field(description="false: nobody registered that source")
