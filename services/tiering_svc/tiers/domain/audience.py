"""What a reader of a tier is shown of the figures behind it (G1).

A figure is readable when everything it is made of is. Where a policy looks at an indicator that the reader may not
read, neither its value is shown, nor a sum it is part of, nor what is missing to the next level: the other parts of a
sum would tell it.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from services.tiering_svc.policies.domain.policy import Policy

VALUE = (
    "indicator",
    "value",
    "months",
    "bands",
    "band",
    "better",
    "unknown_gives",
)  # of reasons: the figure and its limits
NEXT_TIER = ("code", "name", "held_by")  # of the next level: what says nothing of a figure


def readable_reasons(
    reasons: Mapping[str, Any], hidden: AbstractSet[str], *, internal: bool, of_others: bool = False
) -> dict[str, Any]:
    """Reasons as a reader is shown them who may not read the `hidden` indicators.

    `internal`: the reader is one of the company's own people, who also read who set a tier by hand, and why. Of a group
    nobody else is shown a figure: it may hold customers who are not theirs to see (P2). `of_others`: the customer is or
    was one with some whom the reader does not see (P12); no figure is shown, nor that there are any.
    """
    shown = dict(reasons)
    if reasons["trigger"] == "override":
        return shown if internal else {name: part for name, part in shown.items() if name not in ("by", "reason")}
    conditions = reasons.get("conditions", ())
    if not internal and (of_others or shown.get("group") is not None):
        shown.pop("group", None)
        if of_others:
            shown.pop("order_id", None)  # whose order it was is not known
            shown |= {"trigger": "undisclosed"} if shown["trigger"] == "merge" else {}
        hidden = {*hidden, *_measured(reasons), *(code for condition in conditions for code in condition["values"])}
    readable = [condition for condition in conditions if hidden.isdisjoint(condition["values"])]
    if conditions:
        shown["conditions"] = readable
    figures_readable = hidden.isdisjoint(_measured(reasons))
    if reasons.get("next") is not None:
        held_up_by = [condition["name"] for condition in conditions if condition not in readable]
        shown["next"] = _readable_next(reasons["next"], held_up_by, figures_readable=figures_readable)
    if figures_readable:
        return shown
    for name in VALUE:
        shown.pop(name, None)
    if "score" in reasons:
        shown["score"] = {"items": [item for item in reasons["score"]["items"] if item["indicator"] not in hidden]}
    if "axes" in reasons:
        shown["axes"] = {code: _readable_axis(axis, hidden) for code, axis in reasons["axes"].items()}
    return shown


def hidden_with_group(
    assessment: Mapping[str, Any], policy: Policy, hidden: AbstractSet[str], *, internal: bool, of_others: bool = False
) -> AbstractSet[str]:
    """The indicators that a reader may not read of a customer: beside the `hidden` ones, where the figures are those of
    a group (P2), or also of others with whom it is one (`of_others`, P12), all that the policy looks at, but for the
    company's own people."""
    return hidden if internal or not (of_others or "group" in assessment) else {*hidden, *policy.indicators}


def readable_next(policy: Policy, following: Mapping[str, Any], hidden: AbstractSet[str]) -> dict[str, Any]:
    """The next level, worked out just now, as a reader is shown it who may not read the `hidden` indicators."""
    held_up_by = [rule.names for rule in policy.conditions if not hidden.isdisjoint(rule.indicators)]
    return _readable_next(following, held_up_by, figures_readable=hidden.isdisjoint(policy.measured))


def _readable_next(
    following: Mapping[str, Any], unreadable_conditions: Iterable[Mapping[str, str]], *, figures_readable: bool
) -> dict[str, Any]:
    shown = dict(following)
    if not figures_readable:
        shown = {name: part for name, part in following.items() if name in NEXT_TIER} | {"missing": None}
    if "held_by" in shown:
        left_out = list(unreadable_conditions)
        shown["held_by"] = [name for name in shown["held_by"] if name not in left_out]
        if not shown["held_by"]:
            del shown["held_by"]
    return shown


def _readable_axis(axis: Mapping[str, Any], hidden: AbstractSet[str]) -> Mapping[str, Any]:
    """An axis of the value matrix: its class always; its points and their limits where each view is readable."""
    views = [view for view in axis["views"] if hidden.isdisjoint(_indicators_of(view["items"]))]
    if len(views) == len(axis["views"]):
        return axis
    return {"class": axis["class"], "name": axis["name"], "views": views}


def _measured(reasons: Mapping[str, Any]) -> Iterator[str]:
    """The indicators whose values gave the level, before conditions."""
    if "indicator" in reasons:
        yield reasons["indicator"]
    yield from _indicators_of(reasons.get("score", {}).get("items", ()))
    for axis in reasons.get("axes", {}).values():
        for view in axis["views"]:
            yield from _indicators_of(view["items"])


def _indicators_of(items: Iterable[Mapping[str, Any]]) -> list[str]:
    return [item["indicator"] for item in items]
