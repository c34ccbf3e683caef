"""T15 over HTTP: managers and centres are assessed for a month that is over, by what became of their customers."""

from decimal import Decimal
from uuid import UUID

import pytest

from services.tiering_svc.subscriptions import subscriptions
from shared.events import (
    ComplaintFiled,
    ContactLogged,
    CustomerTraitsChanged,
    DeadlineBreached,
    EmployeeChanged,
    TeamMemberAssigned,
)
from shared.messaging import new_id
from tests import harness
from tests.tiering_svc.events import placed
from tests.tiering_svc.rule_sets import OnlyRuleSet
from tests.tiering_svc.shorthand import at

SERVICE = "tiering"
ANN, BOB, EVE = UUID(int=1), UUID(int=2), UUID(int=3)
MARCH = {"month": "2026-03-15"}


def assigned(customer, employee):
    return TeamMemberAssigned(
        customer_id=customer, assignment_id=new_id(), employee_id=employee, role="account_manager", assigned_at=at(1, 1)
    )


def traits(customer, completeness):
    return CustomerTraitsChanged(customer_id=customer, kind="person", completeness=completeness, changed_at=at(1, 1))


def contact(customer, when):
    return ContactLogged(
        customer_id=customer, entry_id=new_id(), employee_id="E-1", channel="call", contacted_at=when
    )  # fmt: skip


async def deliver(database, *events):
    for event in events:
        await harness.deliver(database, subscriptions, [event])


@pytest.fixture
async def a_quarter(database):
    """Mei (E-1, north) looks after Ann and Bob, Tom (E-2, at no centre) after Eve."""
    await deliver(
        database,
        EmployeeChanged(change_id=new_id(), employee_id="E-1", centre="north", changed_at=at(1, 1)),
        assigned(ANN, "E-1"), assigned(BOB, "E-1"), assigned(EVE, "E-2"),
        traits(ANN, 90), traits(BOB, 40), traits(EVE, 80),
        placed(ANN, at(5, 1), "300"), placed(ANN, at(5, 2), "300"), placed(ANN, at(5, 3), "100"),
        placed(BOB, at(7, 1), "300"), placed(BOB, at(7, 2), "300"), placed(BOB, at(7, 3), "200"),
        placed(EVE, at(9, 2), "100"), placed(EVE, at(9, 3), "900"),
        contact(ANN, at(20, 3)), contact(EVE, at(2, 3)), contact(BOB, at(20, 2)),
    )  # fmt: skip
    case = new_id()
    await deliver(
        database,
        ComplaintFiled(
            subject_id=ANN, customer_id=ANN, case_id=case, kind="complaint", severity="normal", channel="call",
            category="delivery", filed_at=at(3, 3),
        ),
        *(
            DeadlineBreached(
                subject_id=ANN, customer_id=ANN, case_id=case, stage=stage, due_at=at(4, 3), breached_at=at(4, 3)
            )
            for stage in ("acknowledgement", "proposal")
        ),
    )  # fmt: skip


def by_rule(assessment):
    return {reason["rule"]: (reason["value"], Decimal(reason["points"])) for reason in assessment["reasons"]}


async def test_T15_each_is_assessed_by_what_became_of_its_customers(client, a_quarter):
    made = await client.post("/v1/assessments", json=MARCH)
    assert made.status_code == 201
    tom, mei, north = made.json()["items"]
    assert [(a["of"], a["subject"], a["customers"]) for a in (tom, mei, north)] == [
        ("manager", "E-2", 1), ("manager", "E-1", 2), ("centre", "north", 2),
    ]  # fmt: skip
    # Mei: 300 against a mean of 400 is -25 %; Bob not contacted in March; one late case; Bob's file
    assert by_rule(mei) == {
        "revenue_down": ("-0.2500", -10), "revenue_far_down": ("-0.2500", -1), "lost_customer": ("0", 0),
        "coverage_missed": ("1", -2), "late_complaint": ("1", -10), "incomplete_file": ("1", -2),
        "most_satisfied": (None, 0), "least_satisfied": (None, 0),
    }  # fmt: skip
    assert Decimal(mei["score"]) == Decimal(north["score"]) == 75
    assert Decimal(tom["score"]) == 100
    assert "Each customer nobody contacted: -2 points." in mei["words"]["en"]
    assert "每个未联系的客户：-2分" in mei["words"]["zh"]


async def test_T15_a_customer_lost_in_the_month_counts_then_and_only_then(client, database, a_quarter):
    # lost 90 days after the last order at the earliest: Ann's of 5 March is silent too long on 3 June
    june = (await client.post("/v1/assessments", json={"month": "2026-06-01"})).json()["items"]
    lost = {assessment["subject"]: by_rule(assessment)["lost_customer"] for assessment in june}
    assert lost == {"E-1": ("2", -40), "E-2": ("1", -20), "north": ("2", -40)}
    july = (await client.post("/v1/assessments", json={"month": "2026-07-01"})).json()["items"]
    assert {by_rule(assessment)["lost_customer"] for assessment in july} == {("0", 0)}


async def test_T15_best_and_worst_satisfaction_by_what_their_customers_answered(client, a_quarter):
    for customer, experience in ((ANN, "4"), (EVE, "9")):
        body = {
            "answer_id": str(new_id()), "customer_id": str(customer), "answered_at": at(12, 3).isoformat(),
            "items": [{"code": "price", "expectation": "6", "experience": experience}],
        }  # fmt: skip
        assert (await client.post("/v1/satisfaction/answers", json=body)).status_code == 201
    items = (await client.post("/v1/assessments", json=MARCH)).json()["items"]
    assert {assessment["subject"]: Decimal(assessment["score"]) for assessment in items} == {
        "E-2": 105,
        "E-1": 55,
        "north": 75,
    }


async def test_T15_made_again_it_replaces_what_stood(client, database, a_quarter):
    await client.post("/v1/assessments", json=MARCH)
    await deliver(database, contact(BOB, at(30, 3)))  # entered late
    await client.post("/v1/assessments", json=MARCH)
    items = (await client.get("/v1/assessments", params={"month": "2026-03-01"})).json()["items"]
    assert [(assessment["subject"], Decimal(assessment["score"])) for assessment in items] == [
        ("E-2", 100),
        ("E-1", 77),
    ]
    kept = await database.run(lambda tx: tx.raw.fetchval("select count(*) from assessment"))
    assert kept == 6


async def test_T15_everybody_sees_its_own_and_a_head_all(client, a_quarter, as_role):
    await client.post("/v1/assessments", json=MARCH)

    async def subjects_shown(headers):
        answer = await client.get("/v1/assessments", params={"month": "2026-03-31"}, headers=headers)
        return [assessment["subject"] for assessment in answer.json()["items"]]

    assert await subjects_shown(as_role("manager", subject="E-1")) == ["E-1"]
    assert await subjects_shown(as_role("agent", subject="E-9")) == []
    assert await subjects_shown(as_role("head", subject="E-0")) == ["E-2", "E-1"]
    assert (await client.post("/v1/assessments", json=MARCH, headers=as_role("manager"))).status_code == 403


async def test_T15_a_month_that_is_not_over_is_refused(client):
    refused = await client.post("/v1/assessments", json={"month": "2199-01-01"})
    assert (refused.status_code, refused.json()["code"]) == (422, "month_not_over")
    nobody = await client.post("/v1/assessments", json=MARCH)
    assert (nobody.status_code, nobody.json()["items"]) == (201, [])


async def test_T15_rules_are_put_in_force_by_a_second_person(client, as_role, a_quarter):
    assessment_rules = OnlyRuleSet(client, "/v1/assessment-rules")
    rules = (await assessment_rules.show())["document"]
    mild = rules | {"base": "50", "rules": [rule for rule in rules["rules"] if rule["code"] == "late_complaint"]}
    assert (await assessment_rules.write(mild)).status_code == 201
    own = await assessment_rules.activate(2)
    assert (own.status_code, own.json()["code"]) == (403, "own_rule_set")
    head = as_role("head", subject="somebody-else")
    assert (await assessment_rules.activate(2, headers=head)).is_success
    items = (await client.post("/v1/assessments", json=MARCH)).json()["items"]
    assert {assessment["subject"]: Decimal(assessment["score"]) for assessment in items} == {
        "E-2": 50,
        "E-1": 45,
        "north": 45,
    }
    bad = rules | {"rules": [rules["rules"][0] | {"measure": "luck"}]}
    refused = await assessment_rules.write(bad)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/document/rules/0/measure")
