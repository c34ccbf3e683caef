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
        placed(ANN, at(5, 3, 2025), "200"), placed(ANN, at(5, 2), "999"), placed(ANN, at(5, 3), "100"),
        placed(BOB, at(7, 3, 2025), "200"), placed(BOB, at(7, 2), "999"), placed(BOB, at(7, 3), "200"),
        placed(EVE, at(9, 2, 2025), "100"), placed(EVE, at(9, 3), "900"),
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
    return {
        reason["rule"]: (reason["value"], Decimal(reason["points"]))
        for reason in assessment["reasons"]
        if Decimal(reason["points"])
    }


def line_of(assessment, rule):
    [line] = [reason for reason in assessment["reasons"] if reason["rule"] == rule]
    return line


async def test_T15_each_is_assessed_by_what_became_of_its_customers(client, a_quarter):
    made = await client.post("/v1/assessments", json=MARCH)
    assert made.status_code == 201
    tom, mei, north = made.json()["items"]
    assert [(a["of"], a["subject"], a["customers"]) for a in (tom, mei, north)] == [
        ("manager", "E-2", 1), ("manager", "E-1", 2), ("centre", "north", 2),
    ]  # fmt: skip
    # Mei: 300 against 400 in March of last year is -25 %, and so are her largest customers; Bob not contacted in March;
    # one late case; Bob's file
    assert by_rule(mei) == {
        "revenue_down": ("-0.2500", -10), "revenue_far_down": ("-0.2500", -1), "coverage_missed": ("1", -2),
        "late_complaint": ("1", -10), "incomplete_file": ("1", -2), "top_list": ("-0.2500", -40),
    }  # fmt: skip
    assert Decimal(mei["score"]) == Decimal(north["score"]) == 35
    assert Decimal(tom["score"]) == 100  # Eve bought nothing in March of last year: not known
    assert "Each customer nobody contacted: -2 points (1 of 2 customers)." in mei["words"]["en"]
    assert "300.00 against 400.00 in 2025-03, -25 %" in mei["words"]["en"]
    assert "每个未联系的客户：-2分（2个客户中1个）" in mei["words"]["zh"]
    assert "Not known: Change of revenue against its baseline" in tom["words"]["en"]


async def test_T15_each_line_says_base_figure_points_and_the_facts_behind_it(client, a_quarter):
    mei = (await client.post("/v1/assessments", json=MARCH)).json()["items"][1]
    revenue = line_of(mei, "revenue_down")
    assert {name: revenue[name] for name in ("value", "figure", "base", "base_month", "points", "facts_in_all")} == {
        "value": "-0.2500", "figure": "300.0000", "base": "400.0000", "base_month": "2025-03", "points": "-10",
        "facts_in_all": 2,
    }  # fmt: skip
    assert [(fact["customer_id"], Decimal(fact["figure"]), Decimal(fact["base"])) for fact in revenue["facts"]] == [
        (str(ANN), 100, 200), (str(BOB), 200, 200)
    ]  # fmt: skip
    uncovered = line_of(mei, "coverage_missed")
    assert (uncovered["figure"], uncovered["base"], uncovered["facts"]) == ("1", "2", [{"customer_id": str(BOB)}])
    [late] = line_of(mei, "late_complaint")["facts"]
    assert late.keys() == {"customer_id", "case_id"}


async def test_T15_a_customer_lost_in_the_month_counts_then_and_only_then(client, database, a_quarter):
    # the churn rules (T13): 90 days, three own cycles; Mei's customers order every 180 days or so, Eve every 390
    await deliver(database, placed(UUID(int=4), at(5, 3), "1"), assigned(UUID(int=4), "E-2"))
    june = (await client.post("/v1/assessments", json={"month": "2026-06-01"})).json()["items"]
    lost = {assessment["subject"]: line_of(assessment, "lost_customer") for assessment in june}
    assert {subject: (line["value"], line["points"]) for subject, line in lost.items()} == {
        "E-1": ("0", "0"), "E-2": ("1", "-20"), "north": ("0", "0")
    }  # fmt: skip
    [fact] = lost["E-2"]["facts"]
    assert (fact["customer_id"], fact["lost_at"][:10]) == (str(UUID(int=4)), "2026-06-03")
    july = (await client.post("/v1/assessments", json={"month": "2026-07-01"})).json()["items"]
    assert {line_of(assessment, "lost_customer")["value"] for assessment in july} == {"0"}


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
        "E-1": 15,
        "north": 35,
    }


async def test_T15_made_again_it_replaces_what_stood(client, database, a_quarter):
    await client.post("/v1/assessments", json=MARCH)
    await deliver(database, contact(BOB, at(30, 3)))  # entered late
    await client.post("/v1/assessments", json=MARCH)
    items = (await client.get("/v1/assessments", params={"month": "2026-03-01"})).json()["items"]
    assert [(assessment["subject"], Decimal(assessment["score"])) for assessment in items] == [
        ("E-2", 100),
        ("E-1", 37),
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
    draft = await assessment_rules.write(mild)
    unused = await client.post("/v1/assessments", json=MARCH | {"rules_version": draft.json()["version"]})
    assert (unused.status_code, unused.json()["code"]) == (422, "never_in_force")
    items = (await client.post("/v1/assessments", json=MARCH)).json()["items"]
    assert {assessment["rules_version"] for assessment in items} == {1}  # those in force in March
    items = (await client.post("/v1/assessments", json=MARCH | {"rules_version": 2})).json()["items"]
    assert {assessment["subject"]: Decimal(assessment["score"]) for assessment in items} == {
        "E-2": 50,
        "E-1": 45,
        "north": 45,
    }
    bad = rules | {"rules": [rules["rules"][0] | {"measure": "luck"}]}
    refused = await assessment_rules.write(bad)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/document/rules/0/measure")
