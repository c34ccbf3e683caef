"""What early warnings, stages and relationship types say to an account manager (T11, T12).

The sentences and the names of codes lie in `en.toml` and `zh.toml`; which of them are said of what was found is decided
in `warnings` and `stages`. All functions here return the words in both languages.
"""

from collections.abc import Mapping

from shared.texts import Phrase, load_texts, phrase

texts = load_texts(__package__)


def months_of(window: Mapping[str, str]) -> Phrase:
    """A window of evidence or reasons, `{"from": "2026-01", "to": "2026-03"}`: its months, or its only one."""
    if window["from"] == window["to"]:
        return phrase("window.month", month=window["from"])
    return span_of(window)


def span_of(window: Mapping[str, str]) -> Phrase:
    """A window's first and last month, also where they are the same."""
    return phrase("window.months", first=window["from"], last=window["to"])
