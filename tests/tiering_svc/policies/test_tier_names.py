"""Other services ask what tiers are called: as the policy says that came into force last."""

import json

from services.tiering_svc.policies.repository import TIER_POLICIES
from shared.rule_sets.handlers import activate_version, write_version

SERVICE = "tiering"


async def test_the_names_are_those_of_the_policy_that_came_into_force_last(client, database, as_service):
    async def names() -> dict[str, dict[str, str]]:
        answer = await client.get("/internal/tier-names", headers=as_service("profile"))
        assert answer.status_code == 200, answer.text
        return {item["tier"]: item["name"] for item in answer.json()["items"]}

    shipped = await names()
    assert shipped["gold"] == {"en": "Gold", "zh": "金卡"}
    row = await database.run(
        lambda tx: tx.raw.fetchrow(
            "select document::text as document from rule_set_version where kind = 'tier-policies' and status = 'active'"
        )
    )
    assert row is not None
    document = json.loads(row["document"])
    for level in document["levels"]:
        if level["code"] == "gold":
            level["name"] = {"en": "Sun", "zh": "太阳"}
    written = await database.run(lambda tx: write_version(tx, TIER_POLICIES, document, "analyst-1"))
    assert await names() == shipped  # a draft calls nothing
    await database.run(lambda tx: activate_version(tx, TIER_POLICIES, written.id, written.version, "head-1"))
    assert (await names())["gold"] == {"en": "Sun", "zh": "太阳"}
    assert (await client.get("/internal/tier-names")).status_code == 403
