"""Whom shares of customers are counted of (T5): those of known value, the buyers, or all files; the run says it."""

from datetime import timedelta
from decimal import Decimal
from math import ceil
from typing import Any

import pytest

from services.tiering_svc.reviews.handlers import review_batches
from shared.events import CustomerRegistered
from tests.tiering_svc.events import placed, returned
from tests.tiering_svc.policy_documents import card, item
from tests.tiering_svc.reviews.policy_runs import CUSTOMERS, NOW, ago, deliver, month_ago, replayed, simulated
from tests.tiering_svc.runs import ids
from tests.tiering_svc.shorthand import level

SERVICE = "tiering"

BUYERS, PROSPECTS, LATER = CUSTOMERS[:4], CUSTOMERS[4:9], CUSTOMERS[9]
RETURNER = ids(11)[10]


def by_customers(population: str | None, **looks_at: Any) -> dict[str, Any]:
    shares = [{"tier": "a", "percent": "30"}, {"tier": "c", "percent": "70"}]
    counted = {} if population is None else {"population": population}
    return {
        "kind": "abc", "levels": [level("c"), level("a")], "window": {"months": 3},
        "abc": {"by": "customers", "shares": shares, **counted}, "life": {"grace_months": 0}, **looks_at,
    }  # fmt: skip


async def a_population(database, *, days: int = 20) -> None:
    """Four buyers (100 to 400), somebody who gave all of it back, five prospects, and one whose file is younger."""
    opened = [CustomerRegistered(customer_id=c, kind="organisation", registered_at=ago(300)) for c in PROSPECTS]
    young = CustomerRegistered(customer_id=LATER, kind="organisation", registered_at=NOW - timedelta(minutes=5))
    orders = [placed(c, ago(days), str(100 * number), cost="10") for number, c in enumerate(BUYERS, 1)]
    back = placed(RETURNER, ago(days), "900")
    await deliver(database, *opened, young, *orders, back, returned(back, ago(days - 1)))


async def draft(client, document: dict[str, Any]) -> str:
    answer = await client.post("/v1/tier-policies", json={"name": {"en": "T", "zh": "测"}, "document": document})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


AMOUNT: dict[str, Any] = {"indicator": "amount"}
ORDERS: dict[str, Any] = {"indicator": "orders"}
MARGIN_CARD: dict[str, Any] = {"scorecard": card(item("margin", unknown="skip"))}
FEW_DAYS: dict[str, Any] = {"indicator": "days_since_last_order", "better": "less"}


@pytest.mark.parametrize(
    ("looks_at", "population", "counted"),
    [
        (AMOUNT, None, 4), (AMOUNT, "known", 4), (AMOUNT, "buyers", 4), (AMOUNT, "all", 9),
        (ORDERS, None, 11), (ORDERS, "buyers", 4), (ORDERS, "all", 11),
        (MARGIN_CARD, "known", 4), (MARGIN_CARD, "buyers", 4), (MARGIN_CARD, "all", 9),
        (FEW_DAYS, "known", 4), (FEW_DAYS, "all", 9),
    ],
)  # fmt: skip
async def test_T5_a_class_is_its_share_of_those_whom_the_policy_counts(
    client, database, monkeypatch, looks_at, population, counted
):
    """By sums of months (in SQL) as by whole snapshots; a file that was opened after the instant does not count yet."""
    monkeypatch.setattr(review_batches, "INDIVIDUAL", 3)
    monkeypatch.setattr(review_batches, "BATCH", 4)
    await a_population(database)
    policy = await draft(client, by_customers(population, **looks_at))
    run = await simulated(client, database, policy, as_of=ago(2).isoformat())
    assert run["status"] == "done", run
    assert run["population"] == {"counted": population or "known", "customers": counted}
    if looks_at is AMOUNT:  # the place of the last one in class A, among the buyers from the best on
        last = min(ceil(counted * 0.3), len(BUYERS))
        assert [Decimal(cutoff["from"]) for cutoff in run["cutoffs"]] == [Decimal(100 * (len(BUYERS) + 1 - last))]


async def test_T5_a_review_and_a_back_test_say_whom_they_counted(client, database, as_role):
    await a_population(database, days=(NOW - month_ago(2)).days)
    policy = await draft(client, by_customers("all", **AMOUNT))
    run = await replayed(client, database, policy, 2, 1)
    assert [month["population"] for month in run["months"]] == [{"counted": "all", "customers": 9}] * 2
    shown = await simulated(client, database, policy)
    assert shown["population"]["customers"] == 10
    review = (await client.get(f"/v1/evaluations/{shown['id']}")).json()
    assert review["population"] == shown["population"]


async def test_T5_shares_of_revenue_count_no_customers(client, database):
    await a_population(database)
    document = by_customers(None, **AMOUNT)
    document["abc"]["by"] = "revenue"
    policy = await draft(client, document)
    assert (await simulated(client, database, policy))["population"] is None
    document["abc"]["population"] = "all"
    answer = await client.post("/v1/tier-policies", json={"name": {"en": "T", "zh": "测"}, "document": document})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/document/abc/population")
