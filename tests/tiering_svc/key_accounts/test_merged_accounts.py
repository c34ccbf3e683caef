"""P12, T8: of two who are one the root is nominated, decided about and flagged, by the facts of both."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.tiering_svc.key_accounts.handlers.risk_flags import check_due_accounts
from shared.events import CustomersMerged, CustomersUnmerged, KeyAccountEnded
from shared.messaging import Database, new_id
from tests.tiering_svc.key_accounts.people import ANN, BOB, EVE, NOMINATIONS, NOW, People, deliver, refused, steady

SERVICE = "tiering"
MERGE = {"merge_id": new_id(), "root_id": ANN, "absorbed_id": BOB, "merged_at": NOW}


@pytest.fixture
def people(client: Any, as_role: Any) -> People:
    return People(client, as_role)


async def merge(database: Database) -> None:
    await deliver(database, CustomersMerged(customer_id=ANN, **MERGE))


async def undo(database: Database) -> None:
    await deliver(database, CustomersUnmerged(customer_id=ANN, **MERGE, unmerged_at=NOW))


async def buy(database: Database) -> None:
    """Ann and Bob buy half of what makes Eve the first of all."""
    await deliver(database, *steady(ANN), *steady(BOB), *steady(EVE, "400"))


async def test_P12_a_nomination_of_either_id_is_of_the_root_by_the_figures_of_both(
    people: People, database: Database
) -> None:
    await buy(database)
    await merge(database)
    nomination = (await people.nominate(BOB)).json()
    assert nomination["customer_id"] == str(ANN)
    assert Decimal(nomination["figures"]["values"]["amount"]) == 4800
    assert refused(await people.nominate(ANN, by="max")) == (409, "nomination_open")
    assert (await people.decide(nomination)).status_code == 200
    for customer in (ANN, BOB):
        assert (await people.show(customer))["is_key_account"]
    assert refused(await people.nominate(BOB)) == (409, "already_a_key_account")
    listed = await people.client.get(NOMINATIONS, params={"customer_id": str(BOB)})
    assert [item["id"] for item in listed.json()["items"]] == [nomination["id"]]
    await undo(database)
    assert (await people.show(ANN))["is_key_account"]
    assert not (await people.show(BOB))["is_key_account"]


async def test_P12_what_was_nominated_before_is_decided_by_the_figures_of_both(
    people: People, database: Database
) -> None:
    await buy(database)
    nomination = (await people.nominate(BOB)).json()
    await merge(database)
    assert refused(await people.nominate(ANN)) == (409, "nomination_open")
    assert (await people.decide(nomination)).status_code == 200
    assert (await people.show(ANN))["is_key_account"]
    await undo(database)
    assert not (await people.show(ANN))["is_key_account"]  # it was Bob who was nominated
    assert (await people.show(BOB))["is_key_account"]


@pytest.mark.parametrize("named", [ANN, BOB])
async def test_P12_ending_ends_what_any_of_them_is(
    people: People, database: Database, announced: Any, named: UUID
) -> None:
    await buy(database)
    for customer in (ANN, BOB):
        await people.key_account(customer)
    await merge(database)
    headers = people.as_role("head")
    ended = await people.client.post(
        f"/v1/customers/{named}/key-account/end", json={"reason": "Sold."}, headers=headers
    )
    assert ended.status_code == 200, ended.text
    assert not (await people.show(ANN))["is_key_account"]
    events = [event.customer_id for event in await announced() if isinstance(event, KeyAccountEnded)]
    assert sorted(events) == [ANN, BOB]
    again = await people.client.post(
        f"/v1/customers/{named}/key-account/end", json={"reason": "Sold."}, headers=headers
    )
    assert refused(again) == (404, "not_a_key_account")


async def test_P12_an_exclusion_of_the_root_ends_the_absorbed_ones_key_account(
    people: People, database: Database
) -> None:
    await buy(database)
    await people.key_account(BOB)
    await merge(database)
    path = "/v1/exclusions/nominations"
    body = {"customer_id": str(ANN), "reason": "It never pays."}
    nomination = (await people.client.post(path, json=body, headers=people.as_role("manager", subject="mia"))).json()
    assert (await people.decide(nomination, path=path)).status_code == 200
    for customer in (ANN, BOB):
        shown = await people.show(customer)
        assert (shown["is_key_account"], shown["excluded"]) == (False, True), shown
    assert refused(await people.nominate(BOB)) == (409, "customer_excluded")


async def test_P12_candidates_are_ranked_as_one_and_left_out_when_any_is_one_already(
    people: People, database: Database
) -> None:
    await buy(database)

    async def proposed() -> dict[str, str]:
        answer = await people.client.get("/v1/key-accounts/candidates")
        assert answer.status_code == 200, answer.text
        return {item["customer_id"]: item["amount"] for item in answer.json()["items"]}

    assert await proposed() == {str(EVE): "3200.00"}
    await merge(database)
    assert await proposed() == {str(ANN): "4800.00"}
    await people.nominate(BOB)
    assert await proposed() == {}


async def test_P12_risks_of_a_merged_key_account_are_found_in_the_figures_of_all(
    people: People, database: Database
) -> None:
    await deliver(database, *steady(ANN), *steady(BOB, "900"), *steady(EVE, "600"))
    await people.key_account(ANN)

    async def risks() -> set[str]:
        await database.run(lambda tx: check_due_accounts(tx, tx.at))
        shown = await people.client.get(f"/v1/customers/{BOB}/risks")
        return {flag["risk"] for flag in shown.json()["items"]}

    assert await risks() == set()
    await merge(database)
    assert await risks() == {"concentration"}


async def test_P12_who_are_one_are_listed_once(people: People, database: Database) -> None:
    await buy(database)
    for customer in (ANN, BOB):
        await people.key_account(customer)

    async def listed() -> list[str]:
        items = (await people.client.get("/v1/key-accounts")).json()["items"]
        return [item["customer_id"] for item in items]

    assert await listed() == [str(ANN), str(BOB)]
    await merge(database)
    assert await listed() == [str(ANN)]
    await undo(database)
    assert await listed() == [str(ANN), str(BOB)]
