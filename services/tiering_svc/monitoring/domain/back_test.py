"""What a warning rule would have been worth on history (T12): precision, recall, lead time, against the base rate.

At each month's end t the rule looks at facts until t only. The outcome lies wholly after t: a *loss* is revenue a day
over the next `horizon_months` at least `fall` percent below the customer's own baseline, the full months before t. No
order at all is a fall of 100 percent, so who is lost is among them.

- precision: of the warnings raised at t, how many came before such a loss
- recall: of the losses (the month's ends of a customer, one after the other, from which the next months are a loss),
  at how many a warning was on at one of these ends
- base rate: of all customers at all month's ends, how many stood before a loss: the precision of a blind guess
- lead time: from the raising to the first month's end at which the last `horizon_months` alone would have shown it
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, tzinfo
from decimal import Decimal
from math import sqrt
from typing import Any

from services.tiering_svc.core.domain.calendar import shift
from services.tiering_svc.core.domain.numbers import ZERO
from services.tiering_svc.monitoring.domain.detectors import HUNDRED, SEVERITIES, Detector, Severity
from services.tiering_svc.monitoring.domain.history import History
from services.tiering_svc.monitoring.domain.monthly_series import MonthlySeries, Window

Z = 1.959964  # of a 95 percent interval


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    horizon_months: int = 3
    baseline_months: int = 3
    fall: Decimal = Decimal(50)  # percent
    least_baseline: Decimal = ZERO  # a month; who brought less is not looked at


@dataclass(slots=True)
class Ratio:
    """So many of so many, added up by customer: one customer's warnings are not independent of each other."""

    part: int = 0
    whole: int = 0
    part_squares: int = 0
    products: int = 0
    whole_squares: int = 0

    def add(self, part: int, whole: int) -> None:
        self.part += part
        self.whole += whole
        self.part_squares += part * part
        self.products += part * whole
        self.whole_squares += whole * whole

    @property
    def share(self) -> float | None:
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's, with as many independent draws as the spread between customers allows."""
        share = self.share
        if share is None:
            return None
        draws = float(self.whole)
        if 0 < share < 1:
            squares = self.part_squares - 2 * share * self.products + share * share * self.whole_squares
            if squares > 0:
                draws = min(draws, share * (1 - share) * self.whole * self.whole / squares)
        middle = (share + Z * Z / (2 * draws)) / (1 + Z * Z / draws)
        half = Z * sqrt(share * (1 - share) / draws + Z * Z / (4 * draws * draws)) / (1 + Z * Z / draws)
        return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(slots=True)
class Measured:
    """Sums over customers, so that a long back-test can be done in pieces."""

    precision: Ratio = field(default_factory=Ratio)
    recall: Ratio = field(default_factory=Ratio)
    base_rate: Ratio = field(default_factory=Ratio)
    lead_days: Counter[int] = field(default_factory=Counter)
    not_known: int = 0  # month's ends at which the rule could not tell
    not_measured: int = 0  # warnings whose customer had no baseline of the outcome's own yet

    def lead_quantile(self, share: float) -> int | None:
        ordered = sorted(self.lead_days.elements())
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None

    def as_data(self) -> dict[str, Any]:
        ratios = {
            name: [one.part, one.whole, one.part_squares, one.products, one.whole_squares]
            for name, one in (("precision", self.precision), ("recall", self.recall), ("base_rate", self.base_rate))
        }
        lead = {str(days): count for days, count in sorted(self.lead_days.items())}
        return ratios | {"lead_days": lead, "not_known": self.not_known, "not_measured": self.not_measured}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Measured":
        if not data:
            return cls()
        lead = Counter({int(days): count for days, count in data["lead_days"].items()})
        precision, recall, base_rate = (Ratio(*data[name]) for name in ("precision", "recall", "base_rate"))
        return cls(precision, recall, base_rate, lead, data["not_known"], data["not_measured"])


def measure_rule(
    rules: Sequence[Detector],
    histories: Sequence[History],
    first: date,
    last: date,
    outcome: RuleOutcome,
    zone: tzinfo,
    *,
    into: Sequence[Measured],
    severity: Severity = SEVERITIES[0],
) -> None:
    """Look at each customer when each month from `first` to `last` began, and add what came of it to `into`.

    A warning that was on a month before `first` is not one that was raised. `severity`: only as bad as this, or worse.
    """
    enough = frozenset(SEVERITIES[SEVERITIES.index(severity) :])
    for history in histories:
        seen = list(history.month_ends(shift(first, -1), shift(last, outcome.horizon_months), zone))
        looked_at = len(seen) - outcome.horizon_months
        losses = [_loss(seen, n, outcome) for n in range(1, looked_at)]
        leads = [_lead_days(seen, n + 1, outcome) if loss else 0 for n, loss in enumerate(losses)]
        for rule, measured in zip(rules, into, strict=True):
            _add(measured, rule, seen[:looked_at], losses, leads, enough)


def _add(
    measured: Measured,
    rule: Detector,
    seen: Sequence[MonthlySeries],
    losses: Sequence[bool | None],
    leads: Sequence[int],
    enough: frozenset[Severity],
) -> None:
    on, raised, right, episodes, foreseen, in_loss, warned = False, 0, 0, 0, 0, False, False
    for n, observed in enumerate(seen):
        before = on
        looked = rule.look(observed)
        if looked is not None:
            on = looked.severity in enough
        if n == 0:
            continue  # only whether it was on already
        loss = losses[n - 1]
        measured.not_known += looked is None and loss is not None
        if on and not before:
            if loss is None:
                measured.not_measured += 1
            else:
                raised += 1
                right += loss
                if loss:
                    measured.lead_days[leads[n - 1]] += 1
        if loss:
            episodes += not in_loss
            foreseen += on and not (in_loss and warned)
            warned = on or (in_loss and warned)
        in_loss = bool(loss)
    measured.precision.add(right, raised)
    measured.recall.add(foreseen, episodes)
    known = [loss for loss in losses if loss is not None]
    measured.base_rate.add(sum(known), len(known))


def _loss(seen: Sequence[MonthlySeries], n: int, outcome: RuleOutcome) -> bool | None:
    """Whether the months after the n-th look were a loss; None where the customer has no baseline yet."""
    usual = _usual(seen[n], outcome)
    if usual is None:
        return None
    later = seen[n + outcome.horizon_months]
    return _far_below(later, usual, outcome)


def _usual(observed: MonthlySeries, outcome: RuleOutcome) -> Decimal | None:
    """The baseline's revenue a day, as it was known then."""
    baseline = Window(shift(observed.this_month, -outcome.baseline_months), shift(observed.this_month, -1))
    before = observed.amount_of(baseline)
    if not observed.known_since(baseline.first) or before <= 0:
        return None
    return None if before < outcome.least_baseline * outcome.baseline_months else before / baseline.days


def _far_below(observed: MonthlySeries, usual: Decimal, outcome: RuleOutcome) -> bool:
    last = Window(shift(observed.this_month, -outcome.horizon_months), shift(observed.this_month, -1))
    return observed.amount_of(last) / last.days <= usual * (HUNDRED - outcome.fall) / HUNDRED


def _lead_days(seen: Sequence[MonthlySeries], n: int, outcome: RuleOutcome) -> int:
    usual = _usual(seen[n], outcome)
    assert usual is not None  # it is a loss
    shown = next(
        one for one in seen[n : n + outcome.horizon_months + 1] if _far_below(one, usual, outcome)
    )  # at the end of the horizon it shows at the latest
    return (shown.today - seen[n].today).days
