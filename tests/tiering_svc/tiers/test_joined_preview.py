"""P12: the tier that two customers would have together is shown before their merge, and nothing is kept of it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.tiering_svc.subscriptions import subscriptions
from shared.events import CustomerRegistered, CustomersMerged
from shared.messaging import Database, Transaction, new_id
from tests import harness
from tests.tiering_svc.events import placed

SERVICE = "tiering"
ANN, BOB, EVE = (UUID(int=number) for number in (1, 2, 3))
NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
async def known(database: Database) -> None:
    """Ann and Bob are silver each, and gold together (2,400 in twelve months). Of Eve there is a file only."""
    events = [
        placed(ANN, NOW - timedelta(days=9), "1300"), placed(BOB, NOW - timedelta(days=8), "1200"),
        CustomerRegistered(customer_id=EVE, kind="person", registered_at=NOW),
    ]  # fmt: skip
    await harness.deliver(database, subscriptions, events)


async def joined(client: Any, root: UUID, absorbed: UUID) -> dict[str, Any]:
    answer = await client.get(f"/v1/customers/{root}/tier/preview", params={"absorbed": str(absorbed)})
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    return content


async def kept(database: Database) -> list[Any]:
    async def read(tx: Transaction) -> list[Any]:
        tables = ("customer_merge", "tier_history", "standing", "outbox")
        return [await tx.raw.fetch(f"select * from {table} order by 1, 2") for table in tables]

    return await database.run(read)


async def test_P12_the_common_tier_is_the_one_that_the_merge_gives(client: Any, database: Database) -> None:
    before = await kept(database)
    preview = await joined(client, ANN, BOB)
    assert (preview["tier"], preview["name"]["en"], preview["root_id"]) == ("gold", "Gold", str(ANN))
    assert (await joined(client, BOB, ANN))["tier"] == "gold"
    assert await kept(database) == before
    merge: dict[str, Any] = {"merge_id": new_id(), "root_id": ANN, "absorbed_id": BOB, "merged_at": datetime.now(UTC)}
    await harness.deliver(database, subscriptions, [CustomersMerged(customer_id=ANN, **merge)])
    tier = (await client.get(f"/v1/customers/{BOB}/tier")).json()
    assert (tier["tier"], tier["rank"]) == (preview["tier"], preview["rank"])
    refused = await client.get(f"/v1/customers/{ANN}/tier/preview", params={"absorbed": str(BOB)})
    assert (refused.status_code, refused.json()["code"]) == (409, "already_one")


async def test_P12_a_customer_without_facts_changes_nothing_of_the_others_tier(client: Any) -> None:
    assert [(await joined(client, *both))["tier"] for both in ((ANN, EVE), (EVE, ANN))] == ["silver", "silver"]


async def test_P12_a_tier_set_by_a_person_holds_for_both(client: Any) -> None:
    until = (NOW + timedelta(days=90)).isoformat()
    override = {"tier": "platinum", "until": until, "reason": "Named."}
    assert (await client.post(f"/v1/customers/{BOB}/tier/overrides", json=override)).status_code == 201
    preview = await joined(client, ANN, BOB)
    assert (preview["tier"], preview["overridden_until"] is not None) == ("platinum", True)


async def test_G1_a_preview_is_for_who_may_merge(client: Any, as_role: Any) -> None:
    for role, status in (("manager", 200), ("agent", 403), ("partner", 403)):
        more = {"partner_id": new_id()} if role == "partner" else {}
        headers = as_role(role, **more)
        path = f"/v1/customers/{ANN}/tier/preview"
        answer = await client.get(path, params={"absorbed": str(BOB)}, headers=headers)
        assert answer.status_code == status, answer.text
