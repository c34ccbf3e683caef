"""The quick way to read a hot event: a structure made of its class in the catalogue, which takes no more than that.

The class stays the contract and writes the event. A payload that the structure does not take is read by the class,
which says why, or takes it all the same; so what is parked, and in which words, does not depend on the way.
"""

from datetime import datetime
from decimal import Decimal
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Union, cast, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec

from shared.events.base import Amount, Code, Event, Instant, Meta, Part

FREQUENT_TYPES = frozenset({"intake.order_placed.v1"})  # types of which so many come that reading them counts
MOST_KNOWN = 20_000
CheckedCode = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"\A[A-Za-z0-9][A-Za-z0-9._:/-]*\Z")]
AS_THEY_ARE = (str, int, UUID)

_known_codes: set[str] = set()  # checked before: a pattern takes as long as the rest of a line
_check_code = msgspec.json.Decoder(CheckedCode).decode


class StructEvent(msgspec.Struct, dict=True):
    """What handlers ask of an event, as `Event` has it."""

    type: ClassVar[str]
    topic: ClassVar[str]
    key_field: ClassVar[str]
    time_field: ClassVar[str]

    @property
    def key(self) -> str:
        return str(getattr(self, self.key_field))

    @property
    def occurred_at(self) -> datetime:
        instant: datetime = getattr(self, self.time_field)
        return instant

    @property
    def meta(self) -> Meta:
        meta: Meta | None = self.__dict__.get("meta_of_stream")
        if meta is None:
            raise LookupError(f"{type(self).__name__} was not received, so it has no place in a stream")
        return meta

    def received(self, meta: Meta) -> "StructEvent":
        self.__dict__["meta_of_stream"] = meta
        return self


StructReader = msgspec.json.Decoder[StructEvent]


def read_as_struct(reader: StructReader, payload: bytes) -> Event | None:
    """The event as handlers take it; None where it has to be read by its class."""
    try:
        return cast(Event, reader.decode(payload))
    except (msgspec.MsgspecError, ValueError):
        return None


@cache
def struct_reader(event: type[Event], left_out: frozenset[str] = frozenset()) -> StructReader:
    """Decodes payloads of an event, without the fields left out, which stay empty.

    Raises TypeError for an event with a field of a type that is not known here.
    """
    names = {name: getattr(event, name) for name in ("type", "topic", "key_field", "time_field")}
    return msgspec.json.Decoder(cast(type[StructEvent], _structure(event, left_out, (StructEvent,), names)))


def _structure(
    of: type[Event] | type[Part], left_out: frozenset[str], bases: tuple[type, ...], namespace: dict[str, Any]
) -> type[msgspec.Struct]:
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    checked: list[tuple[str, bool]] = []
    hints = get_type_hints(of, include_extras=True)
    for name, field in of.model_fields.items():
        if name in left_out:
            fields.append((name, Any, msgspec.field(default=(), name=f"left out: {name}")))
            continue
        struct, check = _struct_type(hints[name])
        fields.append((name, struct) if field.is_required() else (name, struct, field.get_default()))
        if check is not None:
            checked.append((name, check == "code"))
    made: type[msgspec.Struct] = msgspec.defstruct(
        of.__name__, fields, bases=bases, namespace=namespace | {"__post_init__": _check_of(checked)}, kw_only=True
    )
    return made


def _struct_type(hint: Any) -> tuple[Any, str | None]:
    """The type in a structure, and what msgspec can not check of it itself: `code` or `amount`."""
    if hint is Instant:
        return Annotated[datetime, msgspec.Meta(tz=True)], None
    if hint == Code:
        return str, "code"
    if hint == Amount:
        return Decimal, "amount"
    if hint in AS_THEY_ARE:
        return hint, None
    if get_origin(hint) in (Union, UnionType):
        (inner,) = (each for each in get_args(hint) if each is not NoneType)
        struct, check = _struct_type(inner)
        return struct | None, check
    if get_origin(hint) is tuple:
        part, _ = get_args(hint)
        return tuple[_structure(part, frozenset(), (msgspec.Struct,), {}), ...], None  # type: ignore[misc]
    raise TypeError(f"{hint} has no form in a structure")


def _check_of(checked: list[tuple[str, bool]]) -> Any:
    """Codes have their pattern, amounts are finite; what is not given is nothing of either."""

    def check(self: Any) -> None:
        for name, is_code in checked:
            value = getattr(self, name)
            if value is None:
                continue
            if not is_code:
                if not value.is_finite():
                    raise ValueError("an amount is finite")
            elif value not in _known_codes:
                _check_code(msgspec.json.encode(value))
                if len(_known_codes) >= MOST_KNOWN:
                    _known_codes.clear()
                _known_codes.add(value)

    return check
