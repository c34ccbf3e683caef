"""What an assessment says to the person who is assessed (T15). The sentences lie in `en.toml` and `zh.toml`."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import reduce
from typing import Any

from services.tiering_svc.core.domain.numbers import plain
from shared.texts import Phrase, Words, load_texts, phrase, sentences

__all__ = ["describe_assessment", "texts"]

texts = load_texts(__package__)

AMONG = frozenset(  # measures whose base is not the number of customers
    {
        *("late_submissions", "late_submission_hours", "wrong_submissions"),
        *("equipment_not_recorded", "equipment_wrong", "wrong_files"),
    }
)


def describe_assessment(score: str, reasons: Sequence[Mapping[str, Any]]) -> Words:
    """The score, what each rule that struck did to it, and which measures were not known: one paragraph. `reasons` are
    those kept with the assessment."""
    effects = [
        phrase("assessment.rule", rule=reason["name"], points=reason["points"], because=_because(reason))
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


def _because(reason: Mapping[str, Any]) -> Phrase:
    """What a rule that struck was held against: revenue and that of its base month, the best of all, or how many."""
    figure, base = Decimal(reason["figure"]), Decimal(reason["base"])
    if reason["rank"] is not None:
        return phrase("because.rank", value=_number(Decimal(reason["value"])))
    if reason["base_month"] is not None:
        percent = _number((Decimal(reason["value"]) * 100).quantize(Decimal("0.1")))
        return phrase("because.revenue", figure=figure, base=base, month=reason["base_month"], percent=percent)
    kind = reason["measure"] if reason["measure"] in AMONG else "customers"
    return phrase(f"because.{kind}", figure=_number(figure), base=_number(base))


def _number(value: Decimal) -> str:
    return plain(value) or "0"
