"""T13: rates, cohorts and the lost of a year of real purchases are those that pandas counts."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pandas as pd
import pytest

from tests import harness
from tests.tiering_svc.orders_of_the_year import orders_of
from tests.tiering_svc.real_year import ENDS, customer_of
from tests.tiering_svc.retention.test_churn import ask

SERVICE = "tiering"


@pytest.fixture
async def year_client(real_year_database, keys):
    app = harness.app_of("tiering", real_year_database, keys)
    async with harness.client_of(app, harness.AsAdmin(keys, "tiering")) as client:
        yield client


INSTANTS = [
    (datetime(2017, 12, 31, 23, tzinfo=UTC), ENDS),
    (datetime(2017, 10, 17, 9, tzinfo=UTC), ENDS),
    (datetime(2017, 10, 17, 9, tzinfo=UTC), datetime(2017, 7, 3, tzinfo=UTC)),
]


@pytest.mark.parametrize(("as_of", "known_at"), INSTANTS)
@pytest.mark.parametrize(("by", "unit"), [("month", "M"), ("quarter", "Q")])
async def test_T13_rates_of_the_real_year_are_those_pandas_counts(real_year, year_client, as_of, known_at, by, unit):
    orders = orders_of(real_year, as_of, known_at)
    period = orders.placed_at.dt.tz_localize(None).dt.to_period(unit)
    active = {begin: set(customers) for begin, customers in orders.customer.groupby(period)}
    first = period.groupby(orders.customer).min()
    # known_at is told only where it leaves something out: then the other way of counting is taken
    as_known = {} if known_at == ENDS else {"known_at": known_at.isoformat()}
    answer = await ask(year_client, from_="2017-01", to="2017-12", by=by, as_of=as_of.isoformat(), **as_known)
    assert len(answer["periods"]) == (12 if by == "month" else 4)
    for row in answer["periods"]:
        now = pd.Period(row["period"], unit)
        was, here = active.get(now - 1, set()), active.get(now, set())
        new = {customer for customer in here - was if first[customer] == now}
        assert (row["base"], row["retained"], row["churned"]) == (len(was), len(was & here), len(was - here))
        assert (row["new"], row["back"]) == (len(new), len(here - was - new))


@pytest.mark.parametrize(("as_of", "known_at"), INSTANTS)
async def test_T13_cohorts_of_the_real_year_are_those_pandas_counts(real_year, year_client, as_of, known_at):
    orders = orders_of(real_year, as_of, known_at)
    orders["month"] = orders.placed_at.dt.tz_localize(None).dt.to_period("M")
    orders["cohort"] = orders.groupby("customer").month.transform("min")
    table = orders.groupby(["cohort", "month"]).agg(customers=("customer", "nunique"), amount=("net", "sum"))
    as_known = {} if known_at == ENDS else {"known_at": known_at.isoformat()}
    answer = await ask(year_client, "/cohorts", from_="2017-01", to="2017-12", as_of=as_of.isoformat(), **as_known)
    cells = {
        (pd.Period(c["cohort"], "M"), pd.Period(c["cohort"], "M") + m["later"]): (m["customers"], Decimal(m["amount"]))
        for c in answer["cohorts"] for m in c["months"] if m["customers"]
    }  # fmt: skip
    assert cells == {index: (row.customers, row.amount) for index, row in table.iterrows()}


@pytest.mark.parametrize(("as_of", "known_at"), INSTANTS)
async def test_T13_the_lost_of_the_real_year_are_those_pandas_finds(real_year, year_client, as_of, known_at):
    orders = orders_of(real_year, as_of, known_at)
    expected = {}
    for customer, bought in orders.groupby("customer"):
        first, last = bought.placed_at.min(), bought.placed_at.max()
        cycle = (last - first) / pd.Timedelta(days=1) / (len(bought) - 1) if len(bought) > 1 else 0
        if last + pd.Timedelta(days=max(3 * cycle, 90)) <= as_of:
            expected[customer] = (len(bought), bought.net.sum(), bought.earned.sum())
    as_known = {} if known_at == ENDS else {"known_at": known_at.isoformat()}
    answer = await ask(year_client, "/lost", as_of=as_of.isoformat(), limit=200, **as_known)
    lost = {
        UUID(c["customer_id"]): (c["orders"], Decimal(c["amount"]), Decimal(c["profit_lost"])) for c in answer["items"]
    }
    assert lost == expected
    assert answer["totals"]["customers"] == len(expected) > 0
    assert Decimal(answer["totals"]["profit_lost"]) == sum(earned for _, _, earned in expected.values())
    assert set(lost) <= {customer_of(customer.int) for customer in real_year.customers}
