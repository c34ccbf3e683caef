"""What the pop says in English and Chinese (G4). `en.json` and `zh.json` hold the same sentences under the same keys.

Tiers, causes of warnings and fields of a file come as codes. Those that ship with Patron have names here; a code that
an operator made up has none, and is quoted so that it is seen to be a code.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from services.profile_svc.calls.domain.pop import Advice, Alert, Greeting

Language = Literal["en", "zh"]

TEXTS: Mapping[Language, Mapping[str, Any]] = {
    "en": json.loads((Path(__file__).parent / "en.json").read_text("utf-8")),
    "zh": json.loads((Path(__file__).parent / "zh.json").read_text("utf-8")),
}
NAMED = ("tier", "cause", "field")  # facts that are codes, and are said by their names


@dataclass(frozen=True, slots=True)
class BilingualText:
    """The same sentence in both languages."""

    en: str
    zh: str


def write_greeting(greeting: Greeting) -> BilingualText:
    """By name in the language that is spoken, with thanks where there is a tier to thank for."""
    return BilingualText(_greeting(greeting, "en", greeting.name_en), _greeting(greeting, "zh", greeting.name_zh))


def write_alert(alert: Alert) -> BilingualText:
    """What an alert says."""
    return BilingualText(*(_sentence(language, "alert", alert.code, alert.facts) for language in TEXTS))


def write_advice(advice: Advice) -> BilingualText:
    """What an advice says."""
    return BilingualText(*(_sentence(language, "advice", advice.code, advice.facts) for language in TEXTS))


def name_of(language: Language, kind: str, code: str) -> str:
    """The name of a tier, a cause or a field in that language; a code that has none is shown as such."""
    texts = TEXTS[language]
    name = texts["names"][kind].get(code)
    return str(name or texts["unnamed"][kind].format(code=code, words=code.replace("_", " ")))


def _greeting(greeting: Greeting, language: Language, name: str | None) -> str:
    texts = TEXTS[language]
    sentence: str = texts["greeting"]["by_name" if name else "without_name"].format(
        day_part=texts["day_part"][greeting.day_part], name=name, title=texts["title"][greeting.title or "none"]
    )
    if greeting.tier is not None:
        sentence += texts["greeting"]["thanks"].format(tier=name_of(language, "tier", greeting.tier))
    return sentence


def _sentence(language: Language, kind: str, code: str, facts: Mapping[str, Any]) -> str:
    form: str | Mapping[str, str] = TEXTS[language][kind][code]
    if not isinstance(form, str):  # English counts: one case, two cases
        form = form["one" if facts["count"] == 1 else "other"]
    return form.format(
        **{name: name_of(language, name, value) if name in NAMED else value for name, value in facts.items()}
    )
