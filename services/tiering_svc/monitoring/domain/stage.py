"""Where a customer is in its life with the company, and what relationship that calls for (T11): rules that are data.

The stage follows from its own orders. The relationship type is read from a matrix of how many customers its class has
and what margin it leaves: many customers with little margin get the least attention, few with much get a partner.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from services.tiering_svc.core.domain.calendar import DAY, shift, spelled
from services.tiering_svc.core.domain.numbers import number, plain
from services.tiering_svc.monitoring.domain.detectors import HUNDRED, SECOND, TENTH
from services.tiering_svc.monitoring.domain.monthly_series import MonthlySeries, Window, full_months
from shared.errors import invalid

STAGES = ("acquire", "expand", "retain", "dormant", "lost")
RELATIONSHIPS = ("basic", "reactive", "accountable", "proactive", "partner")
NUMBERS = ("many", "medium", "few")
MARGINS = ("high", "medium", "low")
MOST_MONTHS = 24
CENT_OF_PERCENT = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Silence:
    """At least so many days, and so many of its own order cycles where the cycle is known."""

    days: int
    cycles: Decimal


@dataclass(frozen=True, slots=True)
class StageRules:
    acquire_days: int  # since the first order
    dormant: Silence
    lost: Silence
    growth: Decimal  # percent, of revenue a day
    recent_months: int
    baseline_months: int
    numbers_by: str  # share: percent of all customers; count
    few_up_to: Decimal
    many_over: Decimal
    margin_months: int
    medium_from: Decimal  # margin rate
    high_from: Decimal
    types: Mapping[str, Mapping[str, str]]  # by number of customers, by margin


class Classes(NamedTuple):
    """How many customers each tier has, of how many."""

    sizes: Mapping[str, int]
    customers: int


class Judged(NamedTuple):
    """A code (None: not known) with what it follows from."""

    code: str | None
    reasons: dict[str, Any]


def stage_of(observed: MonthlySeries, rules: StageRules) -> Judged:
    if observed.first_order_at is None:
        return Judged("acquire", {"because": "no_order"})
    known = (observed.as_of - observed.first_order_at) // DAY
    reasons: dict[str, Any] = {"days_since_first_order": known}
    if known < rules.acquire_days:
        return Judged("acquire", reasons | {"because": "new", "days": rules.acquire_days})
    sums = observed.months.values()
    orders = sum(one.orders for one in sums)
    if not orders:
        return Judged("lost", reasons | {"because": "long_ago"})
    last_at, first_at = max(one.last_at for one in sums), min(one.first_at for one in sums)
    silence = (observed.as_of - last_at) // DAY
    cycle = Decimal((last_at - first_at) // SECOND) / Decimal(86_400 * (orders - 1)) if orders > 1 else None
    reasons |= {"silent_days": silence, "cycle_days": None if cycle is None else plain(cycle.quantize(TENTH))}
    for code, least in (("lost", rules.lost), ("dormant", rules.dormant)):
        if silence >= least.days and (cycle is None or silence >= cycle * least.cycles):
            return Judged(code, reasons | {"because": "silent", "days": least.days, "cycles": plain(least.cycles)})
    recent, baseline = full_months(observed.this_month, rules.recent_months, rules.baseline_months)
    before = observed.amount_of(baseline)
    if not observed.known_since(baseline.first) or before <= 0:
        return Judged("retain", reasons | {"because": "growth_not_known"})
    usual = before / baseline.days
    growth = (observed.amount_of(recent) / recent.days - usual) * HUNDRED / usual
    grew = growth >= rules.growth
    reasons |= {
        "because": "grew" if grew else "steady", "growth_percent": plain(growth.quantize(TENTH)),
        "growth_from": plain(rules.growth), "recent": _window(recent), "baseline": _window(baseline),
    }  # fmt: skip
    return Judged("expand" if grew else "retain", reasons)


def relationship_of(observed: MonthlySeries, tier: str | None, classes: Classes, rules: StageRules) -> Judged:
    months = Window(shift(observed.this_month, -rules.margin_months), shift(observed.this_month, -1))
    margin = observed.margin
    reasons: dict[str, Any] = {"tier": tier, "margin_window": _window(months)}
    size = classes.sizes.get(tier, 0) if tier is not None else 0
    if margin is None or tier is None or not size:
        return Judged(None, reasons | {"because": "margin_not_known" if margin is None else "no_tier"})
    rate = (margin.earned / margin.known_of).quantize(CENT_OF_PERCENT)
    share = (Decimal(size) * HUNDRED / classes.customers).quantize(TENTH)
    measured = share if rules.numbers_by == "share" else Decimal(size)
    count = "few" if measured <= rules.few_up_to else "many" if measured > rules.many_over else "medium"
    level = "high" if rate >= rules.high_from else "medium" if rate >= rules.medium_from else "low"
    reasons |= {
        "customers": count, "customers_in_tier": size, "share_percent": plain(share), "margin": level,
        "margin_rate": plain(rate),
    }  # fmt: skip
    return Judged(rules.types[count][level], reasons)


def _window(window: Window) -> dict[str, str]:
    return {"from": spelled(window.first), "to": spelled(window.last)}


# --- the document --------------------------------------------------------------------------------------------------

SHIPPED_STAGES: dict[str, Any] = {
    "stages": {
        "acquire": {"days": 60},
        "dormant": {"days": 30, "cycles": "4"},
        "lost": {"days": 90, "cycles": "8"},
        "expand": {"growth": "15", "recent_months": 3, "baseline_months": 3},
    },
    "relationships": {
        "customers": {"by": "share", "few_up_to": "10", "many_over": "35"},
        "margin": {"months": 12, "medium_from": "0.2", "high_from": "0.3"},
        "types": {
            "many": {"high": "accountable", "medium": "reactive", "low": "basic"},
            "medium": {"high": "proactive", "medium": "accountable", "low": "reactive"},
            "few": {"high": "partner", "medium": "proactive", "low": "accountable"},
        },
    },
}


def read_stage_rules(document: Mapping[str, Any], pointer: str = "") -> StageRules:
    """Checked shapes come in; what the shapes cannot say is refused here, at its field."""
    stages, relations = document["stages"], document["relationships"]
    dormant, lost = (_silence(stages[name], f"{pointer}/stages/{name}") for name in ("dormant", "lost"))
    if lost.days < dormant.days or lost.cycles < dormant.cycles:
        field = "days" if lost.days < dormant.days else "cycles"
        raise invalid("lost_before_dormant", "Lost begins after dormant.", pointer=f"{pointer}/stages/lost/{field}")
    numbers, margin = relations["customers"], relations["margin"]
    few, many = (
        _least(numbers[name], f"{pointer}/relationships/customers/{name}") for name in ("few_up_to", "many_over")
    )
    medium, high = (
        number(margin[name], f"{pointer}/relationships/margin/{name}") for name in ("medium_from", "high_from")
    )
    if many < few:
        raise invalid("bands_overlap", "Many is more than few.", pointer=f"{pointer}/relationships/customers/many_over")
    if high <= medium:
        raise invalid("bands_overlap", "High is more than medium.", pointer=f"{pointer}/relationships/margin/high_from")
    expand = stages["expand"]
    return StageRules(
        _whole(stages["acquire"]["days"], 0, 3_650, f"{pointer}/stages/acquire/days"), dormant, lost,
        number(expand["growth"], f"{pointer}/stages/expand/growth"),
        _whole(expand["recent_months"], 1, MOST_MONTHS, f"{pointer}/stages/expand/recent_months"),
        _whole(expand["baseline_months"], 1, MOST_MONTHS, f"{pointer}/stages/expand/baseline_months"),
        numbers["by"], few, many,
        _whole(margin["months"], 1, MOST_MONTHS, f"{pointer}/relationships/margin/months"), medium, high,
        {count: dict(types) for count, types in relations["types"].items()},
    )  # fmt: skip


def _silence(document: Mapping[str, Any], pointer: str) -> Silence:
    return Silence(
        _whole(document["days"], 1, 3_650, f"{pointer}/days"), _least(document["cycles"], f"{pointer}/cycles")
    )


def _least(text: str, pointer: str) -> Decimal:
    value = number(text, pointer)
    if value < 0:
        raise invalid("out_of_range", "At least 0.", pointer=pointer)
    return value


def _whole(value: int, least: int, most: int, pointer: str) -> int:
    if not least <= value <= most:
        raise invalid("out_of_range", f"Between {least} and {most}.", pointer=pointer)
    return value
