"""T15 over HTTP: submissions and spot checks are recorded by another person, and count in the month's assessment."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from services.tiering_svc.subscriptions import subscriptions
from shared.events import ContactLogged, EmployeeChanged, TeamMemberAssigned
from shared.messaging import new_id
from tests import harness
from tests.tiering_svc.events import placed
from tests.tiering_svc.rule_sets import OnlyRuleSet
from tests.tiering_svc.shorthand import at

SERVICE = "tiering"
ANN, BOB, EVE = UUID(int=1), UUID(int=2), UUID(int=3)
MARCH = {"month": "2026-03-15"}
DUE = at(10)


async def deliver(database, *events):
    await harness.deliver(database, subscriptions, events)


@pytest.fixture(autouse=True)
async def teams(database):
    """Mei (E-1, north) looks after Ann and Bob, Tom (E-2, south) after Eve; all are in touch."""
    for employee, centre, customers in (("E-1", "north", (ANN, BOB)), ("E-2", "south", (EVE,))):
        change = EmployeeChanged(change_id=new_id(), employee_id=employee, centre=centre, changed_at=at(1, 1))
        await deliver(database, change)
        for customer in customers:
            await deliver(
                database, placed(customer, at(5), "10"),
                TeamMemberAssigned(
                    customer_id=customer, assignment_id=new_id(), employee_id=employee, role="account_manager",
                    assigned_at=at(1, 1),
                ),
                ContactLogged(
                    customer_id=customer, entry_id=new_id(), employee_id=employee, channel="call", contacted_at=at(20)
                ),
            )  # fmt: skip


def submission(subject="E-1", of="manager", **changes):
    body = {
        "submission_id": str(new_id()), "topic": "weekly_report", "of": of, "subject": subject,
        "due_at": DUE.isoformat(), "received_at": DUE.isoformat(), "wrong": False,
    }  # fmt: skip
    return body | changes


def check(customer=ANN, about="equipment", finding="wrong", **changes):
    return {
        "check_id": str(new_id()), "customer_id": str(customer), "about": about, "finding": finding,
        "checked_at": at(12).isoformat(),
    } | changes  # fmt: skip


async def write(client, path, body, **request):
    answer = await client.post(f"/v1/{path}", json=body, **request)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def assessed(client):
    items = (await client.post("/v1/assessments", json=MARCH)).json()["items"]
    return {
        assessment["subject"]: {
            line["rule"]: (Decimal(line["points"]), line) for line in assessment["reasons"] if line["points"] != "0"
        }
        for assessment in items
    }


def points(assessment):
    return {rule: taken for rule, (taken, _) in assessment.items()}


async def test_T15_what_is_submitted_late_or_wrong_counts_by_hour_and_by_piece(client):
    late = submission(received_at=(DUE + timedelta(hours=2, minutes=1)).isoformat())
    await write(client, "submissions", late)
    await write(client, "submissions", submission(wrong=True))
    await write(client, "submissions", submission(received_at=(DUE - timedelta(hours=9)).isoformat()))
    await write(
        client, "submissions", submission("south", "centre", received_at=None, due_at=at(31, hour=20).isoformat())
    )
    await write(client, "submissions", submission(due_at=at(10, 4).isoformat(), received_at=None))  # next month's
    subjects = await assessed(client)
    assert points(subjects["E-1"]) == points(subjects["north"]) == {"late_submission": -3, "wrong_submission": -5}
    line = subjects["E-1"]["late_submission"][1]
    assert (line["figure"], line["base"], line["facts_in_all"]) == ("3", "3", 1)
    assert line["facts"] == [
        {"submission_id": late["submission_id"], "topic": "weekly_report", "hours": "3"}
    ]  # fmt: skip
    assert points(subjects["E-2"]) == {}
    assert points(subjects["south"]) == {"late_submission": -4}  # what has not come is late until the month's end


async def test_T15_who_owes_a_submission_is_assessed_without_customers_too(client):
    await write(client, "submissions", submission("E-7", wrong=True))
    items = (await client.post("/v1/assessments", json=MARCH)).json()["items"]
    [seven] = [assessment for assessment in items if assessment["subject"] == "E-7"]
    assert (seven["customers"], Decimal(seven["score"])) == (0, 95)


async def test_T15_what_spot_checks_found_counts_by_whose_customer_it_is(client):
    for body in (
        check(), check(finding="not_recorded"), check(BOB, finding="passed"), check(BOB, "file"), check(EVE, "file"),
        check(EVE, "file", "passed"), check(checked_at=at(1, 4).isoformat()),
    ):  # fmt: skip
        await write(client, "spot-checks", body)
    subjects = await assessed(client)
    mei = {"equipment_wrong": -1, "equipment_not_recorded": -5, "wrong_file": -2}
    assert points(subjects["E-1"]) == points(subjects["north"]) == mei
    assert points(subjects["E-2"]) == points(subjects["south"]) == {"wrong_file": -2}
    line = subjects["E-2"]["wrong_file"][1]
    assert (line["figure"], line["base"], line["facts"][0]["customer_id"]) == ("1", "2", str(EVE))
    assert subjects["E-1"]["equipment_wrong"][1]["base"] == "3"


async def test_T15_nobody_records_what_they_are_assessed_by(client, database, as_role):
    mei = as_role("head", subject="E-1")
    for path, body in (
        ("submissions", submission()), ("submissions", submission("north", "centre")), ("spot-checks", check()),
    ):  # fmt: skip
        refused = await client.post(f"/v1/{path}", json=body, headers=mei)
        assert (refused.status_code, refused.json()["code"]) == (403, "own_work")
        await write(client, path, body)
        # nor does it become another's
        moved = body | ({"customer_id": str(EVE)} if path == "spot-checks" else {"of": "manager", "subject": "E-2"})
        assert (await client.post(f"/v1/{path}", json=moved, headers=mei)).json()["code"] == "own_work"
        assert (await client.post(f"/v1/{path}", json=body, headers=as_role("manager"))).status_code == 403
    await write(client, "submissions", submission("south", "centre"), headers=mei)
    await write(client, "spot-checks", check(EVE), headers=mei)


async def test_T15_written_again_the_last_entry_counts_and_the_one_before_is_known(client, database):
    body = submission(received_at=None)
    first = await write(client, "submissions", body)
    assert await write(client, "submissions", body) == first  # the same changes nothing
    came = await write(client, "submissions", body | {"received_at": DUE.isoformat()})
    assert came["recorded_at"] > first["recorded_at"]
    shown = (await client.get("/v1/submissions", params=MARCH)).json()["items"]
    assert [item["received_at"] is not None for item in shown] == [True]
    then = (await client.get("/v1/submissions", params=MARCH | {"known_at": first["recorded_at"]})).json()["items"]
    assert [item["received_at"] for item in then] == [None]
    kept = await database.run(lambda tx: tx.raw.fetchval("select count(*) from submission"))
    assert kept == 2
    wrong = check()
    passed = wrong | {"finding": "passed"}
    earlier = await write(client, "spot-checks", wrong)
    assert await write(client, "spot-checks", wrong) == earlier
    await write(client, "spot-checks", passed)
    shown = (await client.get("/v1/spot-checks", params=MARCH | {"customer_id": str(ANN)})).json()["items"]
    assert [item["finding"] for item in shown] == ["passed"]
    known = MARCH | {"known_at": earlier["recorded_at"]}
    assert [i["finding"] for i in (await client.get("/v1/spot-checks", params=known)).json()["items"]] == ["wrong"]


@pytest.mark.parametrize(
    ("path", "change", "code", "pointer"),
    [
        ("submissions", {"received_at": None, "wrong": True}, "not_received", "/wrong"),
        ("submissions", {"received_at": "2199-01-01T00:00:00Z"}, "in_the_future", "/received_at"),
        ("submissions", {"of": "team"}, None, "/of"),
        ("submissions", {"topic": "no code"}, None, "/topic"),
        ("submissions", {"wrong": "yes"}, None, "/wrong"),
        ("submissions", {"due_at": "2026-03-10"}, None, "/due_at"),
        ("submissions", {"luck": 1}, None, "/luck"),
        ("spot-checks", {"about": "file", "finding": "not_recorded"}, "finding_not_possible", "/finding"),
        ("spot-checks", {"checked_at": "2199-01-01T00:00:00Z"}, "in_the_future", "/checked_at"),
        ("spot-checks", {"about": "car"}, None, "/about"),
        ("spot-checks", {"note": ""}, None, "/note"),
    ],
)
async def test_T15_bad_facts_are_refused_at_the_field_and_store_nothing(client, database, path, change, code, pointer):
    body = (submission() if path == "submissions" else check()) | change
    refused = await client.post(f"/v1/{path}", json=body)
    assert refused.status_code == 422, refused.text
    assert refused.json()["errors"][0]["pointer"] == pointer
    assert code is None or refused.json()["code"] == code
    for table in ("submission", "spot_check"):
        assert await database.run(lambda tx, table=table: tx.raw.fetchval(f"select count(*) from {table}")) == 0


async def test_T15_of_a_customer_nobody_knows_no_check_is_taken(client):
    refused = await client.post("/v1/spot-checks", json=check(UUID(int=99)))
    assert (refused.status_code, refused.json()["code"]) == (404, "customer_not_found")


async def test_T15_everybody_reads_what_is_about_them_and_partners_nothing(client, as_role):
    await write(client, "submissions", submission())
    await write(client, "submissions", submission("E-2"))
    await write(client, "submissions", submission("south", "centre"))
    await write(client, "spot-checks", check())
    await write(client, "spot-checks", check(EVE))

    async def shown(path, headers):
        items = (await client.get(f"/v1/{path}", params=MARCH, headers=headers)).json()["items"]
        return [item.get("subject", item.get("customer_id")) for item in items]

    mei = as_role("manager", subject="E-1")
    assert await shown("submissions", mei) == ["E-1"]
    assert await shown("spot-checks", mei) == [str(ANN)]
    assert await shown("submissions", as_role("agent", subject="E-9")) == []
    assert sorted(await shown("submissions", as_role("head", subject="E-0"))) == ["E-1", "E-2", "south"]
    partner = as_role("partner", partner_id=new_id())
    for path, query in (
        ("submissions", MARCH), ("spot-checks", MARCH), ("assessments", MARCH), ("satisfaction/loyalty-curve", {}),
        ("churn-rules", {}), ("satisfaction", {}),
    ):  # fmt: skip
        assert (await client.get(f"/v1/{path}", params=query, headers=partner)).status_code == 404, path
    for path, body in (("submissions", submission()), ("spot-checks", check())):
        assert (await client.post(f"/v1/{path}", json=body, headers=partner)).status_code in (403, 404)


async def test_T15_lists_go_on_where_a_page_ended(client):
    for day in (3, 1, 2):
        await write(client, "submissions", submission(due_at=at(day).isoformat(), received_at=None))
        await write(client, "spot-checks", check(checked_at=at(day).isoformat()))
    for path, field in (("submissions", "due_at"), ("spot-checks", "checked_at")):
        first = (await client.get(f"/v1/{path}", params=MARCH | {"limit": 2})).json()
        second = (await client.get(f"/v1/{path}", params=MARCH | {"limit": 2, "cursor": first["next"]})).json()
        assert [item[field][:10] for item in [*first["items"], *second["items"]]] == [
            "2026-03-01", "2026-03-02", "2026-03-03"
        ]  # fmt: skip
        assert second["next"] is None


async def test_T15_a_centre_given_for_the_past_changes_the_assessment_made_again_not_the_one_that_stood(
    client, database
):
    before = {item["subject"] for item in (await client.post("/v1/assessments", json=MARCH)).json()["items"]}
    assert before == {"E-1", "E-2", "north", "south"}
    made_at = (await client.get("/v1/assessments", params=MARCH)).json()["items"][0]["made_at"]
    past = EmployeeChanged(change_id=new_id(), employee_id="E-1", centre="west", changed_at=at(1, 3))
    await deliver(database, past)
    await client.post("/v1/assessments", json=MARCH)

    async def centres(**query):
        items = (await client.get("/v1/assessments", params=MARCH | {"of": "centre"} | query)).json()["items"]
        return {item["subject"]: item["customers"] for item in items}

    assert await centres() == {"west": 2, "south": 1}
    assert await centres(known_at=made_at) == {"north": 2, "south": 1}
    assert await centres(known_at="2026-01-01T00:00:00Z") == {}


async def test_T15_the_named_top_list_is_the_largest_of_the_base_month_or_those_listed(client, database, as_role):
    """Each month's revenue by customer: the list is of two, Ann and Bob; Eve's fall is no part of it."""
    await deliver(
        database, placed(ANN, at(9, 12, 2025), "100"), placed(BOB, at(9, 12, 2025), "60"),
        placed(EVE, at(9, 12, 2025), "59"), placed(ANN, at(8), "90"), placed(BOB, at(8), "68"),
    )  # fmt: skip
    rules = OnlyRuleSet(client, "/v1/assessment-rules")
    document = (await rules.show())["document"]
    document["rules"] = [rule for rule in document["rules"] if rule["code"] == "top_list"]

    async def top_list_of(version, **chosen):
        named = {"name": {"en": "Top", "zh": "名单"}, "base": {"month": "2025-12"}} | chosen
        assert (await rules.write(document | {"top_list": named})).status_code == 201
        assert (await rules.activate(version, headers=as_role("head", subject="b"))).is_success
        body = MARCH | {"rules_version": version}
        items = (await client.post("/v1/assessments", json=body)).json()["items"]
        return {item["subject"]: (item["reasons"][0]["value"], Decimal(item["score"])) for item in items}

    # in March: Ann 10 + 90, Bob 10 + 68, Eve 10
    largest = await top_list_of(2, largest=2)
    assert largest["E-1"] == largest["north"] == ("0.1125", 105)
    assert largest["E-2"] == (None, 100)
    listed = await top_list_of(3, members=[str(EVE), str(ANN)])
    assert listed["E-1"] == ("0.0000", 100)
    assert listed["E-2"] == ("-0.8305", 60)
    for wrong, pointer in (
        ({"largest": 2, "members": [str(EVE)]}, "/document/top_list"), ({"largest": 0}, "/document/top_list/largest"),
        ({"largest": 2, "base": {"month": "2025-13"}}, "/document/top_list/base/month"),
        ({"largest": 2, "base": {}}, "/document/top_list/base"),
    ):  # fmt: skip
        bad = {"name": {"en": "Top", "zh": "名单"}, "base": {"month": "2025-12"}} | wrong
        refused = await rules.write(document | {"top_list": bad})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
