"""What a customer's months say of a loss to come (T12): a few figures, each measured on the customer's own past.

All of them are free of the currency and of the customer's size, so that a model of one operator says something of
another's customers. What is not known counts as nothing unusual.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from math import sqrt
from typing import NamedTuple

from services.tiering_svc.core.domain.calendar import DAY, shift
from services.tiering_svc.monitoring.domain.monthly_series import MonthlySeries, Window, days_between

BASELINE_MONTHS = 3
LONG_MONTHS = 12
LEAST_DAYS_OF_CYCLE = 1.0  # who ordered twice a day is no more silent after a day than who orders daily
CLOSEST = 0.05  # a ratio below it, or above its inverse, says no more than that


class LikelihoodFeatures(NamedTuple):
    """Each in its own unit; the months are full ones. The names are the codes of the reasons."""

    last_month: float  # percent: revenue a day of the last month, of that of the last three
    silence: float  # days since the last order, over the customer's own order cycle
    orders: float  # in three months, on the mean of up to twelve
    unevenness: float  # percent: standard deviation of the revenue a day of up to twelve months, of their mean
    long_run: float  # percent: revenue a day of up to twelve months, of that of the last three
    season: float  # percent: the next three months a year ago, of the three before them; 100 where not known
    complaints: float  # in the last three months and this one
    arrears: float  # days that the oldest receivable is past its due day
    returned: float  # percent: what came back in the last three months, of their revenue


def features_of(series: MonthlySeries) -> LikelihoodFeatures | None:
    """The figures as of the instant of the series; None where the customer has no baseline: it has to have ordered
    before the last three months began, and in them."""
    end = series.this_month
    baseline = Window(shift(end, -BASELINE_MONTHS), shift(end, -1))
    revenue = series.amount_of(baseline)
    if not series.known_since(baseline.first) or revenue <= 0:
        return None
    usual = float(revenue) / baseline.days
    last_at = max(sums.last_at for sums in series.months.values())
    days = max(0.0, (series.as_of - last_at) / DAY)
    window = _long_window(series)
    long_run, unevenness = _long_run(series, window, usual)
    returned = sum((amount for month, amount in series.returned.items() if month in baseline.months), Decimal(0))
    arrears = series.arrears
    due_on = None if arrears is None or arrears.overdue <= 0 else arrears.oldest_due_on
    return LikelihoodFeatures(
        last_month=100 * _daily(series, shift(end, -1)) / usual,
        silence=days / _cycle(series),
        orders=BASELINE_MONTHS * sum(series.orders(month) for month in window) / len(window.months),
        unevenness=100 * unevenness,
        long_run=100 * long_run,
        season=100 * _season(series, end),
        complaints=float(_counted(series.complaints, baseline.first, end)),
        arrears=0.0 if due_on is None else float((series.today - due_on).days),
        returned=100 * float(returned / revenue),
    )


def _daily(series: MonthlySeries, month: date) -> float:
    return float(series.amount(month)) / days_between(month, month)


def _cycle(series: MonthlySeries) -> float:
    """Days between orders on the mean of the last twelve months and this one; with one order, since then."""
    first = shift(series.this_month, -LONG_MONTHS)
    months = [sums for month, sums in series.months.items() if month >= first]
    first_at, last_at = min(sums.first_at for sums in months), max(sums.last_at for sums in months)
    orders = sum(sums.orders for sums in months)
    span = (last_at - first_at) / DAY if orders > 1 else (series.as_of - first_at) / DAY
    return max(LEAST_DAYS_OF_CYCLE, span / max(1, orders - 1))


def _long_window(series: MonthlySeries) -> Window:
    """Up to twelve full months, from that after the first order on."""
    assert series.first_month is not None
    first = max(shift(series.first_month, 1), shift(series.this_month, -LONG_MONTHS))
    return Window(first, shift(series.this_month, -1))


def _long_run(series: MonthlySeries, window: Window, usual: float) -> tuple[float, float]:
    """Of these months: revenue a day over `usual`, and the months' standard deviation over their mean."""
    mean = float(series.amount_of(window)) / window.days
    daily = [_daily(series, month) for month in window]
    spread = sqrt(sum((revenue - mean) ** 2 for revenue in daily) / (len(daily) - 1))  # three months at least
    return mean / usual, spread / mean


def _season(series: MonthlySeries, end: date) -> float:
    """What the months to come were a year ago to the three before them; 1 where that is not known."""
    before = Window(shift(end, -LONG_MONTHS - BASELINE_MONTHS), shift(end, -LONG_MONTHS - 1))
    after = Window(shift(end, -LONG_MONTHS), shift(end, -LONG_MONTHS + BASELINE_MONTHS - 1))
    revenue = series.amount_of(before)
    if not series.known_since(before.first) or revenue <= 0:
        return 1.0
    return float(series.amount_of(after)) / after.days / (float(revenue) / before.days)


def _counted(counts: Mapping[date, int], first: date, last: date) -> int:
    return sum(count for month, count in counts.items() if first <= month <= last)
