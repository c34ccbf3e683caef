"""What a warning rule would have been worth on history (T12): precision, recall, lead time, against the base rate.

At each month's end t the rule looks at facts until t only. The outcome lies wholly after t: a *loss* is revenue a day
over the next `horizon_months` at least `fall` percent below the customer's own baseline, the full months before t. No
order at all is a fall of 100 percent, so who is lost is among them.

- precision: of the warnings raised at t, how many came before such a loss
- recall: of the losses (the month's ends of a customer, one after the other, from which the next months are a loss),
  at how many a warning was on at one of these ends
- base rate: of all customers at all month's ends, how many were before a loss: the precision of a blind guess
- lead time: from the raising to the first month's end at which the last `horizon_months` alone would have shown it
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, tzinfo
from decimal import Decimal
from math import sqrt
from typing import Any

from services.tiering_svc.core.domain.calendar import shift
from services.tiering_svc.core.domain.numbers import ZERO
from services.tiering_svc.monitoring.domain.detectors import HUNDRED, SEVERITIES, Detector, Severity
from services.tiering_svc.monitoring.domain.history import History
from services.tiering_svc.monitoring.domain.likelihood.features import features_of
from services.tiering_svc.monitoring.domain.likelihood.model import CODES, LikelihoodModel, with_likelihood
from services.tiering_svc.monitoring.domain.likelihood.reliability import Reliability
from services.tiering_svc.monitoring.domain.likelihood.sample import LossSample
from services.tiering_svc.monitoring.domain.monthly_series import MonthlySeries, Window
from services.tiering_svc.monitoring.domain.warning_rules import WarningRule

ModelOfMonth = Callable[[date], LikelihoodModel | None]
LAST_MONTH = CODES.index("last_month")
Z_95 = 1.959964  # of the normal distribution: an interval of 95 percent


def no_model(month: date) -> None:
    """For whoever does not ask for likelihoods."""


@dataclass(frozen=True, slots=True)
class LossDefinition:
    """What counts as a loss: so many percent less revenue a day over the horizon than in the baseline before it."""

    horizon_months: int = 3
    baseline_months: int = 3
    fall: Decimal = Decimal(50)  # percent
    least_baseline: Decimal = ZERO  # revenue a month; who brought less is left out


@dataclass(slots=True)
class Ratio:
    """So many of so many, added up by customer: one customer's warnings are not independent of each other."""

    part: int = 0
    whole: int = 0
    part_squares: int = 0
    products: int = 0
    whole_squares: int = 0

    def add(self, part: int, whole: int) -> None:
        """One customer's share: `part` of `whole`."""
        self.part += part
        self.whole += whole
        self.part_squares += part * part
        self.products += part * whole
        self.whole_squares += whole * whole

    @property
    def share(self) -> float | None:
        """0 to 1; None of nothing."""
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 percent interval of the share: Wilson's score interval (1927), with as many independent draws as the
        spread between customers allows (the design effect of a ratio estimated from clusters)."""
        share = self.share
        if share is None:
            return None
        draws = float(self.whole)
        if 0 < share < 1:
            squares = self.part_squares - 2 * share * self.products + share * share * self.whole_squares
            if squares > 0:
                draws = min(draws, share * (1 - share) * self.whole * self.whole / squares)
        middle = (share + Z_95 * Z_95 / (2 * draws)) / (1 + Z_95 * Z_95 / draws)
        spread = sqrt(share * (1 - share) / draws + Z_95 * Z_95 / (4 * draws * draws))
        half = Z_95 * spread / (1 + Z_95 * Z_95 / draws)
        return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(slots=True)
class RulePerformance:
    """How well a rule foresaw losses: sums over customers, so that a long back-test can be done in batches."""

    precision: Ratio = field(default_factory=Ratio)
    recall: Ratio = field(default_factory=Ratio)
    base_rate: Ratio = field(default_factory=Ratio)
    lead_days: Counter[int] = field(default_factory=Counter)  # how many warnings came so many days ahead
    not_known: int = 0  # month's ends at which the rule could not tell
    not_measured: int = 0  # warnings whose customer had no baseline of the outcome's own yet

    def lead_quantile(self, share: float) -> int | None:
        """The lead time in days that this share of the right warnings did not exceed; None without any."""
        ordered = sorted(self.lead_days.elements())
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None

    def as_data(self) -> dict[str, Any]:
        """As it is kept between batches."""
        ratios = {
            name: [ratio.part, ratio.whole, ratio.part_squares, ratio.products, ratio.whole_squares]
            for name, ratio in (
                ("precision", self.precision), ("recall", self.recall), ("base_rate", self.base_rate),
            )
        }  # fmt: skip
        lead = {str(days): count for days, count in sorted(self.lead_days.items())}
        return ratios | {"lead_days": lead, "not_known": self.not_known, "not_measured": self.not_measured}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "RulePerformance":
        """From what `as_data` kept; all zero from nothing."""
        if not data:
            return cls()
        lead = Counter({int(days): count for days, count in data["lead_days"].items()})
        precision, recall, base_rate = (Ratio(*data[name]) for name in ("precision", "recall", "base_rate"))
        return cls(precision, recall, base_rate, lead, data["not_known"], data["not_measured"])


def measure_rules(
    rules: Sequence[Detector | WarningRule],
    histories: Sequence[History],
    first: date,
    last: date,
    loss: LossDefinition,
    zone: tzinfo,
    *,
    into: Sequence[RulePerformance],
    severity: Severity = SEVERITIES[0],
    models: ModelOfMonth = no_model,
    reliability: Reliability | None = None,
) -> None:
    """Try the rules on each customer when each month from `first` to `last` began, and add what came of it to `into`,
    which has an entry for each rule.

    A warning that was on a month before `first` is not one that was raised. `severity`: only as bad as this, or worse.
    `models`: the model of the likelihood that was known when a month began; how good its likelihoods proved to be is
    added to `reliability`.
    """
    severities = frozenset(SEVERITIES[SEVERITIES.index(severity) :])
    for history in histories:
        series = history.month_ends(shift(first, -1), shift(last, loss.horizon_months), zone)
        ends = [with_likelihood(end, models(end.this_month)) if end.this_month <= last else end for end in series]
        measured = len(ends) - loss.horizon_months
        losses = [_is_loss(ends, index, loss) for index in range(1, measured)]
        leads = [_lead_days(ends, index + 1, loss) if is_loss else 0 for index, is_loss in enumerate(losses)]
        for rule, performance in zip(rules, into, strict=True):
            _add(performance, rule, ends[:measured], losses, leads, severities)
        if reliability is not None:
            for end, is_loss in zip(ends[1:measured], losses, strict=True):
                if end.likelihood is not None and is_loss is not None:
                    reliability.add(float(end.likelihood.probability), end.likelihood.values[LAST_MONTH], is_loss)


def loss_samples(
    histories: Sequence[History], first: date, last: date, loss: LossDefinition, zone: tzinfo
) -> list[LossSample]:
    """What a model of the likelihood is fitted to: each customer when each month from `first` to `last` began, as it
    was known then, and whether the months after it were a loss."""
    samples: list[LossSample] = []
    for history in histories:
        ends = list(history.month_ends(first, shift(last, loss.horizon_months), zone))
        for index, end in enumerate(ends[: len(ends) - loss.horizon_months]):
            is_loss, features = _is_loss(ends, index, loss), features_of(end)
            if is_loss is not None and features is not None:
                samples.append(LossSample(history.customer_id, end.this_month, features, is_loss))
    return samples


def _add(
    performance: RulePerformance,
    rule: Detector | WarningRule,
    ends: Sequence[MonthlySeries],
    losses: Sequence[bool | None],
    leads: Sequence[int],
    severities: frozenset[Severity],
) -> None:
    """One customer's month's ends. `losses` and `leads` begin with the second of `ends`."""
    on, raised, right, episodes, foreseen, in_loss, warned = False, 0, 0, 0, 0, False, False
    for index, series in enumerate(ends):
        was_on = on
        finding = rule.detect(series)
        if finding is not None:
            on = finding.severity in severities
        if index == 0:
            continue  # only whether it was on already
        loss = losses[index - 1]
        performance.not_known += finding is None and loss is not None
        if on and not was_on:
            if loss is None:
                performance.not_measured += 1
            else:
                raised += 1
                right += loss
                if loss:
                    performance.lead_days[leads[index - 1]] += 1
        if loss:
            episodes += not in_loss
            foreseen += on and not (in_loss and warned)
            warned = on or (in_loss and warned)
        in_loss = bool(loss)
    performance.precision.add(right, raised)
    performance.recall.add(foreseen, episodes)
    known = [loss for loss in losses if loss is not None]
    performance.base_rate.add(sum(known), len(known))


def _is_loss(ends: Sequence[MonthlySeries], index: int, loss: LossDefinition) -> bool | None:
    """Whether the months after this month's end were a loss; None where the customer has no baseline yet."""
    usual = _usual_revenue(ends[index], loss)
    return None if usual is None else _far_below(ends[index + loss.horizon_months], usual, loss)


def _usual_revenue(series: MonthlySeries, loss: LossDefinition) -> Decimal | None:
    """The baseline's revenue a day, as it was known then; None without a whole baseline, or with too little in it."""
    baseline = Window(shift(series.this_month, -loss.baseline_months), shift(series.this_month, -1))
    revenue = series.amount_of(baseline)
    if not series.known_since(baseline.first) or revenue <= 0:
        return None
    return None if revenue < loss.least_baseline * loss.baseline_months else revenue / baseline.days


def _far_below(series: MonthlySeries, usual: Decimal, loss: LossDefinition) -> bool:
    last = Window(shift(series.this_month, -loss.horizon_months), shift(series.this_month, -1))
    return series.amount_of(last) / last.days <= usual * (HUNDRED - loss.fall) / HUNDRED


def _lead_days(ends: Sequence[MonthlySeries], index: int, loss: LossDefinition) -> int:
    """From this month's end, which is before a loss, to the first at which the last months alone would have shown it:
    at the end of the horizon they do at the latest."""
    usual = _usual_revenue(ends[index], loss)
    assert usual is not None  # it is a loss
    shown = next(series for series in ends[index : index + loss.horizon_months + 1] if _far_below(series, usual, loss))
    return (shown.today - ends[index].today).days
