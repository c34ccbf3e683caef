"""Scores as reasons (T9): the points of each indicator, and what each alone could still bring for the next tier."""

from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from services.tiering_svc.core.domain.numbers import ZERO, Value, plain
from services.tiering_svc.policies.domain.document_fields import POINT
from services.tiering_svc.policies.domain.scorecard import (
    ItemScore,
    PointStep,
    PolicyScore,
    Scale,
    Scorecard,
)
from services.tiering_svc.policies.domain.value_matrix import AxisScore, Matrix, MatrixCell


def score_reasons(card: Scorecard, score: PolicyScore) -> dict[str, Any]:
    """A score as reasons keep it: total, the most anybody can have, and the points of each indicator."""
    return {
        "total": plain(score.total),
        "most": plain(card.most),
        "items": [_item_reasons(item_score) for item_score in score.items],
    }


def _item_reasons(item_score: ItemScore) -> dict[str, Any]:
    item = item_score.item
    reasons: dict[str, Any] = {
        "indicator": item.indicator,
        "value": plain(item_score.value),
        "points": plain(item_score.points),
        "most": plain(item.most),
        "weight": plain(item.weight),
        "weighted": plain(item_score.weighted),
    }
    if isinstance(item.by, Scale):
        reasons["scale"] = {
            "worst": plain(item.by.worst),
            "best": plain(item.by.best),
            "points": plain(item.by.points),
        }
    else:
        reasons["bands"] = [{"from": plain(step.start), "points": plain(step.points)} for step in item.by]
    if item_score.value is None:
        reasons["unknown"] = item.unknown if isinstance(item.unknown, str) else "points"
    return reasons


def axis_reasons(score: AxisScore) -> dict[str, Any]:
    """A score on one axis of the value matrix as reasons keep it: its class, and the points of each view."""
    return {
        "total": plain(score.total),
        "most": plain(score.axis.most),
        "class": score.axis.classes[score.class_index].code,
        "name": score.axis.classes[score.class_index].names,
        "classes": [{"class": axis_class.code, "from": plain(axis_class.start)} for axis_class in score.axis.classes],
        "views": [
            {
                "view": view_score.view.code,
                "weight": plain(view_score.view.weight),
                **score_reasons(view_score.view.card, view_score.score),
            }
            for view_score in score.views
        ],
    }


def next_by_cells(matrix: Matrix, cell: MatrixCell, rank: int) -> tuple[int, dict[str, Any]] | None:
    """The next level by the value matrix, and the nearest cells that give it; None where no cell does."""
    ways = list(matrix.ways_up(cell, rank))
    if not ways:
        return None
    return ways[0][2], {
        "ways": [{"present": _to_class(cell.present, i), "potential": _to_class(cell.potential, j)} for i, j, _ in ways]
    }


def _to_class(score: AxisScore, index: int) -> dict[str, Any]:
    """The class needed on an axis; nothing is missing where the customer is already there."""
    needed = score.axis.classes[index]
    missing = ZERO if index <= score.class_index or needed.start is None else needed.start - (score.total or ZERO)
    return {"class": needed.code, "name": needed.names, "from": plain(needed.start), "missing": plain(missing)}


def next_by_points(card: Scorecard, score: PolicyScore, start: Decimal) -> list[dict[str, Any]]:
    """What each indicator can still bring towards `start` points: its points left, and the value that alone would
    do."""
    counted = [item_score.item for item_score in score.items if item_score.points is not None]
    reachable = sum((item.most * item.weight for item in counted), ZERO)
    missing = start - (score.total or ZERO)
    if reachable and reachable != card.most:
        missing = missing * reachable / card.most  # those left out do not count, so a point counts for more
    return [_left(item_score, missing) for item_score in score.items]


def _left(item_score: ItemScore, missing: Decimal) -> dict[str, Any]:
    left = None if item_score.points is None else (item_score.item.most - item_score.points) * item_score.item.weight
    return {
        "indicator": item_score.item.indicator,
        "points_left": plain(left),
        "alone": None if item_score.points is None or missing <= 0 else _alone(item_score, item_score.points, missing),
    }


def _alone(item_score: ItemScore, points: Decimal, missing: Decimal) -> dict[str, str | None] | None:
    """The nearest value that earns so many points more; None where the indicator cannot."""
    item = item_score.item
    needed = (points + missing / item.weight).quantize(POINT, rounding=ROUND_CEILING)
    if needed > item.most:
        return None
    if isinstance(item.by, Scale):
        value, rising = item.by.value_for(needed), item.by.best > item.by.worst
        rounded = value.quantize(POINT, rounding=ROUND_CEILING if rising else ROUND_FLOOR)
        return {"at_least" if rising else "at_most": plain(rounded)}
    return next(_nearest(item.by, item_score.value, needed), None)


def _nearest(steps: tuple[PointStep, ...], value: Value, needed: Decimal) -> Iterator[dict[str, str | None]]:
    """The values that bring so many points by steps: those above the present value first, nearest first, then below."""
    for step in steps:
        if step.points >= needed and (value is None or step.start > value):
            yield {"at_least": plain(step.start)}
    for index in range(len(steps) - 2, -1, -1):
        if steps[index].points >= needed and value is not None and steps[index + 1].start <= value:
            yield {"at_least": plain(steps[index].start), "below": plain(steps[index + 1].start)}
