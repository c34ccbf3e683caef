"""Where a customer is in its life with the company (T11): its stage, by its orders and by rules that are data."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from services.tiering_svc.core.domain.calendar import DAY, spelled
from services.tiering_svc.core.domain.numbers import number, plain
from services.tiering_svc.monitoring.domain.detectors import HUNDRED, TENTH
from services.tiering_svc.monitoring.domain.limits import MOST_MONTHS, whole
from services.tiering_svc.monitoring.domain.monthly_series import MonthlySeries, Window, full_months
from services.tiering_svc.retention.domain.churn import ChurnRules, OrderRhythm, Silence

STAGES = ("acquire", "expand", "retain", "dormant", "lost")
MOST_DAYS = 3_650


class Classification(NamedTuple):
    """Where a customer belongs: a code (None: not known), with what it follows from, as data."""

    code: str | None
    reasons: dict[str, Any]


@dataclass(frozen=True, slots=True)
class StageRules:
    """When a customer is in which stage."""

    acquire_days: int  # since the first order
    growth: Decimal  # percent, of revenue a day
    recent_months: int
    baseline_months: int


def stage_of(
    series: MonthlySeries, rhythm: OrderRhythm | None, rules: StageRules, churn: ChurnRules
) -> Classification:  # fmt: skip
    """The stage as of the instant of the series: there always is one. `rhythm`: how often it ordered by then; None: not
    at all.

    *lost* by the churn rules, whatever else is so; *acquire* until so many days after the first order; then *dormant*
    by the churn rules; then *expand* where revenue a day grew on its own baseline, else *retain*.
    """
    if rhythm is None:
        return Classification("acquire", {"because": "no_order"})
    age = (series.as_of - rhythm.first_at) // DAY
    cycle = rhythm.cycle_days
    silent = {
        "days_since_first_order": age, "silent_days": (series.as_of - rhythm.last_at) // DAY,
        "cycle_days": None if cycle is None else plain(cycle.quantize(TENTH)),
    }  # fmt: skip
    if rhythm.is_silent(churn.lost, series.as_of):
        return Classification("lost", silent | _limits(churn.lost))
    if age < rules.acquire_days:
        reasons = {"days_since_first_order": age, "because": "new", "days": rules.acquire_days}
        return Classification("acquire", reasons)
    if rhythm.is_silent(churn.dormant, series.as_of):
        return Classification("dormant", silent | _limits(churn.dormant))
    return _growing_or_kept(series, rules, silent)


def _limits(silence: Silence) -> dict[str, Any]:
    return {"because": "silent", "days": silence.days, "cycles": plain(silence.cycles)}


def _growing_or_kept(series: MonthlySeries, rules: StageRules, reasons: dict[str, Any]) -> Classification:
    recent, baseline = full_months(series.this_month, rules.recent_months, rules.baseline_months)
    before = series.amount_of(baseline)
    if not series.known_since(baseline.first) or before <= 0:
        return Classification("retain", reasons | {"because": "growth_not_known"})
    usual = before / baseline.days
    growth = (series.amount_of(recent) / recent.days - usual) * HUNDRED / usual
    grew = growth >= rules.growth
    reasons |= {
        "because": "grew" if grew else "steady", "growth_percent": plain(growth.quantize(TENTH)),
        "growth_from": plain(rules.growth), "recent": window_as_data(recent), "baseline": window_as_data(baseline),
    }  # fmt: skip
    return Classification("expand" if grew else "retain", reasons)


def window_as_data(window: Window) -> dict[str, str]:
    """A window as reasons show it: its first and its last month, like 2026-03."""
    return {"from": spelled(window.first), "to": spelled(window.last)}


def read_stages(document: Mapping[str, Any], pointer: str = "") -> StageRules:
    """The rules of a document's part `stages`, whose shape is checked. What the shape cannot say is refused here with
    422, at its field below `pointer`: `out_of_range`, `not_a_number`."""
    expand, at = document["expand"], f"{pointer}/expand"
    return StageRules(
        whole(document["acquire"]["days"], 0, MOST_DAYS, f"{pointer}/acquire/days"),
        number(expand["growth"], f"{at}/growth"),
        whole(expand["recent_months"], 1, MOST_MONTHS, f"{at}/recent_months"),
        whole(expand["baseline_months"], 1, MOST_MONTHS, f"{at}/baseline_months"),
    )  # fmt: skip
