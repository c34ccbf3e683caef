"""What a warning says of the months to come (T12): the likelihood of a loss, the value at stake, the expected loss."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from services.tiering_svc.core.domain.calendar import shift
from services.tiering_svc.core.domain.numbers import ZERO
from services.tiering_svc.monitoring.domain.likelihood.features import LONG_MONTHS
from services.tiering_svc.monitoring.domain.likelihood.value import TWO_PLACES
from services.tiering_svc.monitoring.domain.monthly_series import MonthlySeries, Window

HORIZON_MONTHS = 3  # the months that the likelihood is about


class LossForecast(NamedTuple):
    """Amounts are revenue in the accounting currency, rounded to cents."""

    likelihood: Decimal
    value_at_stake: Decimal
    expected_loss: Decimal
    factors: Sequence[dict[str, str]]  # the reasons as they are stored, the strongest first


def forecast_of(series: MonthlySeries) -> LossForecast | None:
    """By the likelihood that the series has; None without one."""
    likelihood = series.likelihood
    if likelihood is None:
        return None
    value = value_at_stake(series)
    return LossForecast(
        likelihood.probability,
        value,
        (likelihood.probability * value).quantize(TWO_PLACES),
        [factor.as_data() for factor in likelihood.factors],
    )


def value_at_stake(series: MonthlySeries) -> Decimal:
    """What the customer would bring in the next three full months by its own rate: the revenue a day of up to twelve
    full months, since the month after its first order. Revenue, not margin: costs are not known of every customer, not
    everybody may read them, and a list cannot be sorted by the one here and the other there. 0 without a full month."""
    end = series.this_month
    if series.first_month is None:
        return ZERO
    window = Window(max(shift(series.first_month, 1), shift(end, -LONG_MONTHS)), shift(end, -1))
    if not window.months:
        return ZERO
    ahead = Window(end, shift(end, HORIZON_MONTHS - 1))
    return max(ZERO, series.amount_of(window) * ahead.days / window.days).quantize(TWO_PLACES)
