"""What an event is: a frozen pydantic class with a literal, versioned type, one owner's topic, and a key."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Self, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PrivateAttr, create_model

Instant = AwareDatetime
Amount = Annotated[Decimal, Field(allow_inf_nan=False)]
Code = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]*$")]


@dataclass(frozen=True, slots=True)
class Meta:
    """Where a received event stands in its stream; None on an event that was not received."""

    event_id: UUID
    seq: int
    recorded_at: datetime  # when its owner committed it: the second of the two times


class Event(BaseModel):
    """Base of the catalogue. Strict when written (unknown fields refused), tolerant when read.

    A class says its `type` (`owner.fact.vN`), its `topic`, which field is its `key_field` (the customer's id, or
    the aggregate's where there is no customer) and which field is its `time_field` (when the fact happened).
    No personal data: ids, amounts, codes, instants.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: ClassVar[str]
    topic: ClassVar[str]
    key_field: ClassVar[str] = "customer_id"
    time_field: ClassVar[str]

    _meta: Meta | None = PrivateAttr(default=None)

    @property
    def key(self) -> str:
        return str(getattr(self, self.key_field))

    @property
    def occurred_at(self) -> datetime:
        instant: datetime = getattr(self, self.time_field)
        return instant

    @property
    def meta(self) -> Meta:
        meta: Meta | None = (self.__pydantic_private__ or {}).get("_meta")  # a tenth of what `self._meta` takes
        if meta is None:
            raise LookupError(f"{type(self).__name__} was not received, so it has no place in a stream")
        return meta

    def received(self, meta: Meta) -> Self:
        """The same event, told where it stands. Called by the inbox (and by tests of handlers)."""
        self._meta = meta
        return self


class Part(BaseModel):
    """A piece of an event (an order's line): frozen and strict like the event itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")


CATALOGUE: dict[str, type[Event]] = {}


AnyEvent = TypeVar("AnyEvent", bound=type[Event])


def catalogued(event: AnyEvent) -> AnyEvent:
    """Class decorator: enter the event into the catalogue under its type."""
    if event.type in CATALOGUE:
        raise TypeError(f"{event.type} is in the catalogue twice")
    CATALOGUE[event.type] = event
    return event


def read_event(type_: str, payload: bytes | str, as_: type[Event] | None = None) -> Event:
    """Parse a payload of the catalogue, tolerant of optional fields this release does not know."""
    return (as_ or CATALOGUE[type_]).model_validate_json(payload, extra="ignore")


def without(event: type[Event], *fields: str) -> type[Event]:
    """The event for one who has no use for some of its fields: they are not even read, and are empty."""
    unread: dict[str, Any] = {
        name: (event.__annotations__[name], Field(default=(), validation_alias="")) for name in fields
    }
    return create_model(event.__name__, __base__=event, __module__=event.__module__, **unread)
