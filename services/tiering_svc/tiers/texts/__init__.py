"""Why a customer is in a tier, in words (T9): one paragraph, English or Chinese, that a call-centre agent can read out.

The paragraph is made of the reasons kept with the decision (`domain/explanation.py`), so it says what was looked at
then. What a reader may not read has been taken out of the reasons before (`domain/audience.py`); the paragraph says
that it is not shown. The sentences lie in `en.toml` and `zh.toml`.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, tzinfo
from decimal import Decimal
from functools import reduce
from typing import Any

from services.tiering_svc.core.domain.numbers import grouped, plain
from services.tiering_svc.indicators.domain.catalogue import INDICATORS
from shared.texts import Language, Phrase, clauses, items, load_texts, phrase, sentences

__all__ = ["Language", "texts", "write_explanation"]

Reasons = Mapping[str, Any]


def _hundredths(ratio: str) -> str:
    """A ratio in percent with at most two decimals: 0.12345 -> `12.35`; the sign is the sentence's."""
    return plain((Decimal(ratio) * 100).quantize(Decimal("0.01"))) or ""


texts = load_texts(__package__, {"grouped": grouped, "hundredths": _hundredths})


def write_explanation(
    kind: str, reasons: Reasons, since: datetime, language: Language, *, zone: tzinfo, currency: str
) -> str:
    """Why a tier began at `since`. `kind` is the history row's; days are told in `zone`, money in `currency`."""
    tier = reasons["tier"]["name"]
    cause = phrase(f"cause.{kind}.{reasons['trigger']}")
    opening = phrase("since", tier=tier, since=since.astimezone(zone), cause=cause)
    if reasons["trigger"] == "override":
        return texts.say(language, sentences(opening, phrase("until", until=reasons["until"])))
    policy = phrase("policy", name=reasons["policy"]["name"], version=reasons["policy"]["version"])
    return texts.say(
        language,
        sentences(
            opening,
            *describe_figures(reasons, currency),
            policy,
        ),
    )


def describe_figures(reasons: Reasons, currency: str) -> Iterator[Phrase | None]:
    """What gives a level, and, where the reasons tell it, what is missing for the next one: a phrase a sentence."""
    yield from _figures(reasons, currency)
    if "group" in reasons:
        yield phrase("figure.group", members=reasons["group"]["members"])
    yield _limit(reasons, currency)
    yield from _conditions(reasons)
    yield _cutoffs(reasons)
    yield from _next_tier(reasons, currency)


# --- what was looked at --------------------------------------------------------------------------------------------


def _figures(reasons: Reasons, currency: str) -> Iterator[Phrase]:
    """The figures that gave the tier: a sentence, or one for each axis of the value matrix."""
    window = reasons["window"]
    period = phrase("period", months=window["months"], first=window["from"], last=window["to"])
    if reasons["policy"]["kind"] == "star" and "value" in reasons:
        yield phrase("figure.stars", period=period, value=_with_unit(reasons["value"], "amount", currency))
    elif "axes" in reasons:
        for code in ("present", "potential"):
            yield _axis(code, reasons["axes"][code], period)
    elif "score" in reasons:
        yield _score(reasons["score"], period, currency)
    elif "indicator" not in reasons:
        yield phrase("not_shown")
    elif reasons["value"] is None:
        yield phrase("figure.not_known", period=period, indicator=_name_of(reasons["indicator"]))
    else:
        value = _with_unit(reasons["value"], reasons["indicator"], currency)
        yield phrase("figure.known", period=period, indicator=_name_of(reasons["indicator"]), value=value)


def _axis(code: str, axis: Reasons, period: Phrase) -> Phrase:
    if "total" not in axis:
        return phrase("figure.axis_class", axis=phrase(f"axis.{code}"), period=period, axis_class=axis["name"])
    views = items(
        phrase("view.points", view=phrase(f"view.{view['view']}"), points=_points(view["total"]))
        for view in axis["views"]
    )
    return phrase(
        "figure.axis", axis=phrase(f"axis.{code}"), period=period, total=_points(axis["total"]), most=axis["most"],
        views=views, axis_class=axis["name"],
    )  # fmt: skip


def _score(score: Reasons, period: Phrase, currency: str) -> Phrase:
    parts = clauses(_item(item, currency) for item in score["items"])
    if "total" in score:
        total = _points(score["total"])
        return phrase("figure.score", period=period, total=total, most=score["most"], items=parts)
    return phrase("figure.part_of_score", period=period, items=parts) if score["items"] else phrase("not_shown")


def _points(total: str | None) -> Phrase | str:
    return phrase("unknown") if total is None else grouped(total)


def _item(item: Reasons, currency: str) -> Phrase:
    """An indicator of a score: its value, and the points it brings where it counts."""
    if item["value"] is None:
        value = phrase(f"item.not_known.{item['unknown']}")
    else:
        value = _with_unit(item["value"], item["indicator"], currency)
    return phrase(
        "item.value",
        indicator=_name_of(item["indicator"]),
        value=value,
        points="" if item["points"] is None else phrase("item.points", points=item["points"], most=item["most"]),
        weight="" if item["weight"] == "1" else phrase("item.weight", weight=item["weight"]),
    )


def _limit(reasons: Reasons, currency: str) -> Phrase | None:
    """Where the tier begins, unless a condition set it."""
    tier, band = reasons["tier"]["name"], reasons.get("band") or {}
    if "graded" in reasons:
        return phrase("limit.kept")
    if "before_conditions" in reasons:
        return None
    if band.get("from") is not None:
        return phrase("limit.begins", tier=tier, value=_measured(reasons, band["from"], currency))
    if band.get("more_than") is not None:
        return phrase("limit.star", tier=tier, value=_measured(reasons, band["more_than"], currency))
    if band.get("up_to") is not None:
        return phrase("limit.ends", tier=tier, value=_measured(reasons, band["up_to"], currency))
    return None


def _conditions(reasons: Reasons) -> Iterator[Phrase]:
    for condition in reasons.get("conditions", ()):
        if condition["strikes"]:
            yield phrase(
                "condition.at_most" if "at_most" in condition else "condition.at_least",
                condition=condition["name"],
                level=condition["level"],
                not_known=phrase("condition.not_known") if condition["met"] is None else "",
            )


def _cutoffs(reasons: Reasons) -> Phrase | None:
    """Of a policy of shares: by whose cut-offs it graded."""
    if not reasons.get("by") or "bands" not in reasons:
        return None
    key = "cutoffs.computed" if reasons["bands"] else "cutoffs.not_computed"
    shares = "revenue" if reasons["by"] == "revenue" else reasons.get("population", "known")
    return phrase(key, shares=phrase(f"cutoffs.{shares}"))


# --- what is missing -----------------------------------------------------------------------------------------------


def _next_tier(reasons: Reasons, currency: str) -> Iterator[Phrase]:
    """What the next level takes, and which conditions keep it out of reach."""
    following = reasons.get("next")
    if following is None:
        return
    level = following["name"]
    if "months_short" in following:
        yield from _next_star(following, currency)
    elif "ways" in following:
        yield phrase("next.ways", level=level, ways=_joined("way.either", map(_way, following["ways"])))
    elif following["missing"] is not None and "up_to" in following:
        yield phrase("next.too_much", level=level, excess=_measured(reasons, following["missing"], currency))
    elif following["missing"] is not None:
        yield phrase("next.missing", level=level, missing=_measured(reasons, following["missing"], currency))
        alone = [_alone(item, currency) for item in following.get("items", ()) if item["alone"]]
        if alone:
            yield phrase("next.alone", items=clauses(alone))
    if "held_by" in following:
        conditions = items(phrase("quoted", name=name) for name in following["held_by"])
        yield phrase("next.held", level=level, conditions=conditions)


def _next_star(following: Reasons, currency: str) -> Iterator[Phrase]:
    """T6: the months that fell short. What is over cannot be bought any more: the months to come count."""
    level, threshold = following["name"], _with_unit(following["more_than"], "amount", currency)
    short = [
        phrase("month.amount", month=month["month"], amount=_with_unit(month["amount"], "amount", currency))
        for month in following["months_short"]
    ]
    yield phrase("next.star", level=level, threshold=threshold)
    if short:
        yield phrase("next.months_short", months=len(short), list=clauses(short))
        yield phrase("next.earliest", level=level, earliest=following["earliest_month"])


def _way(way: Reasons) -> Phrase | str:
    """The points missing on either axis of the value matrix for one of its cells."""
    missing = {axis: needed["missing"] for axis, needed in way.items() if needed["missing"] not in (None, "0")}
    return _joined("way.both", (phrase(f"way.{axis}", points=points) for axis, points in missing.items()))


def _alone(item: Reasons, currency: str) -> Phrase:
    """The values of one indicator that alone would bring the next level."""
    limits = (
        phrase(f"alone.{limit}", value=_with_unit(value, item["indicator"], currency))
        for limit, value in item["alone"].items()
    )
    return phrase("alone.indicator", indicator=_name_of(item["indicator"]), limits=_joined("alone.both", limits))


def _joined(key: str, phrases: Iterable[Phrase | str]) -> Phrase | str:
    """Phrases joined two by two: `a or b or c`; nothing where there are none."""
    several = list(phrases)
    return reduce(lambda first, second: phrase(key, first=first, second=second), several) if several else ""


# --- values --------------------------------------------------------------------------------------------------------


def _name_of(indicator: str) -> Mapping[str, str]:
    names = INDICATORS[indicator].names
    return names | {"en": names["en"].lower()}


def _measured(reasons: Reasons, value: str, currency: str) -> Phrase:
    """A value of what the policy grades by: one indicator, or points."""
    if "indicator" not in reasons:
        return phrase("unit.points", value=value)
    return _with_unit(value, reasons["indicator"], currency)


def _with_unit(value: str, indicator: str, currency: str) -> Phrase:
    unit = INDICATORS[indicator].unit
    key = f"unit.{unit}"
    return phrase(key if key in texts else "unit.number", value=value, currency=currency)
