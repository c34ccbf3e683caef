"""T13: runs of expected lifetime value over HTTP, in steps that a crash can interrupt; and against pandas on a year."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import numpy as np
import pandas as pd
import pytest

from services.tiering_svc.retention.handlers import lifetime_values as handlers
from services.tiering_svc.retention.repository.buyers import list_buyers
from services.tiering_svc.subscriptions import subscriptions
from shared.events import CustomerReferenceRegistered
from shared.messaging import new_id
from tests import harness
from tests.tiering_svc.events import placed, returned
from tests.tiering_svc.orders_of_the_year import orders_of
from tests.tiering_svc.real_year import ENDS
from tests.tiering_svc.runs import Worker, to_the_end

SERVICE = "tiering"
NOW = datetime.now(UTC).replace(microsecond=0)
BEGAN = NOW - timedelta(days=300)


def day(number: int) -> datetime:
    return BEGAN + timedelta(days=number)


def buying(customers: int = 20):
    """Everybody buys every so many days; the first half stops after a hundred."""
    return [
        placed(UUID(int=number), day(n), f"{10 + number}", cost="6" if number % 2 else None)
        for number in range(1, customers + 1)
        for n in range(0, 100 if number <= customers // 2 else 298, 11 + number)
    ]


async def deliver(database, *events):
    return await harness.deliver(database, subscriptions, events)


async def a_run(client, database, **body):
    answer = await client.post("/v1/lifetime-value/runs", json=body)
    assert answer.status_code == 202, answer.text
    assert (answer.json()["status"], answer.json()["phase"]) == ("waiting", "fitting")
    await to_the_end(database, "lifetime_values")
    return (await client.get(f"/v1/lifetime-value/runs/{answer.json()['id']}")).json()


async def test_T13_a_run_values_everybody_and_says_how(client, database, monkeypatch):
    monkeypatch.setattr(handlers, "BATCH", 7)
    await deliver(database, *buying())
    run = await a_run(client, database, horizon_months=12, discount_rate="0.1")
    assert (run["status"], run["progress"]) == ("done", {"done": 20, "total": 20})
    assert run["parameters"]["repeat_customers"] == 20
    assert float(run["parameters"]["buying"]["r"]) > 0
    listed, cursor = [], None
    while cursor is not None or not listed:
        query = {"limit": 6} | ({"cursor": cursor} if cursor else {})
        page = (await client.get(f"/v1/lifetime-value/runs/{run['id']}/customers", params=query)).json()
        listed, cursor = listed + page["items"], page["next"]
    assert len({value["customer_id"] for value in listed}) == 20
    values = [Decimal(value["expected_revenue"]) for value in listed]
    assert values == sorted(values, reverse=True)
    assert sum(values) == Decimal(run["expected_revenue"])
    stopped = [float(value["chance_alive"]) for value in listed if UUID(value["customer_id"]).int <= 10]
    going = [float(value["chance_alive"]) for value in listed if UUID(value["customer_id"]).int > 10]
    assert (len(stopped), len(going)) == (10, 10)
    assert max(stopped) < min(going)
    for value in listed:
        known = UUID(value["customer_id"]).int % 2 == 1
        assert (value["expected_margin"] is not None) == known == (value["margin_rate"] is not None)


async def test_T13_one_customers_value_is_told_in_words(client, database):
    await deliver(database, *buying())
    run = await a_run(client, database)
    url = f"/v1/customers/{UUID(int=15)}/lifetime-value"
    shown = (await client.get(url)).json()
    assert shown["run_id"] == run["id"]
    assert f"{float(shown['value']['chance_alive']) * 100:.4g}"[:4] in shown["words"]
    assert "The margin in it is" in shown["words"]
    assert (
        "Its margin rate is not known."
        in (await client.get(f"/v1/customers/{UUID(int=16)}/lifetime-value")).json()["words"]
    )
    assert "预期收入" in (await client.get(url, params={"lang": "zh"})).json()["words"]
    assert (await client.get(url, params={"lang": "fr"})).status_code == 422
    unknown = await client.get(f"/v1/customers/{UUID(int=99)}/lifetime-value")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "customer_not_found")


async def test_T13_too_few_customers_make_a_failed_run_that_says_why(client, database):
    await deliver(database, placed(UUID(int=1), day(1), "5"), placed(UUID(int=1), day(9), "5"))
    run = await a_run(client, database)
    assert (run["status"], run["error"], run["parameters"]) == ("failed", "too_few_repeat_customers", None)
    assert all(run["failure_words"][language] for language in ("en", "zh"))
    answer = await client.get(f"/v1/customers/{UUID(int=1)}/lifetime-value")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_lifetime_value_yet")


async def test_T13_a_run_sees_what_was_known_then(client, database):
    orders = buying()
    await harness.deliver(database, subscriptions, orders, at=day(299), recorded_at=day(299))
    before = datetime.now(UTC).isoformat()
    first = await a_run(client, database, as_of=day(299).isoformat(), known_at=day(299).isoformat())
    late = [returned(order, day(280)) for order in orders if order.customer_id == UUID(int=20)][:5]
    await harness.deliver(database, subscriptions, late, recorded_at=NOW)
    again = await a_run(client, database, as_of=day(299).isoformat(), known_at=day(299).isoformat())
    now = await a_run(client, database, as_of=day(299).isoformat())
    assert first["parameters"] == again["parameters"] != now["parameters"]
    assert before < again["requested_at"]

    async def purchases(run) -> int:
        url = f"/v1/customers/{UUID(int=20)}/lifetime-value"
        return (await client.get(url, params={"run_id": run["id"]})).json()["value"]["repeat_purchases"]

    assert await purchases(first) == await purchases(again) == await purchases(now) + 5


async def test_T13_a_step_that_broke_off_leaves_nothing_behind(client, database, monkeypatch):
    monkeypatch.setattr(handlers, "BATCH", 8)
    await deliver(database, *buying())
    answer = await client.post("/v1/lifetime-value/runs", json={})
    worker = Worker(database)
    await worker.advance("lifetime_values")
    await worker.advance("lifetime_values")
    keep = handlers.lifetime_values.add_values

    async def breaks(*args, **more):
        await keep(*args, **more)
        raise ConnectionError("gone")

    monkeypatch.setattr(handlers.lifetime_values, "add_values", breaks)
    with pytest.raises(ConnectionError):
        await worker.advance("lifetime_values")
    monkeypatch.setattr(handlers.lifetime_values, "add_values", keep)
    await to_the_end(database, "lifetime_values")
    run = (await client.get(f"/v1/lifetime-value/runs/{answer.json()['id']}")).json()
    assert (run["status"], run["progress"]["done"]) == ("done", 20)


async def test_T13_a_cancelled_run_is_nobody_s_value(client, database, as_role, monkeypatch):
    monkeypatch.setattr(handlers, "BATCH", 8)
    await deliver(database, *buying())
    run = (await client.post("/v1/lifetime-value/runs", json={})).json()
    worker, url = Worker(database), f"/v1/lifetime-value/runs/{run['id']}"
    await worker.advance("lifetime_values")
    await worker.advance("lifetime_values")
    assert (await client.post(f"{url}/cancellation", headers=as_role("agent"))).status_code == 403
    cancelled = (await client.post(f"{url}/cancellation")).json()
    assert (cancelled["status"], cancelled["progress"]) == ("cancelled", {"done": 8, "total": 20})
    assert not await worker.advance("lifetime_values")
    again = await client.post(f"{url}/cancellation")
    assert (again.status_code, again.json()["code"]) == (409, "already_finished")
    answer = await client.get(f"/v1/customers/{UUID(int=1)}/lifetime-value")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_lifetime_value_yet")


async def test_T13_bad_runs_are_refused_where_they_are_wrong(client, as_role):
    for body, field in (
        ({"horizon_months": 0}, "horizon_months"), ({"horizon_months": "12"}, "horizon_months"),
        ({"discount_rate": "-0.1"}, "discount_rate"), ({"discount_rate": 0.1}, "discount_rate"),
        ({"as_of": "2999-01-01T00:00:00Z"}, "as_of"), ({"known_at": "yesterday"}, "known_at"), ({"x": 1}, "x"),
    ):  # fmt: skip
        answer = await client.post("/v1/lifetime-value/runs", json=body)
        assert answer.status_code == 422
        assert field in answer.text
    assert (await client.post("/v1/lifetime-value/runs", json={}, headers=as_role("agent"))).status_code == 403
    assert (await client.get(f"/v1/lifetime-value/runs/{new_id()}")).status_code == 404
    assert (await client.get("/v1/lifetime-value/runs?cursor=x")).status_code == 422


async def test_T13_G1_a_partner_sees_the_value_of_its_own_customers_only(client, database, as_role):
    partner, other = new_id(), new_id()
    await deliver(
        database,
        *buying(),
        CustomerReferenceRegistered(customer_id=UUID(int=3), source=f"partner:{partner}", registered_at=NOW),
    )
    await a_run(client, database)
    url = f"/v1/customers/{UUID(int=3)}/lifetime-value"
    assert (await client.get(url, headers=as_role("partner", partner_id=partner))).status_code == 200
    assert (await client.get(url, headers=as_role("partner", partner_id=other))).status_code == 404
    for everybody in ("/v1/lifetime-value/runs", f"/v1/lifetime-value/runs/{new_id()}/customers"):
        assert (await client.get(everybody, headers=as_role("partner", partner_id=partner))).status_code == 404


async def test_T13_purchase_days_of_the_real_year_are_those_pandas_counts(real_year, real_year_database):
    as_of = datetime(2017, 11, 15, 12, tzinfo=UTC)
    for known_at in (datetime(2017, 8, 1, tzinfo=UTC), ENDS):
        buyers = await real_year_database.run(lambda tx, known_at=known_at: list_buyers(tx, as_of, known_at))
        expected = purchase_days(real_year, as_of, known_at)
        assert [buyer.customer_id for buyer in buyers] == list(expected.index)
        for buyer, row in zip(buyers, expected.itertuples(), strict=True):
            assert (buyer.frequency, buyer.recency_days, buyer.age_days) == (row.frequency, row.recency, row.age)
            assert buyer.mean_value == row.mean or (buyer.mean_value is None and row.mean is None)
            assert buyer.margin_rate == row.rate


def purchase_days(year, as_of: datetime, known_at: datetime) -> pd.DataFrame:
    """Counted from what was sent: lines less what came back of them, by customer and day."""
    orders = orders_of(year, as_of, known_at)
    orders["day"] = orders.placed_at.dt.floor("D")
    days = orders.groupby(["customer", "day"], as_index=False)[["net", "earned"]].sum()
    cent = Decimal("0.0001")
    rows = {}
    for customer, bought in days.groupby("customer"):
        first, later = bought.day.min(), bought[bought.day > bought.day.min()]
        rows[customer] = {
            "frequency": len(bought) - 1,
            "recency": (bought.day.max() - first).days,
            "age": (pd.Timestamp(as_of).floor("D") - first).days,
            "mean": (later.net.sum() / len(later)).quantize(cent, "ROUND_HALF_UP") if len(later) else None,
            "rate": (bought.earned.sum() / bought.net.sum()).quantize(cent, "ROUND_HALF_UP")
            if bought.net.sum()
            else None,
        }
    return pd.DataFrame.from_dict(rows, orient="index").sort_index().replace({np.nan: None})
