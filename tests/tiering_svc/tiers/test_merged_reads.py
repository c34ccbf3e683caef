"""P12: a read of either of two ids that are one answers for the root with the figures of all; everybody counts once."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.monitoring.repository.monthly_series import FACTS_OF_LIKELIHOOD, load_monthly_series
from services.tiering_svc.retention.repository.buyers import list_buyers
from services.tiering_svc.subscriptions import subscriptions
from shared.events import CustomerReferenceRegistered, CustomersMerged, CustomersUnmerged
from shared.messaging import Database, new_id
from tests import harness
from tests.tiering_svc.events import placed

SERVICE = "tiering"
ANN, BO, CY = (UUID(int=number) for number in (1, 2, 3))
DAY = timedelta(days=1)


async def recorded(database: Database, *events: Any) -> None:
    await harness.deliver(database, subscriptions, events)


async def now(database: Database) -> datetime:
    at: datetime = await database.run(lambda tx: tx.raw.fetchval("select now()"))
    return at


@pytest.fixture
async def merge(database: Database) -> dict[str, Any]:
    at = await now(database)
    await recorded(
        database, placed(ANN, at - 40 * DAY, "500"), placed(BO, at - 39 * DAY, "700"), placed(CY, at - 38 * DAY, "90"),
        CustomerReferenceRegistered(customer_id=BO, source="shop", registered_at=at),
    )  # fmt: skip
    return {"merge_id": new_id(), "root_id": ANN, "absorbed_id": BO, "merged_at": await now(database)}


async def test_P12_reads_of_either_id_answer_for_the_root(
    client: Any, database: Database, merge: dict[str, Any]
) -> None:
    await recorded(database, CustomersMerged(customer_id=BO, **merge))
    answers = []
    for customer in (ANN, BO):
        for path in ("/tier", "/tier/history", "/tier/explanation", "/indicators"):
            answer = await client.get(f"/v1/customers/{customer}{path}")
            assert answer.status_code == 200, answer.text
            body = answer.json()
            assert body["customer_id"] == str(ANN), path
            body.pop("as_of", None), body.pop("known_at", None)
            answers.append(body)
    assert answers[:4][1] == answers[4:][1]
    values = {item["code"]: item["value"] for item in answers[3]["indicators"]}
    assert (Decimal(values["amount"]), answers[3]["members"]) == (Decimal(1200), 1)
    months = await client.get(
        f"/v1/customers/{BO}/indicators/months",
        params={"from": f"{merge['merged_at'] - 50 * DAY:%Y-%m}", "to": f"{merge['merged_at']:%Y-%m}"},
    )
    assert sum(Decimal(month["values"]["amount"] or 0) for month in months.json()["items"]) == 1200
    await recorded(database, CustomersUnmerged(customer_id=ANN, **merge, unmerged_at=await now(database)))
    alone = (await client.get(f"/v1/customers/{BO}/indicators")).json()
    assert alone["customer_id"] == str(BO)
    assert {item["code"]: item["value"] for item in alone["indicators"]}["amount"] == "700.0000"


async def test_P12_populations_count_who_are_one_once(client: Any, database: Database, merge: dict[str, Any]) -> None:
    async def counted() -> tuple[int, Decimal, int]:
        levels = (await client.get("/v1/pyramid")).json()["levels"]
        at = await now(database)
        buyers = await database.run(lambda tx: list_buyers(tx, at, at))
        return sum(lv["customers"] for lv in levels), sum(Decimal(lv["revenue"]) for lv in levels), len(buyers)  # type: ignore[return-value]

    before = await counted()
    assert before == (3, Decimal(1290), 3)
    await recorded(database, CustomersMerged(customer_id=ANN, **merge))
    assert await counted() == (2, Decimal(1290), 2)
    at = await now(database)
    zone = (await database.run(find_business)).zone
    [series] = await database.run(lambda tx: load_monthly_series(tx, [ANN], at, zone, FACTS_OF_LIKELIHOOD, 3))
    assert sum(sums.amount for sums in series.months.values()) == 1200
    for path in ("/v1/composition", "/v1/composition/product-mix", "/v1/retention/cohorts"):
        answer = await client.get(path)
        assert answer.status_code in (200, 404), answer.text
    await recorded(database, CustomersUnmerged(customer_id=BO, **merge, unmerged_at=await now(database)))
    assert await counted() == before
