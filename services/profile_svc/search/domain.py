"""Search (P12): how a name becomes what the index holds, and how a question becomes what it is typed.

Chinese words are mostly two characters long, which is too short for trigrams: a name is also held as its characters
and pairs of characters, together with its words and its pinyin (syllables, whole, initials). These are matched as
prefixes, so that search works while somebody types. `text` (the name and its likeliest reading) is for trigrams: a
piece of a name, and misspellings.
"""

import re
from dataclasses import dataclass
from uuid import UUID

from services.profile_svc.files.domain.name_index import CJK_RUN, WORD, compact, fold, terms
from services.profile_svc.files.domain.phones import every_e164, last_digits

PHONE = re.compile(r"[\s+()./\d-]+")

MAX_QUERY_LENGTH = 100


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """All that a question could mean. Each meaning that is not None is typed; the best answer of a customer counts."""

    folded: str
    pattern: str  # for LIKE
    words: str  # a tsquery: every word of the question begins some word of the name
    whole: str  # a tsquery: the question without its spaces is some word of the name
    resembles: str | None  # for word similarity; None where it would only make noise
    id: UUID | None
    reference: str | None
    e164: tuple[str, ...]
    last_digits: str | None
    email: str | None


def parse_query(typed: str, regions: tuple[str, ...]) -> SearchQuery:
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
        reference=typed or None,
        e164=tuple(every_e164(typed, regions)) if is_phone else (),
        last_digits=last_digits(typed) if is_phone else None,
        email=typed.casefold() if "@" in typed else None,
    )


def lexeme(term: str, *, prefix: bool) -> str:
    """A term as tsquery syntax; quoted, so that nothing somebody types is an operator."""
    quoted = "'" + term.replace("\\", "\\\\").replace("'", "''") + "'"
    return quoted + ":*" if prefix else quoted


def read_id(typed: str) -> UUID | None:
    try:
        return UUID(typed)
    except ValueError:
        return None
