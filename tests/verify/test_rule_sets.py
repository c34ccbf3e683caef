"""What `patron verify` holds rule sets to: silent after a life of versions, loud when a table says otherwise."""

from contextlib import suppress

import httpx
import pytest

from deploy.verify.invariants.rule_sets import INVARIANTS
from shared.messaging import Database
from tests.tiering_svc.rule_sets import OnlyRuleSet

SERVICE = "tiering"


class UndoneAgain(Exception):
    """Takes a fault out again."""


async def broken(database: Database, fault: str | None) -> set[str]:
    """The codes of what a fault breaks; nothing refuses it, as if it had come from elsewhere."""
    codes: set[str] = set()
    with suppress(UndoneAgain):
        async with database.transaction() as tx:
            await tx.raw.execute("set local session_replication_role = replica")  # no triggers, no foreign keys
            if fault is not None:
                for constraint in ("four_eyes", "is_approved", "interval", "one_of_a_slot", "one_version"):
                    await tx.raw.execute(f"alter table rule_set_version drop constraint rule_set_{constraint}")
                await tx.raw.execute(fault)
            for invariant in INVARIANTS:
                assert await tx.raw.fetchval(invariant.checked) > 0, invariant.code
                if await tx.raw.fetch(invariant.offending):
                    codes.add(invariant.code)
            raise UndoneAgain
    return codes


@pytest.fixture
async def lived(client: httpx.AsyncClient, as_role) -> None:
    """Stage rules of three versions: one in force, one that was, one called off before it began."""
    rules = OnlyRuleSet(client, "/v1/stage-rules")
    document = (await rules.show())["document"]
    head = as_role("head", subject="head-2")
    for version in (2, 3):
        await rules.write(document)
        await rules.activate(version, headers=head)
    url = f"/v1/stage-rules/{(await rules.show())['id']}"
    await rules.write(document)
    later = {"version": 4, "effective_from": "2150-01-01T00:00:00Z"}
    assert (await client.post(f"{url}/activation", json=later, headers=head)).json()["status"] == "scheduled"
    assert (await client.post(f"{url}/retirement")).status_code == 202, "two people call it off"
    assert (await client.post(f"{url}/retirement", headers=head)).json()["status"] == "retired"
    assert (await rules.show())["version"] == 3


FAULTS = {
    "update rule_set_version set status = 'draft' where version = 2": {"rule_sets"},
    "update rule_set_version set author = approved_by where version = 2": {"rule_sets"},
    "update rule_set_version set approved_by = null where version = 3": {"rule_sets"},
    "update rule_set_version set effective_to = effective_to + interval '1 s' where version = 1":
        {"rule_sets", "rule_sets_in_force"},
    "update rule_set_version set effective_to = now() where version = 3": {"rule_sets_in_force"},
    "delete from rule_set_step where step = 'active' and version = 2": {"rule_sets_in_force"},
    "delete from rule_set_step where step = 'active' and version = 3": {"rule_sets", "rule_sets_in_force"},
}  # fmt: skip


async def test_a_life_of_versions_breaks_nothing(database: Database, lived: None) -> None:
    assert await broken(database, None) == set()


@pytest.mark.parametrize(("fault", "codes"), FAULTS.items())
async def test_what_cannot_be_is_found(database: Database, lived: None, fault: str, codes: set[str]) -> None:
    assert await broken(database, fault) == codes
