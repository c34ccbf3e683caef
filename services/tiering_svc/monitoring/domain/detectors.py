"""What early warnings look for (T12): one detector a kind of rule, a pure function of a customer's series of months.

`detect(series)` returns a `Finding`, or None where the customer is not known well enough: that raises nothing and
closes nothing. Everything is measured on the customer's own past, by whole calendar months and a day's mean, so that a
short February is no fall. Amounts are in the accounting currency, rates in percent, silence in days.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Literal, NamedTuple, Protocol, get_args

from services.tiering_svc.core.domain.calendar import DAY, shift, spelled
from services.tiering_svc.core.domain.numbers import ZERO, plain
from services.tiering_svc.monitoring.domain.monthly_series import (
    MonthlySeries,
    Window,
    days_between,
    full_months,
    months_between,
)

Severity = Literal["yellow", "red"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)  # mild first
HUNDRED = Decimal(100)
TENTH = Decimal("0.1")
CENT = Decimal("0.01")
SECOND = timedelta(seconds=1)


class Finding(NamedTuple):
    """What a detector measured. `severity` None is nothing to warn of.

    `measure` makes the evidence, by name (decimals, windows, months with amounts), and is called only where the
    evidence is kept: a sweep is about far more customers than it warns of.
    """

    severity: Severity | None
    measure: Callable[[], dict[str, Any]]

    @property
    def evidence(self) -> dict[str, Any]:
        """What was measured, by name."""
        return self.measure()


class ThresholdStep(NamedTuple):
    """From which value on a finding has a severity."""

    severity: Severity
    at_least: Decimal


def evidence_as_data(kind: str, finding: Finding) -> dict[str, Any]:
    """The evidence as it is stored and shown, with the kind of detector: numbers in text, months as 2026-03."""
    return {"kind": kind} | {name: _plain(value) for name, value in finding.evidence.items()}


def _plain(value: Any) -> Any:
    match value:
        case Window():
            return {"from": spelled(value.first), "to": spelled(value.last)}
        case Decimal():
            return plain(value)
        case Mapping():
            return {spelled(key) if isinstance(key, date) else key: _plain(amount) for key, amount in value.items()}
        case list():
            return [_plain(entry) for entry in value]
        case datetime():
            return value.isoformat()
    return value


def severity_of(value: Decimal, steps: tuple[ThresholdStep, ...]) -> Severity | None:
    """The severity of the worst step that the value reaches; None below all of them. Steps come mild first."""
    severity: Severity | None = None
    for step in steps:
        if value >= step.at_least:
            severity = step.severity
    return severity


class Detector(Protocol):
    """What a warning rule looks for, with its thresholds."""

    @property
    def kind(self) -> str:
        """The kind of rule, as its document names it."""
        ...

    def detect(self, series: MonthlySeries) -> Finding | None:
        """What it finds in a customer's series; None where the customer is not known well enough."""
        ...


@dataclass(frozen=True, slots=True)
class RevenueDown:
    """Revenue a day in the last full months, in percent below that of the months before them."""

    recent_months: int
    baseline_months: int
    steps: tuple[ThresholdStep, ...]
    least_baseline: Decimal = ZERO  # a month, below which a fall says nothing
    least_deviations: Decimal = ZERO  # how many of its own months' standard deviations the fall has to be
    kind: ClassVar[str] = "revenue_down"

    def detect(self, series: MonthlySeries) -> Finding | None:
        recent, baseline = full_months(series.this_month, self.recent_months, self.baseline_months)
        if not series.known_since(baseline.first):
            return None
        before = series.amount_of(baseline)
        if before <= 0 or before < self.least_baseline * self.baseline_months:
            return None
        now = series.amount_of(recent)
        usual, present = before / baseline.days, now / recent.days
        fall = (usual - present) * HUNDRED / usual
        severity = severity_of(fall, self.steps)
        deviation = None
        if self.least_deviations and severity is not None:
            deviation = _deviation(series, baseline, usual)
            if usual - present < self.least_deviations * deviation:
                severity = None
        return Finding(
            severity,
            lambda: {
                "recent": recent, "recent_amount": now, "recent_a_day": present.quantize(CENT),
                "baseline": baseline, "baseline_amount": before, "baseline_a_day": usual.quantize(CENT),
                "fall_percent": fall.quantize(TENTH),
                "deviations": ((usual - present) / deviation).quantize(TENTH) if deviation else None,
            },
        )  # fmt: skip


def _deviation(series: MonthlySeries, window: Window, mean: Decimal) -> Decimal:
    """The sample standard deviation of the months' revenue a day about `mean`; 0 with fewer than two months."""
    daily = [series.amount(month) / days_between(month, month) for month in window]
    if len(daily) < 2:
        return ZERO
    return (sum(((revenue - mean) ** 2 for revenue in daily), ZERO) / (len(daily) - 1)).sqrt()


@dataclass(frozen=True, slots=True)
class Falling:
    """For how many full months running revenue a day was less than in the month before."""

    steps: tuple[ThresholdStep, ...]
    least_fall: Decimal = ZERO  # in percent over the whole run
    kind: ClassVar[str] = "falling"

    def detect(self, series: MonthlySeries) -> Finding | None:
        longest = int(self.steps[-1].at_least)
        if not series.known_since(shift(series.this_month, -int(self.steps[0].at_least) - 1)):
            return None
        months = months_between(shift(series.this_month, -longest - 1), shift(series.this_month, -1))
        last = present = self._daily(series, months[-1])
        falls = 0
        while falls < longest and series.known_since(months[-falls - 2]):
            before = self._daily(series, months[-falls - 2])
            if not falls and not last and not before:
                return None  # nothing is left to fall: neither worse nor recovered
            if before <= present:
                break
            present = before
            falls += 1
        fall = (present - last) * HUNDRED / present if present else ZERO
        return Finding(
            severity_of(Decimal(falls), self.steps) if fall >= self.least_fall else None,
            lambda: {
                "months_running": falls,
                "months": {month: series.amount(month) for month in months[-falls - 1 :]},
                "fall_percent": fall.quantize(TENTH),
            },
        )

    @staticmethod
    def _daily(series: MonthlySeries, month: date) -> Decimal:
        return series.amount(month) / days_between(month, month)


@dataclass(frozen=True, slots=True)
class Silent:
    """Days since the last order, as a multiple of the customer's own order cycle."""

    steps: tuple[ThresholdStep, ...]
    cycle_months: int
    least_orders: int
    least_days: int
    kind: ClassVar[str] = "silent"

    def detect(self, series: MonthlySeries) -> Finding | None:
        first = shift(series.this_month, 1 - self.cycle_months)
        months = [sums for month, sums in series.months.items() if first <= month <= series.this_month]
        if not months:
            return None
        last_at = max(sums.last_at for sums in months)
        silence = (series.as_of - last_at) // DAY
        orders = sum(sums.orders for sums in months)
        if orders < self.least_orders:
            if silence >= self.least_days:
                return None
            return Finding(None, lambda: {"silent_days": silence, "orders": orders})
        span = last_at - min(sums.first_at for sums in months)
        cycle = Decimal(span // SECOND) / Decimal(86_400 * (orders - 1))
        times = silence / cycle if cycle else None
        severity = None
        if silence >= self.least_days:
            severity = self.steps[-1].severity if times is None else severity_of(times, self.steps)
        return Finding(
            severity,
            lambda: {
                "silent_days": silence, "last_order": last_at, "cycle_days": cycle.quantize(TENTH), "orders": orders,
                "times": None if times is None else times.quantize(TENTH),
            },
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ComplaintsUp:
    """Complaints in the last full months and this one, beyond what as many months before brought on the mean."""

    recent_months: int
    baseline_months: int
    steps: tuple[ThresholdStep, ...]
    kind: ClassVar[str] = "complaints_up"

    def detect(self, series: MonthlySeries) -> Finding | None:
        recent, baseline = full_months(series.this_month, self.recent_months, self.baseline_months)
        now = _count(series.complaints, recent.first, series.this_month)
        before = _count(series.complaints, baseline.first, baseline.last)
        usual = Decimal(before * self.recent_months) / self.baseline_months
        more = now - usual
        return Finding(
            severity_of(more, self.steps),
            lambda: {
                "recent": Window(recent.first, series.this_month), "recent_complaints": now, "baseline": baseline,
                "baseline_complaints": before, "usual_complaints": usual.quantize(TENTH),
                "more_complaints": more.quantize(TENTH),
            },
        )  # fmt: skip


def _count(counted: Mapping[date, int], first: date, last: date) -> int:
    return sum(count for month, count in counted.items() if first <= month <= last)


@dataclass(frozen=True, slots=True)
class InArrears:
    """What is owed past its due day: the amount, its share of all that is owed, or how many days the oldest is late."""

    measure: str  # amount, rate (percent), days
    steps: tuple[ThresholdStep, ...]
    kind: ClassVar[str] = "arrears"

    def detect(self, series: MonthlySeries) -> Finding | None:
        arrears = series.arrears
        if arrears is None:
            return None
        rate = arrears.overdue * HUNDRED / arrears.outstanding if arrears.outstanding else ZERO
        days = 0 if arrears.oldest_due_on is None else (series.today - arrears.oldest_due_on).days
        value = {"amount": arrears.overdue, "rate": rate, "days": Decimal(days)}[self.measure]
        return Finding(
            severity_of(value, self.steps) if arrears.overdue > 0 else None,
            lambda: {
                "measure": self.measure, "overdue": arrears.overdue, "outstanding": arrears.outstanding,
                "rate_percent": rate.quantize(TENTH), "days_late": days,
            },
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class SatisfactionDown:
    """The mean score of the last full months and this one, in points below that of the months before."""

    measure: str  # cases: 1 to 5 at a case's closing; index: experience less expectation of questionnaires
    recent_months: int
    baseline_months: int
    least_answers: int  # in either of the two
    steps: tuple[ThresholdStep, ...]
    kind: ClassVar[str] = "satisfaction_down"

    def detect(self, series: MonthlySeries) -> Finding | None:
        recent, baseline = full_months(series.this_month, self.recent_months, self.baseline_months)
        scores = series.scores.get(self.measure, {})
        now = [sums for month, sums in scores.items() if recent.first <= month <= series.this_month]
        before = [sums for month, sums in scores.items() if baseline.first <= month <= baseline.last]
        answers_now, answers_before = sum(sums.answers for sums in now), sum(sums.answers for sums in before)
        if min(answers_now, answers_before) < self.least_answers:
            return None
        mean_now = sum((sums.total for sums in now), ZERO) / answers_now
        mean_before = sum((sums.total for sums in before), ZERO) / answers_before
        fall = mean_before - mean_now
        return Finding(
            severity_of(fall, self.steps),
            lambda: {
                "measure": self.measure, "recent": Window(recent.first, series.this_month),
                "recent_mean": mean_now.quantize(CENT), "recent_answers": answers_now, "baseline": baseline,
                "baseline_mean": mean_before.quantize(CENT), "baseline_answers": answers_before,
                "fall_points": fall.quantize(CENT),
            },
        )  # fmt: skip
