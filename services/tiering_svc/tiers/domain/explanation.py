"""Why a customer is in a tier (T9), as data: kept with each decision and never computed again. Words are made of it."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.tiering_svc.core.domain.calendar import first_month, shift, spelled
from services.tiering_svc.core.domain.numbers import ZERO, Value, plain
from services.tiering_svc.indicators.domain.figures import Figures
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot
from services.tiering_svc.policies.domain.conditions import Verdict, exact
from services.tiering_svc.policies.domain.policy import GROWING, Band, Grading, Policy, known_by_figures
from services.tiering_svc.tiers.domain.score_reasons import axis_reasons, next_by_cells, next_by_points, score_reasons

__all__ = ["Reasons", "next_tier", "plain", "reasons_of"]

Reasons = Mapping[str, Any]


def reasons_of(
    policy: Policy, seen: Figures | CustomerSnapshot, month: date, rank: int,
    *, trigger: str, order_id: UUID | None = None, run_id: UUID | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Everything the decision looked at. `rank` is where the customer is now, whatever its figures give."""
    known = seen if isinstance(seen, CustomerSnapshot) else known_by_figures(seen, month, policy.months)
    found = policy.assess(known)
    last = shift(month, -1) if policy.kind == "star" else month
    months = policy.months - 1 if policy.kind == "star" else policy.months
    reasons: dict[str, Any] = {
        "trigger": trigger,
        "policy": {"id": str(policy.policy_id), "version": policy.version, "kind": policy.kind, "name": policy.names},
        "window": {"from": spelled(first_month(last, months)), "to": spelled(last), "months": months},
        "tier": {"code": policy.levels[rank].code, "name": policy.levels[rank].names},
        **_looked_at(policy, found, rank),
        "next": next_tier(policy, found, rank),
    }
    if found.rank < rank:
        reasons["graded"] = policy.levels[found.rank].code  # it keeps what it had, though the figures give less
    if found.verdicts:
        reasons["conditions"] = [_verdict(policy, verdict) for verdict in found.verdicts]
        if found.rank != found.graded:
            reasons["before_conditions"] = policy.levels[found.graded].code
    if policy.kind == "star":
        reasons["months"] = {
            spelled(shift(month, -n)): plain(known.figures.monthly.get(shift(month, -n), ZERO))
            for n in range(months, 0, -1)
        }
    if policy.of_population:
        reasons["by"] = policy.shares_by
        reasons["shares"] = [
            {"tier": policy.levels[share.rank].code, "percent": plain(share.percent)} for share in policy.shares
        ]
        reasons["cutoffs_of"] = None if policy.run_id is None else str(policy.run_id)
    if order_id is not None:
        reasons["order_id"] = str(order_id)
    if run_id is not None:
        reasons["run_id"] = str(run_id)
    return reasons


def _looked_at(policy: Policy, found: Grading, rank: int) -> dict[str, Any]:
    """The values, and how they give the level: bands, points, or the cell."""
    if found.cell is not None:
        return {
            "axes": {
                "present": axis_reasons(found.cell.present),
                "potential": axis_reasons(found.cell.potential),
            },
            "cell": {
                "present": found.cell.present.axis.classes[found.cell.present.place].code,
                "potential": found.cell.potential.axis.classes[found.cell.potential.place].code,
                "tier": policy.levels[found.cell.rank].code,
            },
        }
    looked: dict[str, Any] = {"value": plain(found.value)}
    if policy.indicator is not None:
        looked["indicator"] = policy.indicator
    if found.score is not None and policy.scorecard is not None:
        looked["score"] = score_reasons(policy.scorecard, found.score)
    field = "up_to" if policy.better == "less" else "from"
    looked["bands"] = [
        {"tier": policy.levels[band.rank].code, field: plain(band.start)} for band in policy.bands or ()
    ]  # fmt: skip
    looked["band"] = _band(policy.bands or (), found.graded if found.verdicts else rank, field)
    if policy.better == "less":
        looked["better"] = "less"
    if found.value is None:
        looked["unknown_gives"] = policy.levels[policy.unknown_rank].code
    return looked


def _band(bands: Sequence[Band], rank: int, field: str) -> dict[str, str | None] | None:
    """Where the level begins, and where the next one does."""
    start = next((band.start for band in bands if band.rank == rank), None)
    end = next((band.start for band in bands if band.rank > rank), None)
    return None if start is None and end is None else {field: plain(start), "to": plain(end)}


def _verdict(policy: Policy, verdict: Verdict) -> dict[str, Any]:
    condition = verdict.condition
    limit, rank = ("at_most", condition.at_most) if condition.at_least is None else ("at_least", condition.at_least)
    assert rank is not None
    return {
        "name": condition.names,
        "when": condition.when,
        limit: policy.levels[rank].code,
        "level": policy.levels[rank].names,
        "met": verdict.met,  # null: it is not known
        "strikes": verdict.strikes,
        "values": {
            code: exact(verdict.facts[code]) if code in verdict.facts else None for code in condition.indicators
        },
    }


# --- what is missing -----------------------------------------------------------------------------------------------


def next_tier(policy: Policy, found: Grading, rank: int) -> dict[str, Any] | None:
    """The next level up and what is missing for it; None at the top, or where no cut-offs are known yet."""
    if found.cell is not None and policy.matrix is not None:
        step = next_by_cells(policy.matrix, found.cell, rank)
    else:
        step = _next_by_bands(policy, found, rank)
    if step is None:
        return None
    reached, missing = step
    level = policy.levels[reached]
    held = [
        verdict.condition.names
        for verdict in found.verdicts
        if verdict.strikes and verdict.condition.at_most is not None and verdict.condition.at_most < reached
    ]
    return {"code": level.code, "name": level.names, **missing, **({"held_by": held} if held else {})}


def _next_by_bands(policy: Policy, found: Grading, rank: int) -> tuple[int, dict[str, Any]] | None:
    band = next((band for band in policy.bands or () if band.rank > rank), None)
    if band is None:
        return None
    if policy.better == "less":
        over = None if found.value is None else max(found.value - band.start, ZERO)
        return band.rank, {"up_to": plain(band.start), "missing": plain(over)}
    missing: dict[str, Any] = {"from": plain(band.start), "missing": plain(_missing(policy, found.value, band.start))}
    if found.score is not None and policy.scorecard is not None:
        missing["items"] = next_by_points(policy.scorecard, found.score, band.start)
    return band.rank, missing


def _missing(policy: Policy, value: Value, start: Decimal) -> Decimal | None:
    """Of what is not known nobody can say how much is missing; only nothing bought is surely nothing."""
    if value is None:
        return start if policy.indicator in GROWING or policy.scorecard is not None else None
    return max(start - value, ZERO)
