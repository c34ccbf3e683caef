"""The desk's sentences and the names of the codes it shows: data, in `en.toml` and `zh.toml`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.texts import LANGUAGES, Language, load_texts

texts = load_texts(__package__)


def _section(name: str) -> dict[Language, dict[str, str]]:
    words = texts.names(name)
    return {language: {key: word[language] for key, word in words.items()} for language in LANGUAGES}


TEXTS: Mapping[Language, Mapping[str, str]] = _section("page")
CODES: Mapping[Language, Mapping[str, str]] = _section("code")


def code_names(language: Language) -> Callable[[object], str]:
    """Names codes in a language; a code without a name is shown as it is, its underscores as spaces."""
    return lambda code: texts.say_code(language, "code", str(code))


def sentences(language: Language) -> Callable[..., str]:
    """Says a text of the desk in a language: `say("due.late", time="7 min")`."""
    return lambda key, **values: texts.say(language, key, **values)


def tier_names(levels: Sequence[Mapping[str, Any]], language: Language) -> Callable[[object], str]:
    """Names tiers: as the policy in force calls its levels, or else as codes are named."""
    names = {level["tier"]: level["name"][language] for level in levels}
    name_of = code_names(language)
    return lambda tier: names.get(str(tier)) or name_of(tier)


def preferred_language(requested: str | None, remembered: str | None, accepted: str) -> Language:
    """The language asked for in the address, chosen before, or that the browser prefers (Accept-Language)."""
    for choice in (requested, remembered):
        if choice in LANGUAGES:
            return "zh" if choice == "zh" else "en"
    return "zh" if accepted.strip().lower().startswith("zh") else "en"
