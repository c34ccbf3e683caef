"""Search (P12): how a name becomes what the index holds, and how a question becomes what it is asked.

Chinese words are mostly two characters long, which is too short for trigrams: a name is also held as its characters
and pairs of characters, together with its words and its pinyin (syllables, whole, initials). These are matched as
prefixes, so that search works while somebody types. `text` (the name and its likeliest reading) is for trigrams: a
piece of a name, and misspellings.
"""

import re
import unicodedata
from dataclasses import dataclass
from uuid import UUID

from services.profile_svc.domain.phones import every_e164, last_digits
from services.profile_svc.domain.pinyin import HAN, HAN_RUN, initials, readings, syllables

CJK_RUN = re.compile(f"[{HAN}\u3040-\u30ff\uac00-\ud7af]+")  # with kana and hangul, which have no pinyin
WORD = re.compile(r"[^\W_]+")
PHONE = re.compile(r"[\s+()./\d-]+")

LONGEST_QUESTION = 100


@dataclass(frozen=True, slots=True)
class Indexed:
    """A name as the index holds it."""

    folded: str  # for equality and beginnings
    text: str  # for trigrams
    tokens: tuple[str, ...]  # for words and beginnings of words


@dataclass(frozen=True, slots=True)
class Question:
    """All that a question could mean. Each meaning that is not None is asked; the best answer of a customer counts."""

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


def fold(text: str) -> str:
    """Without case, width and accents: `Ｍüller ` and `muller` are the same name."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(unicodedata.normalize("NFKC", bare).split())


def index_name(name: str) -> Indexed:
    folded = fold(name)
    tokens: dict[str, None] = {}
    for word in WORD.findall(folded):
        tokens |= dict.fromkeys([word, *terms(word)])
    spoken: dict[str, None] = {}
    for run in CJK_RUN.findall(folded):
        tokens |= dict.fromkeys([*run, *pairs(run)])
    for run in HAN_RUN.findall(folded):
        for choice in syllables(run):
            tokens |= dict.fromkeys(choice)
        for reading in readings(run):
            spoken["".join(reading)] = None
            tokens[initials(reading)] = None
    whole = HAN_RUN.sub(lambda run: f" {' '.join(readings(run[0])[0])} ", folded)
    if compact(whole):
        spoken[compact(whole)] = None
    tokens |= spoken
    text = " ".join(dict.fromkeys([folded, " ".join(whole.split()), compact(whole)]))
    return Indexed(folded, text.strip(), tuple(tokens))


def pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)]


def compact(text: str) -> str:
    return "".join(WORD.findall(text))


def read_question(asked: str, regions: tuple[str, ...]) -> Question:
    asked = asked.strip()[:LONGEST_QUESTION]
    folded = fold(asked)
    words = [term for word in WORD.findall(folded) for term in terms(word)]
    whole = compact(folded)
    is_phone = PHONE.fullmatch(asked) is not None
    return Question(
        folded=folded,
        pattern="%" + re.sub(r"([\\%_])", r"\\\1", folded) + "%",
        words=" & ".join(lexeme(term, prefix=True) for term in words),
        whole=lexeme(whole, prefix=False) if whole else "",
        resembles=folded if len(whole) >= 4 and not is_phone and not CJK_RUN.search(folded) else None,
        id=read_id(asked),
        reference=asked or None,
        e164=tuple(every_e164(asked, regions)) if is_phone else (),
        last_digits=last_digits(asked) if is_phone else None,
        email=asked.casefold() if "@" in asked else None,
    )


def terms(word: str) -> list[str]:
    """A Latin word as it is; of Chinese its pairs, of a single character itself; a mixture split into both."""
    found: list[str] = []
    rest = 0
    for run in CJK_RUN.finditer(word):
        found += [word[rest : run.start()]] if run.start() > rest else []
        found += pairs(run[0]) or [run[0]]
        rest = run.end()
    return found + ([word[rest:]] if rest < len(word) else [])


def lexeme(term: str, *, prefix: bool) -> str:
    """A term as tsquery syntax; quoted, so that nothing somebody types is an operator."""
    quoted = "'" + term.replace("\\", "\\\\").replace("'", "''") + "'"
    return quoted + ":*" if prefix else quoted


def read_id(asked: str) -> UUID | None:
    try:
        return UUID(asked)
    except ValueError:
        return None
