"""T9: a simulation that has ended stands in the history of the version it tried, and may be a condition of approval."""

import pytest

from deploy.verify.invariants.policies import INVARIANTS
from tests import harness
from tests.tiering_svc.reviews.policy_runs import a_draft, simulated, ten_customers

SERVICE = "tiering"


@pytest.fixture
async def strict(database, keys):
    """Tiering where the operator wants policies simulated before they are approved."""
    app = harness.app_of("tiering", database, keys, policies_need_simulation=True)
    async with harness.client_of(app, harness.AsAdmin(keys, "tiering")) as client:
        yield client


async def test_T9_what_was_not_simulated_is_not_approved_where_that_is_asked_for(strict, database, as_role):
    await ten_customers(database)
    policy = await a_draft(strict, ("silver", "500"), lowest="basic")
    head, url = as_role("head", subject="bob"), f"/v1/tier-policies/{policy}"
    for step in ("approval", "activation"):
        refused = await strict.post(f"{url}/{step}", headers=head)
        assert (refused.status_code, refused.json()["code"]) == (409, "not_simulated")
    await simulated(strict, database, policy)
    assert (await strict.post(f"{url}/approval", headers=head)).json()["status"] == "approved"


async def test_T9_a_simulation_is_noted_in_the_history_of_its_version(client, database, as_role):
    await ten_customers(database)
    policy = await a_draft(client, ("silver", "500"), lowest="basic")
    url = f"/v1/tier-policies/{policy}"
    before = (await client.get(url)).json()
    assert (before["status"], before["simulated_at"]) == ("draft", None)
    run = await simulated(client, database, policy)
    shown = (await client.get(url)).json()
    assert (shown["status"], shown["simulated_at"] is not None) == ("simulated", True)
    [_, noted] = shown["steps"]
    assert (noted["version"], noted["step"], noted["by"], noted["reference"]) == (1, "simulated", "admin-1", run["id"])
    assert noted["at"] == shown["simulated_at"]
    await client.post(f"{url}/activation", headers=as_role("head", subject="bob"))
    active = (await client.get(url)).json()
    assert (active["status"], active["simulated_at"]) == ("active", shown["simulated_at"])


async def test_T9_verify_holds_the_history_to_the_runs(client, database):
    await ten_customers(database)
    policy = await a_draft(client, ("silver", "500"), lowest="basic")
    await simulated(client, database, policy)

    async def offending(fault: str | None = None) -> list[str]:
        async def find_faults(tx) -> list[str]:
            if fault is not None:
                await tx.raw.execute("set local session_replication_role = replica")
                await tx.raw.execute(fault)
            return [row["fault"] for row in await tx.raw.fetch(INVARIANTS[0].offending)]

        return await database.run(find_faults)

    assert await offending() == []
    assert await offending("update rule_set_step set reference = gen_random_uuid() where step = 'simulated'") == [
        "noted as simulated", "simulated and not noted",
    ]  # fmt: skip
