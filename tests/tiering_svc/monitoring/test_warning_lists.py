"""Lists of warnings (T12): by what people ask for, whose they are now and were then, and who is about to leave."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.tiering_svc.subscriptions import subscriptions
from shared.events import CustomerTraitsChanged, EmployeeChanged, TeamMemberAssigned, TeamMemberReleased
from shared.messaging import Database, new_id
from tests import harness
from tests.tiering_svc.events import placed
from tests.tiering_svc.runs import to_the_end

SERVICE = "tiering"
ANN, BOB, CAT = UUID(int=1), UUID(int=2), UUID(int=3)
NOW = datetime.now(UTC).replace(microsecond=0)


def day(number: int) -> datetime:
    return datetime(2025, 1, 1, 12, tzinfo=UTC) + timedelta(days=number)


def assigned(customer: UUID, employee: str, at: datetime) -> TeamMemberAssigned:
    return TeamMemberAssigned(
        customer_id=customer, assignment_id=new_id(), employee_id=employee, role="account_manager", assigned_at=at
    )


def released(assignment: TeamMemberAssigned, at: datetime) -> TeamMemberReleased:
    return TeamMemberReleased(**assignment.model_dump(exclude={"assigned_at"}), released_at=at)


def changed(employee: str, at: datetime, **more: Any) -> EmployeeChanged:
    return EmployeeChanged(change_id=new_id(), employee_id=employee, changed_at=at, **more)


async def deliver(database: Database, *events: Any) -> None:
    await harness.deliver(database, subscriptions, events)


async def silent(client, database, *customers: UUID) -> None:
    """Each of these ordered weekly, and then no more."""
    for customer in customers:
        await deliver(database, *(placed(customer, day(7 * week), "60") for week in range(10)))
    answer = await client.post("/v1/warnings/runs", json={"as_of": day(63 + 22).isoformat()})
    assert answer.status_code == 202, answer.text
    await to_the_end(database, "warning_sweep")


async def whose(client, **wanted: Any) -> set[UUID]:
    answer = await client.get("/v1/warnings", params={"cause": "silent"} | wanted)
    assert answer.status_code == 200, answer.text
    return {UUID(warning["customer_id"]) for warning in answer.json()["items"]}


async def shown(client, customer: UUID) -> dict[str, Any]:
    [warning] = (await client.get("/v1/warnings", params={"cause": "silent", "customer_id": str(customer)})).json()[
        "items"
    ]
    whole: dict[str, Any] = (await client.get(f"/v1/warnings/{warning['id']}")).json()
    return whole


async def test_T12_a_warning_belongs_to_the_manager_of_now_however_late_that_is_known(client, database):
    await silent(client, database, ANN)
    assert (await shown(client, ANN))["owner"] is None
    assert await whose(client, owned=False) == {ANN}
    late = assigned(ANN, "E-1", day(5))  # arrives after the warning was raised
    await deliver(database, late)
    assert (await shown(client, ANN))["owner"] == "E-1"
    assert await whose(client, owned=True) == await whose(client, owner="E-1") == {ANN}
    await deliver(database, released(late, NOW - timedelta(hours=2)), assigned(ANN, "E-2", NOW - timedelta(hours=2)))
    assert (await whose(client, owner="E-1"), await whose(client, owner="E-2")) == (set(), {ANN})
    coming = assigned(ANN, "E-3", NOW + timedelta(days=2))  # not yet
    await deliver(database, coming)
    assert (await shown(client, ANN))["owner"] == "E-2"


async def test_T12_a_manager_released_without_a_successor_leaves_a_warning_that_nobody_has(client, database):
    await silent(client, database, ANN)
    assignment = assigned(ANN, "E-1", day(5))
    await deliver(database, assignment, released(assignment, NOW - timedelta(minutes=5)))
    whole = await shown(client, ANN)
    assert (whole["manager"], whole["owner"]) == (None, None)
    assert await whose(client, owned=False) == {ANN}


async def test_T12_my_warnings_are_the_deputys_too_while_the_manager_is_away(client, database, as_role):
    await silent(client, database, ANN, BOB)
    away = {"absent_from": NOW - timedelta(days=1), "absent_until": NOW + timedelta(days=5), "deputy_id": "E-2"}
    await deliver(
        database, assigned(ANN, "E-1", day(5)), assigned(BOB, "E-2", day(5)),
        changed("E-1", NOW - timedelta(days=3), **away),
    )  # fmt: skip
    whole = await shown(client, ANN)
    assert (whole["manager"], whole["deputy"], whole["owner"]) == ("E-1", "E-2", "E-2")
    assert await whose(client, owner="E-2") == {ANN, BOB}
    assert await whose(client, owner="E-1") == {ANN}  # who is away still has them
    assert await whose(client, manager="E-2") == {BOB}
    deputy = as_role("agent", subject="E-2")
    answer = await client.get("/v1/warnings", params={"mine": True, "cause": "silent"}, headers=deputy)
    assert {UUID(warning["customer_id"]) for warning in answer.json()["items"]} == {ANN, BOB}
    await deliver(database, changed("E-1", NOW - timedelta(hours=1)))  # back early
    assert await whose(client, owner="E-2") == {BOB}
    assert (await shown(client, ANN))["owner"] == "E-1"


async def test_T12_who_was_responsible_when_can_be_asked(client, database):
    await silent(client, database, ANN)
    whole = await shown(client, ANN)
    url = f"/v1/warnings/{whole['id']}/responsible"
    first = assigned(ANN, "E-1", day(5))
    since, until = NOW - timedelta(days=30), NOW - timedelta(days=20)
    await deliver(
        database, first, released(first, NOW - timedelta(days=10)), assigned(ANN, "E-2", NOW - timedelta(days=10)),
        changed("E-1", since, absent_from=since, absent_until=until, deputy_id="E-3"),
    )  # fmt: skip

    async def responsible(at: datetime) -> tuple[str | None, str | None]:
        answer = (await client.get(url, params={"as_of": at.isoformat()})).json()
        return answer["manager"], answer["owner"]

    assert await responsible(day(4)) == (None, None)
    assert await responsible(day(5)) == ("E-1", "E-1")
    assert await responsible(since) == ("E-1", "E-3")
    assert await responsible(until) == ("E-1", "E-1")
    assert await responsible(NOW - timedelta(days=9)) == ("E-2", "E-2")
    future = await client.get(url, params={"as_of": (NOW + timedelta(days=1)).isoformat()})
    assert future.json()["code"] == "in_the_future"
    periods = (await client.get(f"/v1/warnings/{whole['id']}")).json()["responsible"]
    assert [period["owner"] for period in periods] == ["E-2"]  # since it was raised, which was just now


async def test_T12_warnings_are_listed_by_what_people_ask_for(client, database, as_role):
    await silent(client, database, ANN, BOB, CAT)
    traits = {"kind": "organisation", "completeness": 10, "changed_at": day(1)}
    await deliver(
        database, *(CustomerTraitsChanged(customer_id=id, region="north", **traits) for id in (ANN, BOB)),
        assigned(ANN, "E-1", day(5)), assigned(CAT, "E-2", day(5)),
        changed("E-1", day(1), centre="harbour"), changed("E-2", day(1), centre="hill"),
    )  # fmt: skip
    tier = (await shown(client, ANN))["tier"]
    assert await whose(client, region="north") == {ANN, BOB}
    assert await whose(client, region="south") == set()
    assert await whose(client, centre="harbour") == {ANN}
    assert await whose(client, tier=tier, severity="yellow", state="open", subject_kind="customer") == {ANN, BOB, CAT}
    assert await whose(client, tier="unheard-of") == await whose(client, severity="red") == set()
    assert await whose(client, subject_kind="class") == await whose(client, dimension="tier") == set()
    ids = [(await shown(client, id))["id"] for id in (ANN, CAT)]
    assert await whose(client, ids=ids) == {ANN, CAT}
    assert await whose(client, ids=ids, region="north") == {ANN}
    assert await whose(client, owner="E-1", manager="E-2") == set()
    refused = await client.get("/v1/warnings", params={"ownr": "E-1"})
    assert (refused.status_code, refused.json()["code"], refused.json()["nearest"]) == (
        422, "unknown_parameter", "owner",
    )  # fmt: skip
    partner = as_role("partner", partner_id=new_id())
    for path in ("/v1/warnings", "/v1/warnings/customers", f"/v1/warnings/{ids[0]}/responsible"):
        assert (await client.get(path, headers=partner)).status_code == 404


@pytest.fixture
async def at_risk(client, database) -> dict[UUID, Decimal | None]:
    """Seven customers; what is expected to be lost of each, of one of them not known."""
    customers = [UUID(int=number) for number in range(1, 8)]
    await silent(client, database, *customers)
    losses: dict[UUID, Decimal | None] = {id: Decimal(100 * (id.int % 4)) for id in customers[:6]} | {
        customers[6]: None
    }
    await database.run(
        lambda tx: tx.raw.execute(
            """update early_warning w set likelihood = case when l.loss is not null then 0.5 end,
                      value_at_stake = l.loss * 2, expected_loss = l.loss
               from unnest($1::uuid[], $2::numeric[]) l(customer_id, loss) where w.customer_id = l.customer_id""",
            list(losses), list(losses.values()),
        )
    )  # fmt: skip
    return losses


async def test_T12_who_is_about_to_leave_is_one_call_sorted_by_expected_loss(client, database, at_risk, as_role):
    await deliver(database, assigned(UUID(int=3), "E-1", day(5)))
    path, customers, cursor = "/v1/warnings/customers", [], None
    while True:
        page = (await client.get(path, params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
        customers += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    expected = sorted(at_risk, key=lambda id: (Decimal(-1) if at_risk[id] is None else at_risk[id], id), reverse=True)
    assert [UUID(item["customer_id"]) for item in customers] == expected
    worst = customers[0]
    assert (worst["customer_id"], worst["owner"], worst["customer_name"]) == (str(UUID(int=3)), "E-1", None)
    assert (worst["likelihood"], worst["value_at_stake"], worst["expected_loss"]) == ("0.5", "600", "300")
    assert worst["tier"] == "basic"
    assert "silent" in {reason["cause"] for reason in worst["reasons"]}
    assert any("No order for 22 days" in reason["words"]["en"] for reason in worst["reasons"])
    owned = await client.get(path, params={"owner": "E-1"})
    assert [item["customer_id"] for item in owned.json()["items"]] == [str(UUID(int=3))]
    two = await client.get(path, params={"ids": [str(UUID(int=1)), str(UUID(int=2))]})
    assert {item["customer_id"] for item in two.json()["items"]} == {str(UUID(int=1)), str(UUID(int=2))}
    refused = await client.get(path, params={"sort": "name"})
    assert refused.json()["code"] == "unknown_parameter"


async def test_T12_a_customer_whose_warnings_are_closed_is_at_risk_no_longer(client, at_risk):
    for warning in (await client.get("/v1/warnings", params={"customer_id": str(UUID(int=3))})).json()["items"]:
        url = f"/v1/warnings/{warning['id']}"
        await client.post(f"{url}/acknowledgement")
        await client.post(f"{url}/closing", json={"reason": "solved"})
    items = (await client.get("/v1/warnings/customers")).json()["items"]
    assert str(UUID(int=3)) not in {item["customer_id"] for item in items}
    closed = (await client.get("/v1/warnings/customers", params={"state": "closed"})).json()["items"]
    assert [item["customer_id"] for item in closed] == [str(UUID(int=3))]
