"""Sentences in two languages as data: what is said is decided once, how it is said lies in `en.toml` and `zh.toml`.

An area has a package `texts` with one file a language and, beside them,

    texts = load_texts(__package__)                                  # texts/__init__.py

    # texts/en.toml                                                  # texts/zh.toml
    [silence]                                                        [silence]
    since = "No order since {day}."                                  since = "自{day}起没有下单。"
    [silence.lasts]                                                  [silence]
    by = "days"                                                      lasts = "已{days}天没有下单。"
    one = "No order for {days} day."
    other = "No order for {days} days."

A **phrase** is a key with values, in no language yet: `phrase("silence.lasts", days=3)`. Values may be phrases, joined
phrases (`sentences(...)`, `clauses(...)`, `items(...)`: each language has separators of its own), or names in both
languages (`{"en": "Gold", "zh": "金卡"}`). `texts.say("en", phrase)` says it in one language, `texts.both(phrase)`
in both.

`{amount:money}` says how a value is written: `number`, `money`, `percent`, `day`, or a format that `load_texts` is
given. Without one, text and whole numbers are written as they are, decimals as `number`, days as `day`.

Loading refuses files that differ in their keys or in the values these need; saying an unknown key, or one without its
values, is an error. Nothing here knows a service, a database or HTTP.
"""

from shared.texts.formats import FORMATS, Format
from shared.texts.phrases import Joined, Phrase, clauses, items, phrase, sentences
from shared.texts.texts import LANGUAGES, Language, Texts, TextsError, Words, load_texts

__all__ = [
    "FORMATS",
    "LANGUAGES",
    "Format",
    "Joined",
    "Language",
    "Phrase",
    "Texts",
    "TextsError",
    "Words",
    "clauses",
    "items",
    "load_texts",
    "phrase",
    "sentences",
]
