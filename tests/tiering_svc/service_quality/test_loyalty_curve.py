"""T16: the satisfaction-loyalty curve of one's own data, by hand, against scipy, and against pandas on a real year."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import floor
from random import Random

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from services.tiering_svc.service_quality.domain.loyalty_curve import AskedCustomer, curve_of, wilson_interval
from shared.messaging import new_id
from tests import harness
from tests.tiering_svc.orders_of_the_year import orders_of
from tests.tiering_svc.real_year import ENDS

SERVICE = "tiering"
AS_OF = datetime(2017, 10, 17, 9, tzinfo=UTC)
CURVE = "/v1/satisfaction/loyalty-curve"


def survey_of(score, *, came_back=True, was_lost=False, is_lost=False, before="10", after="10"):
    return AskedCustomer(Decimal(score), came_back, was_lost, is_lost, Decimal(before), Decimal(after))


def test_T16_customers_are_binned_by_their_score_and_followed():
    points = curve_of(
        [
            survey_of("-0.5"), survey_of("-1", came_back=False, is_lost=True, after="0"),
            survey_of("0.99", was_lost=True, came_back=False), survey_of("0", was_lost=None, is_lost=None, before="0"),
            survey_of("3", before="0"),
        ],
        Decimal(1), Decimal(92), Decimal(46),
    )  # fmt: skip
    assert [(point.lowest, point.highest, point.customers) for point in points] == [(-1, 0, 2), (0, 1, 2), (3, 4, 1)]
    low, middle, high = points
    assert (low.came_back, low.come_back_rate, low.not_lost_before, low.retained) == (1, Decimal("0.5"), 2, 1)
    assert low.growth == 0  # half of the revenue in half of the days
    assert (middle.not_lost_before, middle.retention_rate) == (0, None)
    assert (high.retention_rate, high.growth) == (1, None)


@given(st.integers(1, 500).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))))
def test_T16_the_interval_is_wilsons(share):
    expected = binomtest(*share).proportion_ci(0.95, method="wilson")
    low, high = wilson_interval(*share)
    assert (float(low), float(high)) == pytest.approx((expected.low, expected.high), abs=2e-4)


def rhythm_is_lost(bought, as_of):
    first, last = bought.placed_at.min(), bought.placed_at.max()
    cycle = (last - first) / pd.Timedelta(days=1) / (len(bought) - 1) if len(bought) > 1 else 0
    return last + pd.Timedelta(days=max(3 * cycle, 90)) <= as_of


async def test_T16_the_curve_of_the_real_year_equals_pandas(real_year, real_year_copy, keys):
    """Answers in each month of the year's first half, of two thirds of the customers; followed from August on."""
    random = Random(16)
    answered: dict = {}
    app = harness.app_of("tiering", real_year_copy, keys)
    async with harness.client_of(app, harness.AsAdmin(keys, "tiering")) as client:
        for customer in real_year.customers[:130]:
            for _ in range(random.randint(1, 2)):
                when = datetime(2017, random.randint(1, 9), random.randint(1, 28), tzinfo=UTC)
                expectation, experience = random.randint(1, 10), random.randint(1, 10)
                body = {
                    "answer_id": str(new_id()), "customer_id": str(customer), "answered_at": when.isoformat(),
                    "items": [{"code": "price", "expectation": str(expectation), "experience": str(experience)}],
                }  # fmt: skip
                assert (await client.post("/v1/satisfaction/answers", json=body)).status_code == 201
                if datetime(2017, 2, 1, tzinfo=UTC) <= when < datetime(2017, 8, 1, tzinfo=UTC):
                    answered.setdefault(customer, []).append(experience - expectation)
        query: dict[str, str | int] = {"as_of": AS_OF.isoformat(), "months": 6, "follow_months": 3, "width": "2"}
        curve = (await client.get(CURVE, params=query)).json()
    assert (curve["survey"], curve["follow_up"]) == (
        {"from": "2017-02", "to": "2017-07", "months": 6}, {"from": "2017-08", "to": "2017-10", "months": 3}
    )  # fmt: skip
    begins = pd.Timestamp("2017-08-01", tz="UTC")
    before, days_after = pd.Timestamp("2017-05-01", tz="UTC"), (AS_OF - begins) / pd.Timedelta(days=1)
    by_customer = dict(iter(orders_of(real_year, AS_OF, ENDS).groupby("customer")))
    bins: dict = {}
    for customer, scores in answered.items():
        bought = by_customer.get(customer, pd.DataFrame({"placed_at": [], "net": []}))
        point = bins.setdefault(floor(sum(scores) / len(scores) / 2), [0, 0, 0, 0, Decimal(0), Decimal(0)])
        after = bought[bought.placed_at >= begins]
        earlier = bought[bought.placed_at < begins]
        was_lost = None if earlier.empty else rhythm_is_lost(earlier, begins - timedelta(microseconds=1))
        point[0] += 1
        point[1] += not after.empty
        point[2] += was_lost is False
        point[3] += was_lost is False and not rhythm_is_lost(bought, AS_OF)
        point[4] += sum(bought[(bought.placed_at >= before) & (bought.placed_at < begins)].net, Decimal(0))
        point[5] += sum(after.net, Decimal(0))
    assert curve["customers"] == len(answered)
    assert [
        (
            int(p["lowest"]) // 2, p["customers"], p["came_back"], p["not_lost_before"], p["retained"],
            Decimal(p["revenue_before"]), Decimal(p["revenue_after"]),
        )
        for p in curve["points"]
    ] == [(number, *bins[number]) for number in sorted(bins)]  # fmt: skip
    for point, number in zip(curve["points"], sorted(bins), strict=True):
        _, came_back, _, _, earned_before, earned_after = bins[number]
        assert float(point["come_back_rate"]) == pytest.approx(came_back / point["customers"], abs=1e-4)
        growth = float(earned_after) / days_after / (float(earned_before) / 92) - 1
        assert float(point["growth"]) == pytest.approx(growth, abs=1e-4)
        assert float(point["interval"][0]) <= float(point["come_back_rate"]) <= float(point["interval"][1])


@pytest.mark.parametrize(
    "query", [{"width": "0"}, {"width": "x"}, {"follow_months": 0}, {"follow_months": 25}, {"months": 61}, {"luck": 1}]
)
async def test_T16_bad_questions_about_the_curve_are_refused(client, query):
    assert (await client.get(CURVE, params=query)).status_code == 422


async def test_T16_nobody_asked_is_an_empty_curve(client):
    curve = (await client.get(CURVE)).json()
    assert (curve["customers"], curve["points"]) == (0, [])
