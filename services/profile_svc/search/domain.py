"""Search (P12): all that a text somebody typed could mean, in the terms of the index of names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from services.profile_svc.files.domain.name_index import CJK_RUN, WORD, compact, fold, terms
from services.profile_svc.files.domain.phones import every_e164, last_digits

PHONE = re.compile(r"[\s+()./\d-]+")

MAX_QUERY_LENGTH = 100


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """All that a text could mean. Each meaning that is not None is looked for; the best match of a customer counts."""

    folded: str
    pattern: str  # for LIKE
    words: str  # a tsquery: every word of the text begins some word of the name
    whole: str  # a tsquery: the text without its spaces is some word of the name
    resembles: str | None  # for word similarity; None where it would only make noise
    id: UUID | None
    e164: tuple[str, ...]
    last_digits: str | None
    email: str | None
    references: Mapping[UUID, int] = field(default_factory=dict)  # whose reference it is, with the worth of that


def parse_query(typed: str, regions: tuple[str, ...], references: Mapping[UUID, int] | None = None) -> SearchQuery:
    """Read what was typed; a telephone number without its country code is one of these regions.

    `references`: what the registry of references knows of the text, customers with their scores.
    """
    typed = typed.strip()[:MAX_QUERY_LENGTH]
    folded = fold(typed)
    words = [term for word in WORD.findall(folded) for term in terms(word)]
    whole = compact(folded)
    is_phone = PHONE.fullmatch(typed) is not None
    return SearchQuery(
        folded=folded,
        pattern="%" + re.sub(r"([\\%_])", r"\\\1", folded) + "%",
        words=" & ".join(lexeme(term, prefix=True) for term in words),
        whole=lexeme(whole, prefix=False) if whole else "",
        resembles=folded if len(whole) >= 4 and not is_phone and not CJK_RUN.search(folded) else None,
        id=read_id(typed),
        e164=tuple(every_e164(typed, regions)) if is_phone else (),
        last_digits=last_digits(typed) if is_phone else None,
        email=typed.casefold() if "@" in typed else None,
        references=references or {},
    )


def lexeme(term: str, *, prefix: bool) -> str:
    """A term as tsquery syntax; quoted, so that nothing somebody types is an operator."""
    quoted = "'" + term.replace("\\", "\\\\").replace("'", "''") + "'"
    return quoted + ":*" if prefix else quoted


def read_id(typed: str) -> UUID | None:
    """The text as a customer's id, when it is one."""
    try:
        return UUID(typed)
    except ValueError:
        return None
