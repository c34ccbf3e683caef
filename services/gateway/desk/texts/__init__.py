"""The desk's sentences and the names of codes, in English and Chinese."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from services.gateway.desk.texts import en, zh

Language = Literal["en", "zh"]

TEXTS: Mapping[Language, Mapping[str, str]] = {"en": en.TEXTS, "zh": zh.TEXTS}
CODES: Mapping[Language, Mapping[str, str]] = {"en": en.CODES, "zh": zh.CODES}


def code_names(language: Language) -> Callable[[object], str]:
    """Names codes in a language; a code without a name is shown as it is, its underscores as spaces."""
    names = CODES[language]
    return lambda code: names.get(str(code), str(code).replace("_", " "))


def tier_names(levels: Sequence[Mapping[str, Any]], language: Language) -> Callable[[object], str]:
    """Names tiers: as the policy in force calls its levels, or else as codes are named."""
    names = {level["tier"]: level["name"][language] for level in levels}
    name_of = code_names(language)
    return lambda tier: names.get(str(tier)) or name_of(tier)


def preferred_language(requested: str | None, remembered: str | None, accepted: str) -> Language:
    """The language asked for in the address, chosen before, or that the browser prefers (Accept-Language)."""
    for choice in (requested, remembered):
        if choice in ("en", "zh"):
            return "zh" if choice == "zh" else "en"
    return "zh" if accepted.strip().lower().startswith("zh") else "en"
