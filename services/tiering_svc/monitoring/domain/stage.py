"""Where a customer is in its life with the company (T11): its stage, by its orders and by rules that are data."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from services.tiering_svc.core.domain.calendar import DAY, spelled
from services.tiering_svc.core.domain.numbers import number, plain
from services.tiering_svc.monitoring.domain.detectors import HUNDRED, SECOND, TENTH
from services.tiering_svc.monitoring.domain.limits import MOST_MONTHS, non_negative, whole
from services.tiering_svc.monitoring.domain.monthly_series import MonthlySeries, Window, full_months
from shared.errors import invalid

STAGES = ("acquire", "expand", "retain", "dormant", "lost")
MOST_DAYS = 3_650


class Classification(NamedTuple):
    """Where a customer belongs: a code (None: not known), with what it follows from, as data."""

    code: str | None
    reasons: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Silence:
    """At least so many days without an order, and so many of its own order cycles where the cycle is known."""

    days: int
    cycles: Decimal


@dataclass(frozen=True, slots=True)
class StageRules:
    """When a customer is in which stage."""

    acquire_days: int  # since the first order
    dormant: Silence
    lost: Silence
    growth: Decimal  # percent, of revenue a day
    recent_months: int
    baseline_months: int


def stage_of(series: MonthlySeries, rules: StageRules) -> Classification:
    """The stage as of the instant of the series: there always is one.

    *acquire* until so many days after the first order; then *lost* or *dormant* by silence, in days and in own order
    cycles; then *expand* where revenue a day grew on its own baseline, else *retain*.
    """
    if series.first_order_at is None:
        return Classification("acquire", {"because": "no_order"})
    age = (series.as_of - series.first_order_at) // DAY
    reasons: dict[str, Any] = {"days_since_first_order": age}
    if age < rules.acquire_days:
        return Classification("acquire", reasons | {"because": "new", "days": rules.acquire_days})
    months = series.months.values()
    orders = sum(sums.orders for sums in months)
    if not orders:
        return Classification("lost", reasons | {"because": "long_ago"})
    last_at, first_at = max(sums.last_at for sums in months), min(sums.first_at for sums in months)
    silence = (series.as_of - last_at) // DAY
    cycle = Decimal((last_at - first_at) // SECOND) / Decimal(86_400 * (orders - 1)) if orders > 1 else None
    reasons |= {"silent_days": silence, "cycle_days": None if cycle is None else plain(cycle.quantize(TENTH))}
    for code, least in (("lost", rules.lost), ("dormant", rules.dormant)):
        if silence >= least.days and (cycle is None or silence >= cycle * least.cycles):
            silent = {"because": "silent", "days": least.days, "cycles": plain(least.cycles)}
            return Classification(code, reasons | silent)
    return _growing_or_kept(series, rules, reasons)


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
    422, at its field below `pointer`: `lost_before_dormant`, `out_of_range`, `not_a_number`."""
    dormant, lost = (_silence(document[name], f"{pointer}/{name}") for name in ("dormant", "lost"))
    if lost.days < dormant.days or lost.cycles < dormant.cycles:
        field = "days" if lost.days < dormant.days else "cycles"
        raise invalid("lost_before_dormant", "Lost begins after dormant.", pointer=f"{pointer}/lost/{field}")
    expand, at = document["expand"], f"{pointer}/expand"
    return StageRules(
        whole(document["acquire"]["days"], 0, MOST_DAYS, f"{pointer}/acquire/days"), dormant, lost,
        number(expand["growth"], f"{at}/growth"),
        whole(expand["recent_months"], 1, MOST_MONTHS, f"{at}/recent_months"),
        whole(expand["baseline_months"], 1, MOST_MONTHS, f"{at}/baseline_months"),
    )  # fmt: skip


def _silence(document: Mapping[str, Any], pointer: str) -> Silence:
    days = whole(document["days"], 1, MOST_DAYS, f"{pointer}/days")
    return Silence(days, non_negative(document["cycles"], f"{pointer}/cycles"))
