"""What an assessment says to the person who is assessed (T15). The sentences lie in `en.toml` and `zh.toml`."""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

from shared.texts import Words, load_texts, phrase, sentences

__all__ = ["describe_assessment", "texts"]

texts = load_texts(__package__)


def describe_assessment(score: str, reasons: Sequence[Mapping[str, Any]]) -> Words:
    """The score, what each rule that struck did to it, and which measures were not known: one paragraph. `reasons` are
    those kept with the assessment."""
    effects = [
        phrase("assessment.rule", rule=reason["name"], points=reason["points"])
        for reason in reasons
        if reason["times"] != "0"
    ]
    unknown = dict.fromkeys(reason["measure"] for reason in reasons if reason["value"] is None)
    not_known = None
    if unknown:
        measures = [phrase(f"measure.{measure}") for measure in unknown]
        listed = reduce(lambda first, following: phrase("listed", first=first, following=following), measures)
        not_known = phrase("assessment.not_known", measures=listed)
    return texts.both(sentences(phrase("assessment.score", score=score), *effects, not_known))
