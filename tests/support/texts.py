"""Every sentence of an area said with example values: `say_everything(texts)`, for a test of each area with texts."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from shared.texts import LANGUAGES, Texts

EXAMPLES: Mapping[str, Any] = {
    "": "example", "number": Decimal("1234.50"), "money": Decimal("1234.5"), "percent": Decimal("0.125"),
    "day": date(2026, 11, 28),
}  # fmt: skip
COUNTS = (0, 1, 2, 1000)


def say_everything(texts: Texts, examples: Mapping[str, Any] = EXAMPLES) -> Iterator[tuple[str, str, str]]:
    """(language, key, what is said) of every key, and of every plural form. `examples` by format."""
    for language in LANGUAGES:
        for key, sentence in texts.sentences[language].items():
            values = {name: examples[format_] for name, format_ in sentence.formats.items()}
            for count in COUNTS if sentence.by else COUNTS[:1]:
                counted = {} if sentence.by is None else {sentence.by: count}
                yield language, key, texts.say(language, key, **{**values, **counted})
