"""What the outside calls a customer: a reference, unique within the source that gave it (K17)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from shared.errors import forbidden

REFERENCE_FORM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}")  # as intake takes it
MIN_PREFIX_LENGTH = 3
EXACT_SCORE = 900  # on the scale of a search (P12): an id 1000, a telephone number 850, a name 600 at most
PREFIX_SCORE = 650


class Reference(NamedTuple):
    """An id from outside, and the source that gave it."""

    source: str
    ref: str


@dataclass(frozen=True, slots=True)
class RegisteredReference:
    """A reference, and the customer whose it is."""

    customer_id: UUID
    source: str
    ref: str


def may_be_reference(text: str) -> bool:
    """Whether a text has the form of a reference; the registry need not be asked for anything else."""
    return REFERENCE_FORM.fullmatch(text) is not None


def require_own_source(own: str | None, source: str) -> None:
    """403 `foreign_source` when a partner, whose source is `own`, speaks for another one."""
    if own not in (None, source):
        raise forbidden("foreign_source", "A partner names its own customers only.", pointer="/reference/source")


def references_for(source: str | None, registered: Iterable[RegisteredReference], *more: Reference) -> list[Reference]:
    """What who asks may see of them, sorted: a partner its own names for the customer, not those of others (G1).

    `source` is the partner's; None for the company's own people, who see all.
    """
    references = {Reference(entry.source, entry.ref) for entry in registered} | set(more)
    return sorted(reference for reference in references if source in (None, reference.source))


def score_matches(source: str | None, text: str, registered: Iterable[RegisteredReference]) -> dict[UUID, int]:
    """By customer, how well a reference that who asks may see answers what was typed: equal, or beginning so.

    A beginning counts from three characters on: fewer say nothing.
    """
    scores: dict[UUID, int] = {}
    for entry in registered:
        if source not in (None, entry.source):
            continue
        if entry.ref == text:
            scores[entry.customer_id] = EXACT_SCORE
        elif len(text) >= MIN_PREFIX_LENGTH and entry.ref.startswith(text):
            scores.setdefault(entry.customer_id, PREFIX_SCORE)
    return scores
