"""P5 over HTTP: the directory, the team, item account manager at a time whatever happens at once."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from shared.events import EmployeeChanged, TeamMemberAssigned, TeamMemberReleased

SERVICE = "profile"
ENTERED = 3  # employees, each announced when it is entered into the directory


@pytest.fixture
async def path(client) -> str:
    for number in (1, 2, 3):
        body = {"employee_id": f"E-{number}", "name": f"Employee {number}", "phone_extension": f"10{number}"}
        assert (await client.post("/v1/employees", json=body)).status_code == 201
    file = await client.post("/v1/customers", json={"kind": "person", "names": [{"name": "Li Lei"}]})
    return f"/v1/customers/{file.json()['id']}"


def manager(employee: str, **more) -> dict:
    return {"employee_id": employee, "role": "account_manager", **more}


async def test_P5_employees_are_entered_once(client, path):
    again = {"employee_id": "E-1", "name": "Employee 1", "phone_extension": "101"}
    assert (await client.post("/v1/employees", json=again)).status_code == 201
    other = await client.post("/v1/employees", json=again | {"name": "Somebody else"})
    assert (other.status_code, other.json()["code"]) == (409, "employee_exists")
    first = (await client.get("/v1/employees", params={"limit": 2})).json()
    assert [item["employee_id"] for item in first["items"]] == ["E-1", "E-2"]
    rest = (await client.get("/v1/employees", params={"cursor": first["next"]})).json()
    assert [item["employee_id"] for item in rest["items"]] == ["E-3"]
    assert rest["next"] is None


async def test_P5_a_new_manager_takes_over_with_a_note_and_shows_on_the_overview(client, path, announced):
    first = await client.post(f"{path}/team", json=manager("E-1"))
    assert first.status_code == 201
    assert first.json()["employee"]["phone_extension"] == "101"
    second = await client.post(f"{path}/team", json=manager("E-2", hand_over_note="likes to be called early"))
    assert second.status_code == 201
    team = (await client.get(f"{path}/team")).json()
    assert [item["employee"]["employee_id"] for item in team["members"]] == ["E-2"]
    assert [(item["employee"]["employee_id"], item["hand_over_note"]) for item in team["past"]] == [
        ("E-1", "likes to be called early")
    ]
    assert team["past"][0]["released_at"] == team["members"][0]["assigned_at"]
    assert (await client.get(f"{path}/overview")).json()["account_manager"]["employee_id"] == "E-2"
    events = [e for e in await announced() if isinstance(e, (TeamMemberAssigned, TeamMemberReleased))]
    assert [(type(e), e.employee_id) for e in events] == [
        (TeamMemberAssigned, "E-1"),
        (TeamMemberReleased, "E-1"),
        (TeamMemberAssigned, "E-2"),
    ]


async def test_P5_releasing_the_manager_clears_the_overview_and_repeats_quietly(client, path, announced):
    assignment = (await client.post(f"{path}/team", json=manager("E-1"))).json()["id"]
    for _ in range(2):
        answer = await client.delete(f"{path}/team/{assignment}", params={"hand_over_note": "moved away"})
        assert answer.status_code == 204
    assert (await client.get(f"{path}/overview")).json()["account_manager"] is None
    assert (await client.get(f"{path}/team")).json()["past"][0]["hand_over_note"] == "moved away"
    assert len([e for e in await announced() if isinstance(e, TeamMemberReleased)]) == 1
    assert (await client.delete(f"{path}/team/{uuid4()}")).status_code == 404
    assert (await client.delete(f"/v1/customers/{uuid4()}/team/{assignment}")).status_code == 404


async def test_P5_many_assignments_at_once_leave_one_manager(client, path, database):
    answers = await asyncio.gather(*(client.post(f"{path}/team", json=manager(f"E-{n % 3 + 1}")) for n in range(9)))
    # item that was stamped earlier but came to the lock later would overlap, and the same manager again is refused
    assert {answer.status_code for answer in answers} <= {201, 409}
    team = (await client.get(f"{path}/team")).json()
    assert len(team["members"]) == 1
    overlapping = await database.run(lambda tx: tx.raw.fetch(OVERLAPS))
    assert overlapping == []
    shown = (await client.get(f"{path}/overview")).json()["account_manager"]["employee_id"]
    assert shown == team["members"][0]["employee"]["employee_id"]


OVERLAPS = """
select a.customer_id from team_assignment a join team_assignment b using (customer_id, role)
where role = 'account_manager' and a.id < b.id
  and tstzrange(a.assigned_at, a.released_at) && tstzrange(b.assigned_at, b.released_at)
"""


async def test_P5_the_database_itself_allows_one_manager(client, path, database):
    await client.post(f"{path}/team", json=manager("E-1"))
    for begins in ("now()", "now() - interval '1 day'"):
        with pytest.raises((asyncpg.UniqueViolationError, asyncpg.ExclusionViolationError)):
            await database.run(
                lambda tx, begins=begins: tx.raw.execute(
                    f"""insert into team_assignment (id, customer_id, employee_id, role, assigned_at)
                        select uuidv7(), customer_id, 'E-2', role, {begins} from team_assignment"""
                )
            )
    with pytest.raises(asyncpg.ExclusionViolationError):
        await database.run(
            lambda tx: tx.raw.execute(
                """insert into team_assignment (id, customer_id, employee_id, role, assigned_at, released_at)
                   select uuidv7(), customer_id, 'E-2', role, assigned_at, assigned_at + interval '1 hour'
                   from team_assignment"""
            )
        )


async def test_P5_backdating_needs_the_scope_history_and_never_overlaps(client, path, as_role):
    now = datetime.now(UTC)
    long_ago = (now - timedelta(days=30)).isoformat()
    refused = await client.post(f"{path}/team", json=manager("E-1") | {"from": long_ago}, headers=as_role("manager"))
    assert (refused.status_code, refused.json()["code"]) == (403, "history_needed")
    assert (await client.post(f"{path}/team", json=manager("E-1") | {"from": long_ago})).status_code == 201
    before = (now - timedelta(days=31)).isoformat()
    overlaps = await client.post(f"{path}/team", json=manager("E-2") | {"from": before})
    assert (overlaps.status_code, overlaps.json()["code"]) == (409, "overlaps_another_manager")
    tomorrow = (now + timedelta(days=1)).isoformat()
    future = await client.post(f"{path}/team", json=manager("E-2") | {"from": tomorrow})
    assert (future.status_code, future.json()["code"]) == (422, "in_the_future")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (manager("E-99"), "employee_not_known"),
        (manager("E 1"), "validation_failed"),
        ({"employee_id": "E-1", "role": "boss"}, "validation_failed"),
        (manager("E-1") | {"from": "yesterday"}, "validation_failed"),
        (manager("E-1") | {"from": "2026-01-01T00:00:00"}, "validation_failed"),
        (manager("E-1") | {"assigned_at": "2026-01-01T00:00:00Z"}, "validation_failed"),
    ],
)
async def test_P5_bad_input_is_refused(client, path, body, code):
    answer = await client.post(f"{path}/team", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_P5_an_agent_may_not_change_the_team(client, path, as_role):
    assert (await client.post(f"{path}/team", json=manager("E-1"), headers=as_role("agent"))).status_code == 403
    assert (await client.post("/v1/employees", json={}, headers=as_role("agent"))).status_code == 403


async def test_P5_an_employee_is_placed_at_a_centre_once(client, path, announced):
    url = "/v1/employees/E-1/centre"
    placed = await client.put(url, json={"centre": "north"})
    assert (placed.status_code, placed.json()["centre"]) == (200, "north")
    assert (await client.put(url, json={"centre": "north"})).is_success
    assert (await client.put(url, json={"centre": None})).json()["centre"] is None
    changes = [item for item in await announced() if isinstance(item, EmployeeChanged)][ENTERED:]
    assert [(item.employee_id, item.centre) for item in changes] == [("E-1", "north"), ("E-1", None)]
    nobody = await client.put("/v1/employees/E-99/centre", json={"centre": "north"})
    assert (nobody.status_code, nobody.json()["code"]) == (404, "employee_not_found")
    again = {"employee_id": "E-1", "name": "Employee 1", "phone_extension": "101"}
    assert (await client.post("/v1/employees", json=again)).status_code == 201
    assert (await client.put(url, json={"centre": "not a code"})).status_code == 422


async def test_P5_a_centre_of_the_past_holds_until_the_next_placement(client, path, announced, as_role):
    url = "/v1/employees/E-1/centre"
    assert (await client.put(url, json={"centre": "south", "from": "2026-03-01T00:00:00Z"})).status_code == 200
    earlier = await client.put(url, json={"centre": "north", "from": "2026-01-01T00:00:00Z"})
    assert (earlier.status_code, earlier.json()["centre"]) == (200, "south")  # where the employee works today
    later = await client.put(url, json={"centre": "west", "from": "2026-05-01T00:00:00Z"})
    assert later.json()["centre"] == "west"
    assert (await client.put(url, json={"centre": "west"})).json()["centre"] == "west"  # it is there already
    changes = [item for item in await announced() if isinstance(item, EmployeeChanged)][ENTERED:]
    assert [(item.centre, item.changed_at.month) for item in changes] == [("south", 3), ("north", 1), ("west", 5)]
    to_come = await client.put(url, json={"centre": "east", "from": "2199-01-01T00:00:00Z"})
    assert (to_come.status_code, to_come.json()["code"], to_come.json()["errors"][0]["pointer"]) == (
        422, "in_the_future", "/from"
    )  # fmt: skip
    old = {"centre": "east", "from": "2026-02-01T00:00:00Z"}
    refused = await client.put(url, json=old, headers=as_role("manager"))
    assert (refused.status_code, refused.json()["code"]) == (403, "history_needed")
    assert (await client.put(url, json=old, headers=as_role("head"))).status_code == 200


async def test_P5_a_partner_is_not_told_who_looks_after_its_customer(client, as_role):
    await client.post("/v1/employees", json={"employee_id": "E-1", "name": "Employee 1", "phone_extension": "101"})
    partner_id = uuid4()
    body = {
        "kind": "person",
        "names": [{"name": "Han Meimei"}],
        "phones": [{"number": "+12125550123"}],
        "reference": {"source": f"partner:{partner_id}", "ref": "1"},
        "id": str(uuid4()),
    }
    id = (await client.post("/v1/customers", json=body)).json()["id"]
    assert (await client.post(f"/v1/customers/{id}/team", json=manager("E-1"))).status_code == 201

    async def shown(headers) -> list:
        overview = (await client.get(f"/v1/customers/{id}/overview", headers=headers)).json()
        lists = [
            (await client.get("/v1/customers", params=question, headers=headers)).json()["items"]
            for question in ({}, {"q": "Meimei"}, {"q": "meimee"})
        ]
        pop = (await client.get("/v1/calls/pop", params={"number": "+12125550123"}, headers=headers)).json()
        of_pop = [pop["matches"][0][name] for name in ("account_manager", "agent", "agent_role")]
        return [overview["account_manager"], *(customers[0]["account_manager"] for customers in lists), *of_pop]

    assert None not in await shown(as_role("agent"))
    assert await shown(as_role("partner", partner_id=partner_id)) == [None] * 7


async def test_P5_an_absence_names_the_deputy_and_is_announced_with_the_centre(client, path, announced):
    assert (await client.put("/v1/employees/E-1/centre", json={"centre": "north"})).is_success
    url, away = "/v1/employees/E-1/absence", {"since": "2026-03-01T00:00:00Z", "until": "2026-03-15T00:00:00Z"}
    recorded = await client.put(url, json=away | {"deputy_id": "E-2"})
    assert (recorded.status_code, recorded.json()["absence"]) == (200, away | {"deputy_id": "E-2"})
    assert (await client.put(url, json=away | {"deputy_id": "E-2"})).is_success  # the same again announces nothing
    assert (await client.put("/v1/employees/E-1/centre", json={"centre": "south"})).json()["absence"]["deputy_id"] == (
        "E-2"
    )
    assert (await client.delete(url)).json()["absence"] is None
    changes = [item for item in await announced() if isinstance(item, EmployeeChanged)][ENTERED:]
    assert [(item.centre, item.deputy_id, item.absent_from is None) for item in changes] == [
        ("north", None, True), ("north", "E-2", False), ("south", "E-2", False), ("south", None, True),
    ]  # fmt: skip
    again = {"employee_id": "E-1", "name": "Employee 1", "phone_extension": "101"}
    assert (await client.post("/v1/employees", json=again)).status_code == 201


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"since": "2026-03-01T00:00:00Z", "until": "2026-03-01T00:00:00Z"}, 422, "ends_before_it_begins"),
        ({"since": "2026-03-01T00:00:00Z", "deputy_id": "E-1"}, 409, "own_deputy"),
        ({"since": "2026-03-01T00:00:00Z", "deputy_id": "E-99"}, 422, "employee_not_known"),
        ({"since": "2026-03-01"}, 422, "instant"),
    ],
)
async def test_P5_an_absence_that_makes_no_sense_changes_nothing(client, path, body, status, code, announced):
    answer = await client.put("/v1/employees/E-1/absence", json=body)
    assert (answer.status_code, answer.json().get("errors", [answer.json()])[0]["code"]) == (status, code)
    assert [item for item in await announced() if isinstance(item, EmployeeChanged)][ENTERED:] == []


async def test_P5_employees_are_listed_by_ids(client, path):
    listed = (await client.get("/v1/employees", params={"ids": ["E-2", "E-99"]})).json()["items"]
    assert [employee["employee_id"] for employee in listed] == ["E-2"]
