"""How likely a loss is (T12): figures, fit and calibration against plain computations, and what it is worth."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import chain, combinations
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.tiering_svc.indicators.domain.order import Order, Reversal
from services.tiering_svc.monitoring.domain.history import History, ReceivableFact, ReversalFact
from services.tiering_svc.monitoring.domain.likelihood.choice import choose_model
from services.tiering_svc.monitoring.domain.likelihood.features import LikelihoodFeatures, features_of
from services.tiering_svc.monitoring.domain.likelihood.fitting import PENALTY, TooFewLosses, fit, known_by
from services.tiering_svc.monitoring.domain.likelihood.forecast import forecast_of, value_at_stake
from services.tiering_svc.monitoring.domain.likelihood.model import (
    CODES,
    ONE_WAY,
    LikelihoodModel,
    likelihood_of,
    signals_of,
    terms_of,
    with_likelihood,
)
from services.tiering_svc.monitoring.domain.likelihood.prior import CERTAINTY, PRIOR, PURCHASES
from services.tiering_svc.monitoring.domain.likelihood.reliability import (
    STEPS,
    Reliability,
    default_counts,
    precision_at,
)
from services.tiering_svc.monitoring.domain.likelihood.sample import LossSample
from services.tiering_svc.monitoring.texts.warnings import describe_factor

ANN = UUID(int=1)


def order_at(day: date, amount: str = "100", number: int = 0) -> Order:
    placed_at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return Order(UUID(int=number or day.toordinal()), placed_at, day.replace(day=1), Decimal(amount), None, 1)


def weekly(first: date, last: date, amount: str = "100") -> list[Order]:
    days = range((last - first).days // 7 + 1)
    return [order_at(first + timedelta(days=7 * day), amount) for day in days]


def part_of(order: Order) -> Reversal:
    """A tenth of 310 comes back."""
    return Reversal(order.order_id, order.placed_at, Decimal(31), None, 0)


def series_at(history: History, month: date):
    [series] = history.month_ends(month, month, UTC)
    return series


feature_rows = st.builds(
    LikelihoodFeatures,
    last_month=st.floats(0, 310), silence=st.floats(0, 1e4), orders=st.floats(1, 500),
    unevenness=st.floats(0, 350), long_run=st.floats(0, 1e6), season=st.floats(0, 1e6), complaints=st.floats(0, 50),
    arrears=st.floats(0, 2000), returned=st.floats(-10, 500),
)  # fmt: skip


def drawn_samples(count: int, seed: int, *, telling: bool = True) -> list[LossSample]:
    """Customers whose loss follows, or does not, from how low the last month is and how uneven the months are."""
    random = np.random.default_rng(seed)
    samples = []
    for number in range(count):
        last_month, unevenness = float(random.uniform(0, 200)), float(random.uniform(0, 150))
        odds = -1 - 1.5 * (last_month / 100 - 1) + 1.2 * (unevenness / 100 - 0.5) if telling else -1.0
        features = LikelihoodFeatures(
            last_month=last_month, silence=float(random.exponential(1)), orders=float(random.integers(1, 60)),
            unevenness=unevenness, long_run=float(random.uniform(50, 150)), season=100.0, complaints=0.0, arrears=0.0,
            returned=0.0,
        )  # fmt: skip
        lost = bool(random.random() < 1 / (1 + np.exp(-odds)))
        samples.append(LossSample(UUID(int=number // 3), date(2025, 1 + number % 3, 1), features, lost))
    return samples


SAMPLES = drawn_samples(3000, 1)


# --- figures -------------------------------------------------------------------------------------------------------


def test_T12_each_figure_is_what_its_name_says():
    orders = [order_at(date(2025, 1, 5), "300"), *(order_at(date(2025, month, 10), "310") for month in range(2, 7))]
    history = History(
        ANN, orders,
        [ReversalFact(datetime(2025, 6, 20, tzinfo=UTC), part_of(orders[4]))],
        complaints=[datetime(2025, 3, 3, tzinfo=UTC), datetime(2025, 6, 3, tzinfo=UTC)],
        receivables=[ReceivableFact(date(2025, 4, 1), date(2025, 6, 1), Decimal(9), [])],
    )  # fmt: skip
    features = features_of(series_at(history, date(2025, 7, 1)))
    assert features is not None
    daily = [Decimal(310) / days for days in (28, 31, 30)] + [Decimal(279) / 31, Decimal(310) / 30]
    usual = Decimal(310 + 279 + 310) / 91
    mean = Decimal(310 * 4 + 279) / 150
    spread = (sum((revenue - mean) ** 2 for revenue in daily) / 4).sqrt()
    assert features.last_month == pytest.approx(float(100 * daily[4] / usual))
    cycle = (orders[-1].placed_at - orders[0].placed_at).days / 5
    assert features.silence == pytest.approx(20.5 / cycle)
    assert features.orders == 3  # five in five months
    assert features.unevenness == pytest.approx(float(100 * spread / mean))
    assert features.long_run == pytest.approx(float(100 * mean / usual))
    assert features.season == 100  # nothing is known of a year ago
    assert (features.complaints, features.arrears) == (1, 30)
    assert features.returned == pytest.approx(float(100 * Decimal(31) / (310 + 279 + 310)))


def test_T12_the_season_is_what_the_coming_months_were_a_year_ago():
    amounts = {date(2024, month, 3): "100" for month in (2, 3, 4, 5, 9, 10, 11, 12)} | {date(2025, 5, 3): "100"}
    amounts |= {date(2024, month, 3): "300" for month in (6, 7, 8)} | {date(2025, month, 3): "100" for month in (1, 4)}
    history = History(ANN, [order_at(day, amount) for day, amount in sorted(amounts.items())])
    features = features_of(series_at(history, date(2025, 6, 1)))
    assert features is not None
    assert features.season == pytest.approx(100 * (900 / 92) / (300 / 92))


@pytest.mark.parametrize(
    "orders",
    [[], weekly(date(2025, 4, 7), date(2025, 6, 25)), weekly(date(2025, 1, 7), date(2025, 3, 25))],
    ids=["no order", "no order before the baseline", "no order in the baseline"],
)
def test_T12_without_a_baseline_the_likelihood_is_not_known(orders: Sequence[Order]):
    series = series_at(History(ANN, orders), date(2025, 7, 1))
    assert features_of(series) is None
    assert likelihood_of(PRIOR, series) is None
    assert forecast_of(with_likelihood(series, PRIOR)) is None


def test_T12_what_is_at_stake_is_the_customers_own_rate_over_three_months():
    orders = [order_at(date(2025, 1, 5), "999"), *(order_at(date(2025, month, 10), "150") for month in range(2, 7))]
    series = with_likelihood(series_at(History(ANN, orders), date(2025, 7, 1)), PRIOR)
    assert value_at_stake(series) == Decimal("460.00")  # 750 in 150 days; July to September have 92
    forecast = forecast_of(series)
    assert forecast is not None
    assert forecast.expected_loss == (forecast.likelihood * forecast.value_at_stake).quantize(Decimal("0.01"))
    assert value_at_stake(series_at(History(ANN, [order_at(date(2025, 6, 10))]), date(2025, 7, 1))) == 0


# --- as known then -------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=60)
@given(
    later=st.lists(st.tuples(st.integers(0, 150), st.integers(1, 900)), max_size=8),
    returned=st.lists(st.integers(0, 20), max_size=4, unique=True),
    complained=st.lists(st.integers(0, 150), max_size=3),
)
def test_T12_facts_that_came_later_do_not_change_a_past_likelihood(later, returned, complained):
    cut, before = date(2025, 7, 1), weekly(date(2025, 1, 7), date(2025, 6, 20))
    after = datetime(2025, 7, 1, 1, tzinfo=UTC)
    history = History(ANN, before)
    knowing = History(
        ANN,
        [
            *before,
            *(
                order_at(cut + timedelta(days=days), str(amount), 10**7 + index)
                for index, (days, amount) in enumerate(later)
            ),
        ],
        [
            ReversalFact(after, Reversal(before[number].order_id, before[number].placed_at, Decimal(100), None, 1))
            for number in returned
        ],
        complaints=[after + timedelta(days=days) for days in complained],
    )  # fmt: skip
    assert likelihood_of(PRIOR, series_at(knowing, cut)) == likelihood_of(PRIOR, series_at(history, cut))


def test_T12_a_model_is_fitted_to_outcomes_that_were_known_by_then():
    known = known_by(SAMPLES, date(2025, 5, 1), 3)
    assert {sample.month for sample in known} == {date(2025, 1, 1), date(2025, 2, 1)}


# --- fit and calibration -------------------------------------------------------------------------------------------


def newton(rows: np.ndarray, lost: np.ndarray) -> np.ndarray:
    """The minimum by Newton's steps with the exact Hessian; the intercept, in the first column, is not penalised."""
    weights, penalties = np.zeros(rows.shape[1]), np.full(rows.shape[1], PENALTY)
    penalties[0] = 0
    for _ in range(50):
        chance = 1 / (1 + np.exp(-rows @ weights))
        gradient = rows.T @ (chance - lost) + penalties * weights
        hessian = (rows * (chance * (1 - chance))[:, None]).T @ rows + np.diag(penalties)
        weights = weights - np.linalg.solve(hessian, gradient)
    return weights


def one_way_minimum(rows: np.ndarray, lost: np.ndarray) -> np.ndarray:
    """The best of all minima with some of the one-way weights held at 0 in which none of the others is negative."""
    bound = [index + 1 for index, one_way in enumerate(ONE_WAY) if one_way and rows[:, index + 1].any()]
    best, least = np.zeros(rows.shape[1]), np.inf
    for held in chain.from_iterable(combinations(bound, size) for size in range(len(bound) + 1)):
        kept = [column for column in range(rows.shape[1]) if column not in held]
        weights = np.zeros(rows.shape[1])
        weights[kept] = newton(rows[:, kept], lost)
        odds = rows @ weights
        loss = np.logaddexp(0, odds).sum() - lost @ odds + PENALTY / 2 * (weights[1:] ** 2).sum()
        if loss < least and weights[bound].min() >= 0:
            best, least = weights, loss
    return best


def test_T12_the_fit_equals_newtons_best_of_all_choices_of_weights_held_at_0():
    model = fit(SAMPLES).model
    signals = np.array([signals_of(sample.features) for sample in SAMPLES])
    terms = np.array([terms_of(row, model.lows, model.highs) for row in signals])
    means, spreads = terms.mean(axis=0), terms.std(axis=0)
    assert model.means == pytest.approx(means.tolist())
    assert model.spreads == pytest.approx(spreads.tolist())
    rows = np.column_stack([np.ones(len(terms)), (terms - means) / np.where(spreads > 0, spreads, 1)])
    lost = np.array([float(sample.lost) for sample in SAMPLES])
    weights = one_way_minimum(rows, lost)
    assert [model.intercept, *model.weights] == pytest.approx(weights.tolist(), abs=5e-5)
    assert min(weight for weight, one_way in zip(model.weights, ONE_WAY, strict=True) if one_way) >= 0
    assert model.weights[CODES.index("season")] == 0  # it says nothing in these samples


def test_T12_the_order_of_the_samples_does_not_matter():
    model, other = fit(SAMPLES).model, fit(SAMPLES[::-1]).model
    assert other.weights == pytest.approx(model.weights, abs=1e-5)
    assert (other.slope, other.shift) == pytest.approx((model.slope, model.shift), abs=1e-5)


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 10**6))
def test_T12_likelihoods_of_other_customers_are_calibrated(seed: int):
    """Those that a customer gets by a fit to others: right on the whole exactly, and band by band but for chance."""
    samples = drawn_samples(3000, seed)
    lost, likelihoods = np.array([sample.lost for sample in samples]), np.array(fit(samples).out_of_fold)
    assert likelihoods.mean() == pytest.approx(lost.mean(), abs=1e-4)
    for band in np.array_split(np.argsort(likelihoods), 5):
        deviation = np.sqrt((likelihoods[band] * (1 - likelihoods[band])).sum()) / len(band)
        assert abs(likelihoods[band].mean() - lost[band].mean()) < 5 * deviation


@given(features=feature_rows)
def test_T12_the_reasons_add_up_to_the_likelihood(features: LikelihoodFeatures):
    for model in (PRIOR, PURCHASES):
        odds = model.mean + sum(model.contributions(features))
        assert 0 < model.probability(features) < 1
        assert model.probability(features) == pytest.approx(1 / (1 + np.exp(-odds)))


@given(first=feature_rows, second=feature_rows)
def test_T12_the_prior_claims_less_and_ranks_the_same(first: LikelihoodFeatures, second: LikelihoodFeatures):
    assert PRIOR.mean == pytest.approx(PURCHASES.mean)
    claimed, full = sum(PRIOR.contributions(first)), sum(PURCHASES.contributions(first))
    assert claimed == pytest.approx(CERTAINTY * full, abs=1e-9)
    if abs(PURCHASES.probability(first) - PURCHASES.probability(second)) > 1e-9:
        is_higher = PURCHASES.probability(first) > PURCHASES.probability(second)
        assert (PRIOR.probability(first) > PRIOR.probability(second)) == is_higher


@given(features=feature_rows, worse=st.floats(0, 1000))
def test_T12_more_of_what_speaks_for_a_loss_never_makes_it_less_likely(features: LikelihoodFeatures, worse: float):
    for code in ("silence", "unevenness", "complaints", "arrears", "returned"):
        higher = features._replace(**{code: getattr(features, code) + worse})
        assert PRIOR.probability(higher) >= PRIOR.probability(features) - 1e-12
    lower = features._replace(last_month=max(0.0, features.last_month - worse))
    assert PRIOR.probability(lower) >= PRIOR.probability(features) - 1e-12


def test_T12_who_used_to_order_often_and_stopped_is_likely_to_be_lost():
    every_other_day = [order_at(date(2024, 1, 1) + timedelta(days=2 * number)) for number in range(270)]
    stopped = History(ANN, [order for order in every_other_day if order.placed_at < datetime(2025, 5, 25, tzinfo=UTC)])
    went_on = likelihood_of(PRIOR, series_at(History(ANN, every_other_day), date(2025, 6, 1)))
    gone = likelihood_of(PRIOR, series_at(stopped, date(2025, 7, 1)))
    assert went_on is not None
    assert gone is not None
    assert gone.probability > Decimal("0.4") > 3 * went_on.probability


def test_T12_reasons_come_strongest_first_and_are_said_in_both_languages():
    silent = History(ANN, weekly(date(2024, 1, 1), date(2025, 4, 20)))
    likelihood = likelihood_of(PRIOR, series_at(silent, date(2025, 7, 1)))
    assert likelihood is not None
    strengths = [abs(factor.contribution) for factor in likelihood.factors]
    assert strengths == sorted(strengths, reverse=True)
    assert all(strengths)
    assert {"silence", "last_month"} <= {factor.code for factor in likelihood.factors if factor.contribution > 0}
    for code in CODES:
        words = describe_factor({"code": code, "contribution": "-0.10", "value": "12.50"})
        assert "12.5" in words["en"]
        assert words["en"].endswith("makes a loss less likely.")
        assert "12.5" in words["zh"]


def test_T12_a_model_survives_being_stored_and_one_of_other_figures_is_none():
    model = fit(SAMPLES).model
    assert LikelihoodModel.from_data(model.as_data()) == model
    assert LikelihoodModel.from_data(model.as_data() | {"codes": ["height", *CODES[1:]]}) is None


# --- which model is used -------------------------------------------------------------------------------------------


def test_T12_too_little_history_is_left_to_the_prior():
    few = drawn_samples(150, 3)
    with pytest.raises(TooFewLosses):
        fit(few)
    choice = choose_model(few)
    assert (choice.source, choice.because, choice.model) == ("prior", "too_few_losses", PRIOR)
    assert choose_model([]).because == "too_few_losses"


def test_T12_a_model_no_better_than_chance_is_not_used():
    choice = choose_model(drawn_samples(600, 5, telling=False))
    assert (choice.source, choice.because) == ("prior", "no_better")
    own = choose_model(SAMPLES)
    assert (own.source, own.because, own.samples) == ("own", "better", len(SAMPLES))


# --- what it is worth ----------------------------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.integers(0, STEPS), st.integers(0, 3 * STEPS), st.booleans()), min_size=1, max_size=60),
    st.integers(0, 60),
)
def test_T12_reliability_adds_up_and_equals_plain_counting(rows, cut):
    whole, piece = Reliability(), Reliability()
    for index, (likelihood, ratio, lost) in enumerate(rows):
        whole.add(likelihood / STEPS, 100 * ratio / STEPS, lost)
        if index == cut:
            piece = Reliability.from_data(piece.as_data())
        piece.add(likelihood / STEPS, 100 * ratio / STEPS, lost)
    assert piece == whole
    chances, outcomes = np.array([row[0] / STEPS for row in rows]), np.array([float(row[2]) for row in rows])
    assert whole.brier == pytest.approx(((chances - outcomes) ** 2).mean())
    assert whole.base_rate_brier == pytest.approx(outcomes.mean() * (1 - outcomes.mean()))
    assert sum(band.samples for band in whole.bands()) == len(rows)
    assert sum(band.samples * band.observed for band in whole.bands()) == pytest.approx(outcomes.sum())
    for count in default_counts(len(rows), of_rules=[1, len(rows), 10**6]):
        last = np.sort(chances)[::-1][count - 1]
        above, level = outcomes[chances > last], outcomes[chances == last]
        expected = (above.sum() + level.mean() * (count - len(above))) / count
        assert precision_at(whole.by_likelihood, count) == pytest.approx(expected)


def test_T12_reliability_of_nobody_is_not_known():
    nobody = Reliability()
    assert (nobody.brier, nobody.base_rate_brier, nobody.bands(), precision_at(nobody.by_likelihood, 1)) == (
        None, None, [], None,
    )  # fmt: skip
    assert Reliability.from_data({}) == nobody
