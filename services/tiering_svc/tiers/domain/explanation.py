"""Why a customer is in a tier (T9), as data: the reasons kept with each decision and never computed again.

Reasons are JSON: trigger, policy, window, tier, what gave the level (a value with its bands, a score, or a cell of two
axes), conditions, and what is missing to the next level. Numbers are decimals in text. `texts` makes words of them.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.tiering_svc.core.domain.calendar import first_month, shift, spelled
from services.tiering_svc.core.domain.numbers import ZERO, Value, plain
from services.tiering_svc.indicators.domain.figures import Figures
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot
from services.tiering_svc.policies.domain import star_rule
from services.tiering_svc.policies.domain.conditions import Verdict, exact
from services.tiering_svc.policies.domain.policy import GROWING, Band, Grading, Policy, snapshot_of_figures
from services.tiering_svc.tiers.domain.score_reasons import axis_reasons, next_by_cells, next_by_points, score_reasons

__all__ = ["Reasons", "assessment", "decision_reasons", "next_tier", "plain", "reasons_of"]

Reasons = Mapping[str, Any]


def reasons_of(
    policy: Policy, facts: Figures | CustomerSnapshot, month: date, rank: int,
    *, trigger: str, order_id: UUID | None = None, run_id: UUID | None = None, following: bool = True,
) -> dict[str, Any]:  # fmt: skip
    """The reasons of a level, with what is missing for the next one unless `following` is false. `facts` is what was
    graded, of the window that ends with `month`; `rank` is the level the customer has, whatever its figures give."""
    snapshot = facts if isinstance(facts, CustomerSnapshot) else snapshot_of_figures(facts, month, policy.months)
    grading = policy.assess(snapshot)
    last = shift(month, -1) if policy.kind == "star" else month
    months = policy.months - 1 if policy.kind == "star" else policy.months
    reasons: dict[str, Any] = {
        "trigger": trigger,
        "policy": {"id": str(policy.policy_id), "version": policy.version, "kind": policy.kind, "name": policy.names},
        "window": {"from": spelled(first_month(last, months)), "to": spelled(last), "months": months},
        "tier": {"code": policy.levels[rank].code, "name": policy.levels[rank].names},
        **_what_gave_the_level(policy, grading, rank),
    }
    if snapshot.members > 1:
        reasons["group"] = {"members": snapshot.members}  # the figures are those of all of them together (P2)
    if following:
        reasons["next"] = next_tier(policy, grading, rank, snapshot.figures.monthly, month)
    if grading.rank < rank:
        reasons["graded"] = policy.levels[grading.rank].code  # it keeps what it had, though the figures give less
    if grading.verdicts:
        reasons["conditions"] = [_verdict(policy, verdict) for verdict in grading.verdicts]
        if grading.rank != grading.graded:
            reasons["before_conditions"] = policy.levels[grading.graded].code
    if policy.kind == "star":
        reasons["months"] = {
            spelled(full): plain(snapshot.figures.monthly.get(full, ZERO))
            for full in star_rule.full_months(month, months)
        }
    if policy.of_population:
        reasons["by"] = policy.shares_by
        if policy.shares_by == "customers":
            reasons["population"] = policy.population
        reasons["shares"] = [
            {"tier": policy.levels[share.rank].code, "percent": plain(share.percent)} for share in policy.shares
        ]
        reasons["cutoffs_of"] = None if policy.run_id is None else str(policy.run_id)
    if order_id is not None:
        reasons["order_id"] = str(order_id)
    if run_id is not None:
        reasons["run_id"] = str(run_id)
    return reasons


def decision_reasons(
    policy: Policy, facts: Figures | CustomerSnapshot, month: date, rank: int,
    *, trigger: str, order_id: UUID | None = None, run_id: UUID | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The reasons as a decision keeps them: what was looked at, not what would have been missing for more. That is told
    as of the instant that is asked about (`assessment`)."""
    return reasons_of(
        policy, facts, month, rank, trigger=trigger, order_id=order_id, run_id=run_id, following=False
    )  # fmt: skip


def assessment(policy: Policy, snapshot: CustomerSnapshot, tier: str, rank: int, ladder: str | None) -> dict[str, Any]:
    """The figures as of the snapshot's instant by the policy in force then, with what is missing for the next level up
    from the tier the customer has; where that is of another ladder, from what the figures give."""
    if ladder != policy.ladder:
        rank = policy.assess(snapshot).rank
    return reasons_of(policy, snapshot, snapshot.last_month, rank, trigger="now") | {"has": tier}


def _what_gave_the_level(policy: Policy, grading: Grading, rank: int) -> dict[str, Any]:
    """The value, and how it gives the level: by bands, by points, or by a cell."""
    if grading.cell is not None:
        return {
            "axes": {
                "present": axis_reasons(grading.cell.present),
                "potential": axis_reasons(grading.cell.potential),
            },
            "cell": {
                "present": grading.cell.present.axis.classes[grading.cell.present.class_index].code,
                "potential": grading.cell.potential.axis.classes[grading.cell.potential.class_index].code,
                "tier": policy.levels[grading.cell.rank].code,
            },
        }
    parts: dict[str, Any] = {"value": plain(grading.value)}
    if policy.indicator is not None:
        parts["indicator"] = policy.indicator
    if grading.score is not None and policy.scorecard is not None:
        parts["score"] = score_reasons(policy.scorecard, grading.score)
    field = _limit_field(policy)
    parts["bands"] = [
        {"tier": policy.levels[band.rank].code, field: plain(band.start)} for band in policy.bands or ()
    ]  # fmt: skip
    parts["band"] = _band(policy.bands or (), grading.graded if grading.verdicts else rank, field)
    if policy.better == "less":
        parts["better"] = "less"
    if grading.value is None:
        parts["unknown_gives"] = policy.levels[policy.unknown_rank].code
    return parts


def _limit_field(policy: Policy) -> str:
    """How a band's limit counts: from it on, up to it where less is better; a star needs more than it."""
    if policy.kind == "star":
        return "more_than"
    return "up_to" if policy.better == "less" else "from"


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


def next_tier(
    policy: Policy, grading: Grading, rank: int, monthly: Mapping[date, Decimal], month: date
) -> dict[str, Any] | None:
    """The next level up and what is missing for it, as JSON (code, name, from or up_to, missing, items or ways,
    held_by; of stars more_than, months_short and earliest_month); None at the top, or where no cut-offs are known yet.
    `monthly`: the amounts by month of the window that ends with `month`."""
    if grading.cell is not None and policy.matrix is not None:
        following = next_by_cells(policy.matrix, grading.cell, rank)
    else:
        following = _next_by_bands(policy, grading, rank, monthly, month)
    if following is None:
        return None
    reached, missing = following
    level = policy.levels[reached]
    held = [
        verdict.condition.names
        for verdict in grading.verdicts
        if verdict.strikes and verdict.condition.at_most is not None and verdict.condition.at_most < reached
    ]
    return {"code": level.code, "name": level.names, **missing, **({"held_by": held} if held else {})}


def _next_by_bands(
    policy: Policy, grading: Grading, rank: int, monthly: Mapping[date, Decimal], month: date
) -> tuple[int, dict[str, Any]] | None:
    band = next((band for band in policy.bands or () if band.rank > rank), None)
    if band is None:
        return None
    if policy.kind == "star":
        return band.rank, _next_star(band.start, monthly, month, policy.months - 1)
    if policy.better == "less":
        over = None if grading.value is None else max(grading.value - band.start, ZERO)
        return band.rank, {"up_to": plain(band.start), "missing": plain(over)}
    missing: dict[str, Any] = {"from": plain(band.start), "missing": plain(_missing(policy, grading.value, band.start))}
    if grading.score is not None and policy.scorecard is not None:
        missing["items"] = next_by_points(policy.scorecard, grading.score, band.start)
    return band.rank, missing


def _next_star(threshold: Decimal, monthly: Mapping[date, Decimal], month: date, count: int) -> dict[str, Any]:
    """T6: which of the full months fell short. Nothing can be bought in a month that is over, so nothing is missing in
    it; what helps are months to come."""
    return {
        "more_than": plain(threshold),
        "missing": None,
        "months_short": [
            {"month": spelled(full), "amount": plain(amount)}
            for full, amount in star_rule.months_short(monthly, month, count, threshold)
        ],
        "earliest_month": spelled(star_rule.earliest_month(monthly, month, count, threshold)),
    }


def _missing(policy: Policy, value: Value, start: Decimal) -> Decimal | None:
    """How much is missing to `start`. Where the value is not known neither is this, unless not known means nothing
    yet."""
    if value is None:
        return start if policy.indicator in GROWING or policy.scorecard is not None else None
    return max(start - value, ZERO)
