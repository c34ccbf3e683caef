"""What an event is: a frozen pydantic class with a literal, versioned type, one owner's topic, and a key."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, NamedTuple, Self, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PrivateAttr, create_model

Instant = AwareDatetime
Amount = Annotated[Decimal, Field(allow_inf_nan=False)]
Code = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]*$")]


class Meta(NamedTuple):
    """Where a received event stands in its stream: its id, its number (1, 2, 3 …), and when its owner committed it."""

    event_id: UUID
    seq: int
    recorded_at: datetime  # when its owner committed it: the second of the two times


class Event(BaseModel):
    """Base of the catalogue. Strict when written (unknown fields refused), tolerant when read.

    A class's docstring says what happened, a docstring below each field what it holds: both are in its JSON schema. It
    also says its `type` (`owner.fact.vN`), its `topic`, which field is its `key_field` (the customer's id, or
    the aggregate's where there is no customer) and which field is its `time_field` (when the fact happened).
    No personal data: ids, amounts, codes, instants.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    type: ClassVar[str]
    topic: ClassVar[str]
    key_field: ClassVar[str] = "customer_id"
    time_field: ClassVar[str]

    _meta: Meta | None = PrivateAttr(default=None)

    @property
    def key(self) -> str:
        """What orders it: events of one topic and key arrive in order."""
        return str(getattr(self, self.key_field))

    @property
    def occurred_at(self) -> datetime:
        """When the fact happened: the first of the two times."""
        instant: datetime = getattr(self, self.time_field)
        return instant

    @property
    def meta(self) -> Meta:
        """Where it stands in its stream. Raises LookupError on an event that was not received."""
        meta: Meta | None = (self.__pydantic_private__ or {}).get("_meta")  # a tenth of what `self._meta` takes
        if meta is None:
            raise LookupError(f"{type(self).__name__} was not received, so it has no place in a stream")
        return meta

    def received(self, meta: Meta) -> Self:
        """This event, with its place in its stream kept in it. Called by the inbox (and by tests of handlers)."""
        self._meta = meta
        return self


class Part(BaseModel):
    """A piece of an event (an order's line): frozen and strict like the event itself."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


CATALOGUE: dict[str, type[Event]] = {}


AnyEvent = TypeVar("AnyEvent", bound=type[Event])


def catalogued(event: AnyEvent) -> AnyEvent:
    """Class decorator: enter the event into the catalogue under its type. TypeError when the type is there already."""
    if event.type in CATALOGUE:
        raise TypeError(f"{event.type} is in the catalogue twice")
    CATALOGUE[event.type] = event
    return event


def read_event(type_: str, payload: bytes | str, as_: type[Event] | None = None) -> Event:
    """Parse a JSON payload, tolerant of optional fields this release does not know.

    `as_` is a class to read it as, instead of the catalogue's (see `without`). Raises KeyError for a type that is not
    in the catalogue, pydantic's ValidationError for a payload that is not of the type.
    """
    return (as_ or CATALOGUE[type_]).model_validate_json(payload, extra="ignore")


def without(event: type[Event], *fields: str) -> type[Event]:
    """A class that reads an event without some of its fields: they are not parsed and stay empty."""
    unread: dict[str, Any] = {
        name: (event.__annotations__[name], Field(default=(), validation_alias="")) for name in fields
    }
    return create_model(event.__name__, __base__=event, __module__=event.__module__, **unread)
