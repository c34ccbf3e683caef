"""The overview and the pop call a tier by its name, as tiering said it last; a code is enough without."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from services.profile_svc.overview.repository.tier_names import TierNames
from services.profile_svc.subscriptions import subscriptions
from shared.messaging import Database
from tests import harness
from tests.tier_tails import row_changed

SERVICE = "profile"
ANN = UUID(int=1)
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
NAMES = {
    "items": [{"tier": "q1", "name": {"en": "Quartz", "zh": "石英"}}, {"tier": "gold", "name": {"en": "G", "zh": "金"}}]
}


class Tiering:
    """Answers what tiers are called, or fails."""

    def __init__(self) -> None:
        self.answer: Any = NAMES

    async def get(self, service: str, path: str, query: Mapping[str, Any]) -> Any:
        assert (service, path, query) == ("tiering", "/internal/tier-names", {})
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


async def test_names_stay_what_they_were_while_tiering_does_not_answer() -> None:
    tiering, names = Tiering(), TierNames(60)
    for failure in (httpx.ConnectError("away"), TimeoutError(), ["nonsense"], {"items": [{"tier": "x"}]}):
        tiering.answer = failure
        await names.load(tiering.get)
        assert names.by_tier == {}
    tiering.answer = NAMES
    await names.load(tiering.get)
    assert names.by_tier["q1"] == {"en": "Quartz", "zh": "石英"}
    tiering.answer = httpx.ConnectError("away")
    await names.load(tiering.get)
    assert set(names.by_tier) == {"q1", "gold"}


@pytest.mark.parametrize(
    ("tier", "named", "thanks"),
    [
        ("q1", {"en": "Quartz", "zh": "石英"}, "a “Quartz” customer"),
        ("gold", {"en": "G", "zh": "金"}, "a gold customer"),
        ("x9", None, "a “x9” customer"),
    ],
)
async def test_a_tier_is_called_by_its_name(
    client: httpx.AsyncClient, app: FastAPI, database: Database, tier: str, named: Any, thanks: str
) -> None:
    file = {"id": str(ANN), "kind": "person", "names": [{"name": "Ann"}], "phones": [{"number": "+12025550123"}]}
    assert (await client.post("/v1/customers", json=file)).status_code == 201
    await harness.deliver(database, subscriptions, [row_changed(ANN, UUID(int=2), tier, 2, AT)])
    await app.state.tier_names.load(Tiering().get)
    shown = (await client.get(f"/v1/customers/{ANN}/overview")).json()["tier"]
    assert (shown["tier"], shown["name"]) == (tier, named)
    pop = (await client.get("/v1/calls/pop", params={"number": "+12025550123"})).json()["matches"][0]
    assert pop["tier"] == shown
    assert thanks in pop["greeting"]["en"]
