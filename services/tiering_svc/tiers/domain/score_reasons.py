"""Scores as reasons (T9): the points of each indicator, and what each alone could still bring for the next tier."""

from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from services.tiering_svc.core.domain.numbers import ZERO, plain
from services.tiering_svc.policies.domain.documents import POINT
from services.tiering_svc.policies.domain.scorecard import (
    ItemScore,
    PointStep,
    PolicyScore,
    Scale,
    Scorecard,
    ScorecardItem,
)
from services.tiering_svc.policies.domain.value_matrix import AxisScore, Matrix, MatrixCell


def score_reasons(card: Scorecard, score: PolicyScore) -> dict[str, Any]:
    return {
        "total": plain(score.total),
        "most": plain(card.most),
        "items": [_item_reasons(one) for one in score.items],
    }


def _item_reasons(one: ItemScore) -> dict[str, Any]:
    item = one.item
    reasons: dict[str, Any] = {
        "indicator": item.indicator,
        "value": plain(one.value),
        "points": plain(one.points),
        "most": plain(item.most),
        "weight": plain(item.weight),
        "weighted": plain(one.weighted),
    }
    if isinstance(item.by, Scale):
        reasons["scale"] = {
            "worst": plain(item.by.worst),
            "best": plain(item.by.best),
            "points": plain(item.by.points),
        }
    else:
        reasons["bands"] = [{"from": plain(step.start), "points": plain(step.points)} for step in item.by]
    if one.value is None:
        reasons["unknown"] = item.unknown if isinstance(item.unknown, str) else "points"
    return reasons


def axis_reasons(found: AxisScore) -> dict[str, Any]:
    return {
        "total": plain(found.total),
        "most": plain(found.axis.most),
        "class": found.axis.classes[found.place].code,
        "name": found.axis.classes[found.place].names,
        "classes": [{"class": one.code, "from": plain(one.start)} for one in found.axis.classes],
        "views": [
            {
                "view": one.view.code,
                "weight": plain(one.view.weight),
                **score_reasons(one.view.card, one.score),
            }
            for one in found.views
        ],
    }


def next_by_cells(matrix: Matrix, cell: MatrixCell, rank: int) -> tuple[int, dict[str, Any]] | None:
    ways = list(matrix.ways_up(cell, rank))
    if not ways:
        return None
    return ways[0][2], {
        "ways": [{"present": _to_class(cell.present, i), "potential": _to_class(cell.potential, j)} for i, j, _ in ways]
    }


def _to_class(found: AxisScore, place: int) -> dict[str, Any]:
    """The class needed on an axis; nothing is missing where the customer is already there."""
    wanted = found.axis.classes[place]
    missing = ZERO if place <= found.place or wanted.start is None else wanted.start - (found.total or ZERO)
    return {"class": wanted.code, "name": wanted.names, "from": plain(wanted.start), "missing": plain(missing)}


def next_by_points(card: Scorecard, score: PolicyScore, start: Decimal) -> list[dict[str, Any]]:
    """Of each indicator: how many points it has left, and from which value on it alone would bring what is missing."""
    reachable = sum((one.item.most * one.item.weight for one in score.items if one.points is not None), ZERO)
    missing = start - (score.total or ZERO)
    if reachable and reachable != card.most:
        missing = missing * reachable / card.most  # those left out do not count, so a point counts for more
    return [_left(one, missing) for one in score.items]


def _left(one: ItemScore, missing: Decimal) -> dict[str, Any]:
    left = None if one.points is None else (one.item.most - one.points) * one.item.weight
    return {
        "indicator": one.item.indicator,
        "points_left": plain(left),
        "alone": None if one.points is None or missing <= 0 else _alone(one, one.points, missing),
    }


def _alone(one: ItemScore, points: Decimal, missing: Decimal) -> dict[str, str | None] | None:
    """The nearest value that earns so many points more; None where the indicator cannot."""
    item = one.item
    wanted = (points + missing / item.weight).quantize(POINT, rounding=ROUND_CEILING)
    if wanted > item.most:
        return None
    if isinstance(item.by, Scale):
        value, rising = item.by.value_for(wanted), item.by.best > item.by.worst
        rounded = value.quantize(POINT, rounding=ROUND_CEILING if rising else ROUND_FLOOR)
        return {"at_least" if rising else "at_most": plain(rounded)}
    return next(_nearest(item, item.by, one, wanted), None)


def _nearest(
    item: ScorecardItem, steps: tuple[PointStep, ...], one: ItemScore, wanted: Decimal
) -> Iterator[dict[str, str | None]]:
    """Steps above the value first (more of it), then those below (less of it)."""
    value = one.value
    for step in steps:
        if step.points >= wanted and (value is None or step.start > value):
            yield {"at_least": plain(step.start)}
    for index in range(len(steps) - 2, -1, -1):
        if steps[index].points >= wanted and value is not None and steps[index + 1].start <= value:
            yield {"at_least": plain(steps[index].start), "below": plain(steps[index + 1].start)}
