"""What the pop says in English and Chinese (G4).

Tiers, causes of warnings, risks, stages and fields of a file come as codes. Those that ship with Patron have names in
the files here; a code that an operator made up has none, and is quoted so that it is seen to be a code.
"""

from collections.abc import Mapping
from typing import Any

from services.profile_svc.calls.domain.pop import Advice, Alert, Greeting
from shared.texts import Phrase, Words, load_texts, phrase, sentences

texts = load_texts(__package__)

NO_NAMES: Mapping[str, Words] = {}

CODES = ("tier", "cause", "field", "account_kind", "risk", "stage")  # facts that are said by their names


def write_greeting(greeting: Greeting, tier_names: Mapping[str, Words] = NO_NAMES) -> Words:
    """By name in the language that is spoken, with thanks where there is a tier to thank for: one that an operator made
    up by the name in `tier_names`, where there is one."""
    day_part = phrase(f"day_part.{greeting.day_part}")
    if greeting.name_en is None or greeting.name_zh is None:
        hello = phrase("greeting.without_name", day_part=day_part)
    else:
        name = phrase(f"address.{greeting.title or 'none'}", name={"en": greeting.name_en, "zh": greeting.name_zh})
        hello = phrase("greeting.by_name", day_part=day_part, name=name)
    thanks = (
        None if greeting.tier is None else phrase("greeting.thanks", tier=name_of("tier", greeting.tier, tier_names))
    )
    return texts.both(sentences(hello, thanks))


def write_alert(alert: Alert) -> Words:
    """What an alert says."""
    return texts.both(_with_names(f"alert.{alert.code}", alert.facts))


def write_advice(advice: Advice) -> Words:
    """What an advice says."""
    return texts.both(_with_names(f"advice.{advice.code}", advice.facts))


def name_of(kind: str, code: str, given: Mapping[str, Words] = NO_NAMES) -> Phrase:
    """The name of a tier, a cause, a field and so on; a code that has none is shown as such."""
    if f"{kind}.{code}" in texts:
        return phrase(f"{kind}.{code}")
    if code in given:
        return phrase(f"unnamed.{kind}", code=given[code])
    shown = code if kind == "tier" else code.replace("_", " ")
    return phrase(f"unnamed.{kind}", code={"en": shown, "zh": code})


def _with_names(key: str, facts: Mapping[str, Any]) -> Phrase:
    return Phrase(key, {name: name_of(name, value) if name in CODES else value for name, value in facts.items()})
