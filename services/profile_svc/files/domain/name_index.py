"""How a name becomes what the search index holds (P12).

Chinese words are mostly two characters long, which is too short for trigrams: a name is also held as its characters
and pairs of characters, together with its words and its pinyin (syllables, whole, initials). These are matched as
prefixes, so that search works while somebody types. `text` (the name and its likeliest reading) is for trigrams: a
piece of a name, and misspellings.
"""

import re
import unicodedata
from dataclasses import dataclass

from services.profile_svc.files.domain.pinyin import HAN, HAN_RUN, initials, readings, syllables

CJK_RUN = re.compile(f"[{HAN}\u3040-\u30ff\uac00-\ud7af]+")  # with kana and hangul, which have no pinyin
WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class IndexedName:
    """A name as the index holds it."""

    folded: str  # for equality and beginnings
    text: str  # for trigrams
    tokens: tuple[str, ...]  # for words and beginnings of words


def fold(text: str) -> str:
    """Without case, width and accents: `Ｍüller ` and `muller` are the same name."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(unicodedata.normalize("NFKC", bare).split())


def index_name(name: str) -> IndexedName:
    """What the index holds of a name: folded, its text for trigrams, and every token it is found by."""
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
    return IndexedName(folded, text.strip(), tuple(tokens))


def pairs(run: str) -> list[str]:
    """Neighbouring characters: `重庆长安` gives `重庆`, `庆长`, `长安`."""
    return [run[place : place + 2] for place in range(len(run) - 1)]


def compact(text: str) -> str:
    """The words of a text without what is between them."""
    return "".join(WORD.findall(text))


def terms(word: str) -> list[str]:
    """A Latin word as it is; of Chinese its pairs, of a single character itself; a mixture split into both."""
    parts: list[str] = []
    rest = 0
    for run in CJK_RUN.finditer(word):
        parts += [word[rest : run.start()]] if run.start() > rest else []
        parts += pairs(run[0]) or [run[0]]
        rest = run.end()
    return parts + ([word[rest:]] if rest < len(word) else [])
