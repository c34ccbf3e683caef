"""The demo's data, read and moved: nothing of the year is lost, and what is sent is exactly what was paid."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from deploy.demo.dates import months, weeks_to_move
from deploy.demo.orders import OrderWriter
from deploy.demo.purchases import WEEK, Purchases, category_code, data_folder, ranked_households

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def writer(purchases: Purchases) -> OrderWriter:
    return OrderWriter(purchases, weeks_to_move(int(purchases.placed_at[-1]), NOW) * WEEK)


def test_the_whole_year_is_there_in_order_of_time(purchases):
    assert len(purchases) == 155_848
    assert len(np.unique(purchases.household)) == 2_469
    assert len(np.unique(purchases.basket)) == len(purchases)
    assert (np.diff(purchases.placed_at) >= 0).all()
    assert int(purchases.cents.sum()) == 459_603_958
    assert purchases.zero_quantities == 8_869
    assert purchases.quantity.min() == 1


def test_no_basket_has_more_lines_than_an_order_may_have(purchases):
    assert np.diff(purchases.first_line).max() <= 500
    assert purchases.first_line[-1] == 1_469_307


def test_each_product_is_one_line_of_its_basket(purchases):
    basket_of_line = np.repeat(np.arange(len(purchases)), np.diff(purchases.first_line))
    pairs = basket_of_line * len(purchases.goods) + purchases.line_goods
    assert len(np.unique(pairs)) == len(pairs)


@pytest.mark.parametrize(
    ("department", "code"),
    [("GROCERY", "GROCERY"), ("CNTRL/STORE SUP", "CNTRL-STORE-SUP"), ("ELECT &PLUMBING", "ELECT-PLUMBING"),
     (None, "UNKNOWN"), ("  ", "UNKNOWN")],
)  # fmt: skip
def test_a_department_becomes_a_code(department, code):
    assert category_code(department) == code


def test_dates_move_by_the_most_whole_weeks_that_end_before_now(purchases):
    last = int(purchases.placed_at[-1])
    weeks = weeks_to_move(last, NOW)
    moved = datetime.fromtimestamp(last + weeks * WEEK, UTC)
    assert moved < NOW < moved + timedelta(weeks=1)
    assert moved.weekday() == datetime.fromtimestamp(last, UTC).weekday()


def test_an_instant_that_would_be_now_is_not_before_now():
    at = int(NOW.timestamp())
    assert weeks_to_move(at - 5 * WEEK, NOW) == 4


def test_the_months_hold_every_basket_once_and_only_the_last_is_incomplete(purchases, writer):
    year = list(months(purchases.placed_at, writer.shift))
    assert [m.complete for m in year] == [True] * (len(year) - 1) + [False]
    assert (np.concatenate([m.baskets for m in year]) == np.arange(len(purchases))).all()
    for month in year:
        assert writer.placed_at(int(month.baskets[-1])) < month.ends.timestamp()


def test_orders_say_what_was_paid_to_the_cent(purchases, writer):
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(data_folder() / "transactions.parquet", columns=["basket_id", "sales_value"])
    basket_ids = {int(b) for b in purchases.basket[:300]}
    paid: Counter[int] = Counter()
    for basket, value in zip(table["basket_id"].to_pylist(), table["sales_value"].to_pylist(), strict=True):
        if basket in basket_ids:
            paid[basket] += round(value * 100)
    for line in writer.body(range(300)).splitlines():
        order = json.loads(line)
        assert sum(Decimal(row["amount"]) for row in order["lines"]) * 100 == paid[int(order["order_id"])]
        assert [row["line"] for row in order["lines"]] == list(range(1, len(order["lines"]) + 1))
        assert order["customer"]["source"] == "demo"


def test_a_batch_writes_the_baskets_it_is_given_in_that_order(purchases, writer):
    chosen = [5_000, 17, 120_000]
    orders = [json.loads(line) for line in writer.body(chosen).splitlines()]
    assert [int(order["order_id"]) for order in orders] == purchases.basket[chosen].tolist()
    assert [order["customer"]["ref"] for order in orders] == [str(h) for h in purchases.household[chosen].tolist()]
    assert [datetime.fromisoformat(order["placed_at"]).timestamp() for order in orders] == [
        writer.placed_at(basket) for basket in chosen
    ]


def test_a_synthetic_cost_never_exceeds_the_price(writer):
    for line in writer.body(range(2_000)).splitlines():
        for row in json.loads(line)["lines"]:
            assert Decimal(row["unit_cost"]) * row["quantity"] <= Decimal(row["amount"])


def test_a_smaller_sample_is_part_of_a_larger_one(purchases):
    ranked = ranked_households(purchases)
    assert sorted(ranked.tolist()) == np.unique(purchases.household).tolist()
    assert (ranked == ranked_households(purchases)).all()
