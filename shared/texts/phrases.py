"""What is to be said, in no language yet."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Separator = Literal["sentences", "clauses", "items"]


@dataclass(frozen=True, slots=True)
class Phrase:
    """A key of the texts with the values it needs."""

    key: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Joined:
    """Several phrases (or pieces of text) one after another, separated as the language does it."""

    separator: Separator
    parts: tuple[Any, ...]


def phrase(key: str, /, **values: Any) -> Phrase:
    return Phrase(key, values)


def sentences(*parts: Any) -> Joined:
    """Whole sentences: a space between them in English, nothing in Chinese."""
    return _join("sentences", parts)


def clauses(parts: Iterable[Any]) -> Joined:
    """Parts of a sentence that are complete in themselves: `a; b`, `a；b`."""
    return _join("clauses", parts)


def items(parts: Iterable[Any]) -> Joined:
    """Things that are counted up: `a, b`, `a、b`."""
    return _join("items", parts)


def _join(separator: Separator, parts: Iterable[Any]) -> Joined:
    return Joined(separator, tuple(part for part in parts if part is not None))
