"""Why a customer is in a tier, in English (T9)."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from services.tiering_svc.core.domain.numbers import grouped, said
from services.tiering_svc.indicators.domain.catalogue import INDICATORS

Reasons = Mapping[str, Any]
CAUSES = {
    ("first", "order"): "placed by the first order",
    ("first", "review"): "placed by a review",
    ("upgrade", "order"): "raised at once by an order",
    ("upgrade", "review"): "raised by a review",
    (
        "upgrade",
        "reversal",
    ): "raised by an order of that day, which carries the tier after an earlier one was taken back",
    ("downgrade", "review"): "lowered by a review after the grace period",
    ("downgrade", "override_end"): "graded anew when an override ended",
    ("upgrade", "override_end"): "graded anew when an override ended",
    (
        "correction",
        "reversal",
    ): "corrected from this date, because an order that had carried a higher tier was returned or cancelled",
    ("downgrade", "override_cancelled"): "graded anew when an override was ended early",
    ("upgrade", "override_cancelled"): "graded anew when an override was ended early",
    ("override", "override"): "set by a person",
}
UNKNOWN = {
    "lowest": "not known, counted as the lowest",
    "skip": "not known, left out",
    "points": "not known, counted as the policy says",
}


def english(kind: str, reasons: Reasons, since: datetime, currency: str) -> str:
    name = reasons["tier"]["name"]["en"]
    sentences = [f"{name} since {since:%Y-%m-%d}: {CAUSES[kind, reasons['trigger']]}."]
    if reasons["trigger"] == "override":
        sentences.append(f"It holds until {reasons['until'][:10]}.")
        return " ".join(sentences)
    sentences += _found(reasons, currency)
    sentences += _begins(reasons, name, currency)
    sentences += _conditions(reasons)
    if reasons.get("by"):
        by = "share of customers" if reasons["by"] == "customers" else "share of revenue"
        sentences.append(
            f"The limits are the cut-offs of the last review, by {by}."
            if reasons["bands"]
            else f"No review has computed the cut-offs yet, by {by}."
        )
    sentences += _missing(reasons, currency)
    policy = reasons["policy"]
    sentences.append(f"Policy “{policy['name']['en']}”, version {policy['version']}.")
    return " ".join(sentences)


def _found(reasons: Reasons, currency: str) -> Iterator[str]:
    window = reasons["window"]
    period = f"the {window['months']} months {window['from']} to {window['to']}"
    if reasons["policy"]["kind"] == "star":
        yield (
            f"In each of {period} the amount was at least "
            f"{grouped(reasons['value'])} {currency} (stars need more than their threshold in every month)."
        )
    elif "axes" in reasons:
        for axis, called in (("present", "Present"), ("potential", "Potential")):
            found = reasons["axes"][axis]
            views = ", ".join(f"{view['view']} {_points(view['total'])}" for view in found["views"])
            points = f"{_points(found['total'])} of {grouped(found['most'])} points"
            yield f"{called} value over {period}: {points} ({views}), class “{found['name']['en']}”."
    elif "score" in reasons:
        score = reasons["score"]
        yield f"Over {period} the score was {_points(score['total'])} of {grouped(score['most'])} points:"
        yield "; ".join(_item(item, currency) for item in score["items"]) + "."
    elif reasons["value"] is None:
        yield f"In {period} the {_name(reasons['indicator'])} is not known."
    else:
        yield f"In {period} the {_name(reasons['indicator'])} was {_said(reasons, reasons['value'], currency)}."


def _points(total: str | None) -> str:
    return "unknown" if total is None else grouped(total)


def _item(item: Reasons, currency: str) -> str:
    name = _name(item["indicator"])
    if item["value"] is None:
        value = UNKNOWN[item["unknown"]]
    else:
        value = _with_unit(item["value"], item["indicator"], currency)
    points = "" if item["points"] is None else f", {grouped(item['points'])} of {grouped(item['most'])} points"
    weight = "" if item["weight"] == "1" else f" × {item['weight']}"
    return f"{name} {value}{points}{weight}"


def _begins(reasons: Reasons, name: str, currency: str) -> Iterator[str]:
    band = reasons.get("band")
    if "graded" in reasons:
        yield "These figures alone would give a lower tier; the tier held before is kept until a review."
    elif "before_conditions" in reasons:
        return
    elif band and band.get("from") is not None:
        yield f"{name} begins at {_said(reasons, band['from'], currency)}."
    elif band and band.get("up_to") is not None:
        yield f"{name} goes up to {_said(reasons, band['up_to'], currency)}; less is better."


def _conditions(reasons: Reasons) -> Iterator[str]:
    for condition in reasons.get("conditions", ()):
        if condition["strikes"]:
            limit = "at most" if "at_most" in condition else "at least"
            open_ = " (not known, which counts as met)" if condition["met"] is None else ""
            yield f"Condition “{condition['name']['en']}” is met{open_}: {limit} {condition['level']['en']}."


def _missing(reasons: Reasons, currency: str) -> Iterator[str]:
    following = reasons["next"]
    if following is None:
        return
    name = following["name"]["en"]
    if "ways" in following:
        ways = " or ".join(_way(way) for way in following["ways"])
        yield f"For {name}, {ways} is missing."
    elif following["missing"] is not None and "up_to" in following:
        yield f"For {name}, it is {_said(reasons, following['missing'], currency)} too much."
    elif following["missing"] is not None:
        yield f"For {name}, {_said(reasons, following['missing'], currency)} is missing."
        alone = [_alone(item, currency) for item in following.get("items", ()) if item["alone"]]
        if alone:
            yield f"One of these alone would bring it: {'; '.join(alone)}."
    if "held_by" in following:
        held = ", ".join(f"“{one['en']}”" for one in following["held_by"])
        yield f"As long as {held} is met, {name} cannot be reached."


def _way(way: Reasons) -> str:
    needed = {axis: to["missing"] for axis, to in way.items() if to["missing"] not in (None, "0")}
    parts = [f"{grouped(missing)} points of {axis} value" for axis, missing in needed.items()]
    return " and ".join(parts)


def _alone(item: Reasons, currency: str) -> str:
    words = {"at_least": "at least", "at_most": "at most", "below": "below"}
    told = " and ".join(
        f"{words[limit]} {_with_unit(value, item['indicator'], currency)}" for limit, value in item["alone"].items()
    )
    return f"{_name(item['indicator'])} {told}"


def _name(indicator: str) -> str:
    return INDICATORS[indicator].names["en"].lower()


def _said(reasons: Reasons, value: str, currency: str) -> str:
    if "indicator" not in reasons:
        return f"{grouped(value)} points"
    return _with_unit(value, reasons["indicator"], currency)


def _with_unit(value: str, indicator: str, currency: str) -> str:
    return said(value, INDICATORS[indicator].unit, currency, days=" days", years=" years")
