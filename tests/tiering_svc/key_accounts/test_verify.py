"""T8, T13: what `patron verify` holds key accounts, flags and lifetime values to: silent when sound, loud when not."""

from contextlib import suppress

import pytest

from deploy.verify.invariants.key_accounts import INVARIANTS
from services.tiering_svc.key_accounts.handlers.risk_flags import check_due_accounts
from services.tiering_svc.subscriptions import subscriptions
from tests import harness
from tests.tiering_svc.key_accounts.people import ANN, BOB, EVE, People, steady
from tests.tiering_svc.retention.test_lifetime_value_runs import buying
from tests.tiering_svc.runs import to_the_end

SERVICE = "tiering"


class UndoneAgain(Exception):
    """Takes a fault out again."""


async def broken(database, fault: str | None) -> set[str]:
    codes = set()
    with suppress(UndoneAgain):
        async with database.transaction() as tx:
            if fault is not None:
                await tx.raw.execute("set local session_replication_role = replica")  # nothing refuses it
                await tx.raw.execute(fault)
            for invariant in INVARIANTS:
                assert await tx.raw.fetchval(invariant.checked) > 0, invariant.code
                if await tx.raw.fetch(invariant.offending):
                    codes.add(invariant.code)
            raise UndoneAgain
    return codes


@pytest.fixture
async def lived(client, database, as_role):
    """A key account that was renewed, one that ended, one that is excluded; flags; a run of lifetime values."""
    people = People(client, as_role)
    thin = [order for customer in (ANN, BOB, EVE) for order in steady(customer, "300", cost="299")]
    await harness.deliver(database, subscriptions, [*thin, *buying(16)[60:]])
    for customer in (ANN, BOB, EVE):
        await people.key_account(customer, "economic", override_reason="Still.")
    await database.run(lambda tx: check_due_accounts(tx, tx.at))
    await people.key_account(ANN, "economic", "strategic", override_reason="Still.")
    end = {"reason": "Over."}
    await client.post(f"/v1/customers/{BOB}/key-account/end", json=end, headers=as_role("head"))
    path = "/v1/exclusions/nominations"
    nomination = await client.post(path, json={"customer_id": str(EVE), "reason": "x"}, headers=as_role("manager"))
    assert (await people.decide(nomination.json(), path=path)).status_code == 200
    await client.post("/v1/lifetime-value/runs", json={})
    await to_the_end(database, "lifetime_values")


FAULTS = {
    "update nomination set kinds = '{strategic}' where class = 'key'": "account_classes",
    "delete from outbox where type = 'tiering.key_account_ended.v1'": "account_classes_announced",
    "delete from outbox where type = 'tiering.customer_excluded.v1'": "account_classes_announced",
    "delete from outbox where type = 'tiering.risk_flag_cleared.v1'": "risk_flags",
    "update lifetime_value set revenue = revenue + 1": "lifetime_value_runs",
}


async def test_T8_T13_verify_finds_each_fault_and_no_other(lived, database):
    assert await broken(database, None) == set()
    for fault, code in FAULTS.items():
        assert await broken(database, fault) == {code}, fault
