"""What the outside calls a customer: a reference, unique within the source that gave it (K17)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from services.profile_svc.core.domain import Reader

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


def references_for(reader: Reader, registered: Iterable[RegisteredReference], *more: Reference) -> list[Reference]:
    """What the reader may see of them, sorted: a partner its own names for the customer, not those of others (G1)."""
    references = {Reference(entry.source, entry.ref) for entry in registered} | set(more)
    return sorted(reference for reference in references if reader.source in (None, reference.source))


def score_matches(reader: Reader, text: str, registered: Iterable[RegisteredReference]) -> dict[UUID, int]:
    """By customer, how well a reference that the reader may see answers what was typed: equal, or beginning so.

    A beginning counts from three characters on: fewer say nothing.
    """
    scores: dict[UUID, int] = {}
    for entry in registered:
        if reader.source not in (None, entry.source):
            continue
        if entry.ref == text:
            scores[entry.customer_id] = EXACT_SCORE
        elif len(text) >= MIN_PREFIX_LENGTH and entry.ref.startswith(text):
            scores.setdefault(entry.customer_id, PREFIX_SCORE)
    return scores
