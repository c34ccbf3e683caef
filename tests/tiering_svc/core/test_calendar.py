"""Months are those of the business's time zone, fixed at the first start (T1)."""

from datetime import UTC, date, datetime
from uuid import UUID

from services.tiering_svc.subscriptions import subscriptions
from tests import harness
from tests.tiering_svc.events import placed, returned
from tests.tiering_svc.invariants import broken_invariants

SERVICE = "tiering"
ANN = UUID(int=1)


async def test_T1_the_evening_of_the_last_day_in_utc_is_the_next_month_in_shanghai(client, database):
    await database.run(lambda tx: tx.raw.execute("update business set time_zone = 'Asia/Shanghai'"))
    evening = datetime(2026, 3, 31, 17, tzinfo=UTC)
    order = placed(ANN, evening, "900", quantity=3)
    await harness.deliver(database, subscriptions, [order])
    months = await database.run(lambda tx: tx.raw.fetch("select month, orders from indicator_month"))
    assert [tuple(month) for month in months] == [(date(2026, 4, 1), 1)]
    await harness.deliver(database, subscriptions, [returned(order, evening, quantity=1, amount="300")])
    assert await broken_invariants(database) == []
    url = f"/v1/customers/{ANN}/indicators"
    answer = (await client.get(url, params={"as_of": evening.isoformat(), "months": 1})).json()
    assert answer["window"] == {"from": "2026-04", "to": "2026-04", "months": 1}
    assert next(indicator["value"] for indicator in answer["indicators"] if indicator["code"] == "orders") == "1"
    history = await database.run(lambda tx: tx.raw.fetchval("select reasons -> 'window' ->> 'to' from tier_history"))
    assert history == "2026-04"
