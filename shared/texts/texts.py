"""The texts of an area: read from its files, checked against each other, said."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from string import Formatter
from typing import Any, Literal

from shared.texts.formats import FORMATS, Format
from shared.texts.phrases import Joined, Phrase

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")
Words = dict[str, str]  # the same in each language

SEPARATORS: Mapping[Language, Mapping[str, str]] = {
    "en": {"sentences": " ", "clauses": "; ", "items": ", "},
    "zh": {"sentences": "", "clauses": "；", "items": "、"},
}
PLURALS: Mapping[Language, tuple[str, ...]] = {"en": ("one", "other"), "zh": ("other",)}


class TextsError(Exception):
    """The files of texts, or what is asked of them, are not right: a mistake of the program."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Literal text, then the value of a name, written in a format. The last piece of a sentence has no name."""

    text: str
    name: str | None
    format: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """One key in one language: a form, or one for each plural category, chosen by the value of `by`."""

    forms: Mapping[str, tuple[Piece, ...]]
    by: str | None

    @property
    def names(self) -> frozenset[str]:
        """The values it needs."""
        named = {piece.name for form in self.forms.values() for piece in form if piece.name is not None}
        return frozenset(named if self.by is None else named | {self.by})

    @property
    def formats(self) -> dict[str, str]:
        """In which format each value is written (examples in tests are made by it)."""
        return {piece.name: piece.format for form in self.forms.values() for piece in form if piece.name is not None}


class Texts:
    """All sentences of an area, in every language."""

    def __init__(
        self, sources: Mapping[Language, Mapping[str, Any]], formats: Mapping[str, Format] | None = None
    ) -> None:
        self._formats = {**FORMATS, **(formats or {})}
        self.sentences = {language: self._read(language, sources[language]) for language in LANGUAGES}
        self._compare()

    def say(self, language: Language, what: Phrase | Joined | str, /, **values: Any) -> str:
        """A phrase in a language; of a key, with its values. Values that it does not need are passed over."""
        return self._say(language, Phrase(what, values) if isinstance(what, str) else what)

    def both(self, what: Phrase | Joined | str, /, **values: Any) -> Words:
        """In both languages: `{"en": ..., "zh": ...}`."""
        return {language: self.say(language, what, **values) for language in LANGUAGES}

    def say_code(self, language: Language, section: str, code: str) -> str:
        """A code's name (`stage.lost`); one that has none yet (codes grow) is shown as it is, without underscores."""
        key = f"{section}.{code}"
        return self.say(language, key) if key in self else code.replace("_", " ")

    def names(self, section: str) -> dict[str, Words]:
        """The names of a section's codes: `{"lost": {"en": "Lost", "zh": "流失"}, ...}`, in the files' order."""
        keys = [key for key in self.sentences["en"] if key.rpartition(".")[0] == section]
        if not keys:
            raise TextsError(f"there is no section {section}")
        return {key.rpartition(".")[2]: self.both(key) for key in keys}

    def __contains__(self, key: str) -> bool:
        return key in self.sentences["en"]

    def _say(self, language: Language, what: Phrase | Joined) -> str:
        if isinstance(what, Joined):
            return SEPARATORS[language][what.separator].join(
                self._write(language, part, "", what.separator) for part in what.parts
            )
        sentence = self.sentences[language].get(what.key)
        if sentence is None:
            raise TextsError(f"there is no text {what.key}")
        if missing := sentence.names - what.values.keys():
            raise TextsError(f"{what.key} needs {', '.join(sorted(missing))}")
        category = "other" if sentence.by is None else plural_of(language, what.values[sentence.by])
        return "".join(
            piece.text
            if piece.name is None
            else piece.text + self._write(language, what.values[piece.name], piece.format, f"{what.key}: {piece.name}")
            for piece in sentence.forms[category]
        )

    def _write(self, language: Language, value: Any, format_: str, where: str) -> str:
        if isinstance(value, (Phrase, Joined)):
            return self._say(language, value)
        if isinstance(value, Mapping):  # a name in both languages
            value = value[language]
        try:
            return self._formats[format_](value)
        except (ArithmeticError, TypeError, ValueError) as error:
            raise TextsError(f"{where} can not be written: {error}") from error

    def _read(self, language: Language, source: Mapping[str, Any]) -> dict[str, Sentence]:
        return {key: self._sentence(language, key, source_text) for key, source_text in _flatten(source)}

    def _sentence(self, language: Language, key: str, source_text: str | Mapping[str, Any]) -> Sentence:
        if isinstance(source_text, str):
            return Sentence({"other": self._pieces(key, source_text)}, None)
        forms = {category: self._pieces(key, text) for category, text in source_text.items() if category != "by"}
        if set(forms) != set(PLURALS[language]):
            raise TextsError(f"{language} {key}: the forms are {', '.join(PLURALS[language])}")
        return Sentence(forms, source_text["by"])

    def _pieces(self, key: str, text: str) -> tuple[Piece, ...]:
        pieces = []
        try:
            for literal, name, format_, conversion in Formatter().parse(text):
                if name is not None and (not name.isidentifier() or conversion or format_ not in self._formats):
                    raise TextsError(f"{key}: {{{name}:{format_}}} is not a name with a known format")
                pieces.append(Piece(literal, name, format_ or ""))
        except ValueError as error:
            raise TextsError(f"{key}: {error}") from error
        return tuple(pieces)

    def _compare(self) -> None:
        first, *others = LANGUAGES
        for language in others:
            if different := self.sentences[first].keys() ^ self.sentences[language].keys():
                raise TextsError(f"only in {first} or only in {language}: {', '.join(sorted(different))}")
            for key, sentence in self.sentences[first].items():
                if sentence.names != self.sentences[language][key].names:
                    raise TextsError(f"{key} needs other values in {first} than in {language}")


def load_texts(package: str | None, formats: Mapping[str, Format] | None = None) -> Texts:
    """The texts beside a package's `__init__.py`: `texts = load_texts(__package__)`.

    `formats` are further ways to write a value, by the name after the colon.
    """
    if not package:
        raise TextsError("texts lie in a package")
    sources = {
        language: tomllib.loads((files(package) / f"{language}.toml").read_text("utf-8")) for language in LANGUAGES
    }
    return Texts(sources, formats)


def plural_of(language: Language, count: Any) -> str:
    """CLDR's plural category: English has one for exactly 1 without decimals, Chinese none."""
    number = Decimal(count)
    singular = number == 1 and number.as_tuple().exponent == 0
    return "one" if singular and "one" in PLURALS[language] else "other"


def _flatten(source: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str | Mapping[str, Any]]]:
    """Every text with its dotted key. A table with `by` and `other` is one text in its plural forms."""
    for name, source_text in source.items():
        key = f"{prefix}{name}"
        if isinstance(source_text, str) or (isinstance(source_text, Mapping) and {"by", "other"} <= source_text.keys()):
            yield key, source_text
        elif isinstance(source_text, Mapping):
            yield from _flatten(source_text, f"{key}.")
        else:
            raise TextsError(f"{key} is neither a text nor a section")
