"""P12, T15, T16: of two customers who are one, one is assessed and asked: the root, with what both bought and said."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.tiering_svc.subscriptions import subscriptions
from shared.events import (
    ComplaintFiled,
    ContactLogged,
    CustomersMerged,
    CustomersUnmerged,
    CustomerTraitsChanged,
    DeadlineBreached,
    TeamMemberAssigned,
)
from shared.messaging import Database, new_id
from tests import harness
from tests.tiering_svc.events import placed
from tests.tiering_svc.shorthand import at

SERVICE = "tiering"
ANN, BOB, EVE = UUID(int=1), UUID(int=2), UUID(int=3)
MARCH = {"month": "2026-03-15"}
MERGE: dict[str, Any] = {"merge_id": new_id(), "root_id": ANN, "absorbed_id": BOB, "merged_at": at(15, 3)}


async def deliver(database: Database, *events: Any) -> None:
    for event in events:
        await harness.deliver(database, subscriptions, [event])


def assigned(customer: UUID, employee: str) -> TeamMemberAssigned:
    return TeamMemberAssigned(
        customer_id=customer, assignment_id=new_id(), employee_id=employee, role="account_manager", assigned_at=at(1, 1)
    )


@pytest.fixture
async def spring(database: Database) -> None:
    """Ann bought 100 and Bob 200 of what was 200 each; Mei looks after Ann, Tom after Bob and Eve."""
    case = new_id()
    await deliver(
        database, assigned(ANN, "E-mei"), assigned(BOB, "E-tom"), assigned(EVE, "E-tom"),
        CustomerTraitsChanged(customer_id=BOB, kind="person", completeness=40, changed_at=at(1, 1)),
        placed(ANN, at(5, 3, 2025), "200"), placed(ANN, at(5, 3), "100"), placed(BOB, at(7, 3, 2025), "200"),
        placed(BOB, at(7, 3), "200"), placed(EVE, at(9, 3), "900"),
        ContactLogged(customer_id=BOB, entry_id=new_id(), employee_id="E-tom", channel="call", contacted_at=at(20, 3)),
        ComplaintFiled(
            subject_id=BOB, customer_id=BOB, case_id=case, kind="complaint", severity="normal", channel="call",
            category="delivery", filed_at=at(3, 3),
        ),
        DeadlineBreached(
            subject_id=BOB, customer_id=BOB, case_id=case, stage="proposal", due_at=at(4, 3), breached_at=at(4, 3)
        ),
    )  # fmt: skip


async def assessed(client: Any) -> dict[str, dict[str, Any]]:
    """Each manager's number of customers and lines of March."""
    made = await client.post("/v1/assessments", json=MARCH)
    assert made.status_code == 201, made.text
    return {
        item["subject"]: {"customers": item["customers"]} | {line["rule"]: line["figure"] for line in item["reasons"]}
        for item in made.json()["items"]
    }


async def test_P12_the_roots_manager_answers_for_what_both_did(client: Any, database: Database, spring: None) -> None:
    before = await assessed(client)
    assert (before["E-mei"]["customers"], before["E-tom"]["customers"]) == (1, 2)
    await deliver(database, CustomersMerged(customer_id=BOB, **MERGE))
    merged = await assessed(client)
    assert (merged["E-mei"]["customers"], merged["E-tom"]["customers"]) == (1, 1)
    mei = merged["E-mei"]
    assert Decimal(mei["revenue_down"]) == 300
    assert (mei["coverage_missed"], mei["late_complaint"], mei["incomplete_file"]) == ("0", "1", "1")
    assert merged["E-tom"]["late_complaint"] == "0"
    await deliver(database, CustomersUnmerged(customer_id=ANN, **MERGE, unmerged_at=at(20, 3)))
    assert await assessed(client) == before


async def test_P12_the_absorbed_ones_manager_answers_where_the_root_has_none(client: Any, database: Database) -> None:
    await deliver(
        database, assigned(BOB, "E-tom"), placed(ANN, at(5, 3), "100"), placed(BOB, at(7, 3), "200"),
        CustomersMerged(customer_id=ANN, **MERGE),
    )  # fmt: skip
    assert {subject: lines["customers"] for subject, lines in (await assessed(client)).items()} == {"E-tom": 1}


async def test_P12_satisfaction_of_either_id_is_what_both_answered(client: Any, database: Database) -> None:
    await deliver(database, placed(ANN, at(2), "100"), placed(BOB, at(3), "300"), placed(EVE, at(3), "300"))
    for customer, experience in ((ANN, "4"), (BOB, "8"), (EVE, "9")):
        body = {
            "answer_id": str(new_id()), "customer_id": str(customer), "answered_at": at(10).isoformat(),
            "items": [{"code": "price", "expectation": "6", "experience": experience}],
        }  # fmt: skip
        assert (await client.post("/v1/satisfaction/answers", json=body)).status_code == 201

    async def shown(customer: UUID) -> tuple[int, str, int, int, str]:
        query = {"as_of": at(28).isoformat()}
        answer = (await client.get(f"/v1/customers/{customer}/satisfaction", params=query)).json()
        rates = answer["satisfaction"]["rates"]
        return (
            answer["satisfaction"]["answers"], answer["satisfaction"]["index"]["satisfaction"], len(answer["latest"]),
            rates["buyers"], rates["come_back_rate"],
        )  # fmt: skip

    alone = [await shown(customer) for customer in (ANN, BOB)]
    assert [answers[0] for answers in alone] == [1, 1]
    await deliver(database, CustomersMerged(customer_id=BOB, **MERGE))
    # -2 and 2; one buyer, who bought on two days
    assert await shown(ANN) == await shown(BOB) == (2, "0.0000", 2, 1, "1.0000")
    everybody = (await client.get("/v1/satisfaction", params={"as_of": at(28).isoformat()})).json()
    assert (everybody["answers"], everybody["rates"]["buyers"]) == (3, 2)
    await deliver(database, CustomersUnmerged(customer_id=ANN, **MERGE, unmerged_at=at(20, 3)))
    assert [await shown(customer) for customer in (ANN, BOB)] == alone


async def test_T15_an_assessment_is_its_employees_own_whatever_the_sign_in_is_called(
    client: Any, as_role: Any, spring: None
) -> None:
    await client.post("/v1/assessments", json=MARCH)

    async def subjects_shown(**who: Any) -> list[str]:
        answer = await client.get("/v1/assessments", params=MARCH, headers=as_role("manager", **who))
        return [item["subject"] for item in answer.json()["items"]]

    assert await subjects_shown(subject="mei@example.org", employee_id="E-mei") == ["E-mei"]
    assert await subjects_shown(subject="E-mei", employee_id="E-tom") == ["E-tom"]
    assert await subjects_shown(subject="E-mei") == ["E-mei"]


async def test_T15_nobody_records_a_submission_of_their_own_by_another_sign_in(client: Any, as_role: Any) -> None:
    body = {
        "submission_id": str(new_id()), "topic": "report", "of": "manager", "subject": "E-mei",
        "due_at": at(3, 3).isoformat(),
    }  # fmt: skip
    own = as_role("head", subject="mei@example.org", employee_id="E-mei")
    refused = await client.post("/v1/submissions", json=body, headers=own)
    assert (refused.status_code, refused.json()["code"]) == (403, "own_work")
    other = as_role("head", subject="E-mei", employee_id="E-tom")
    assert (await client.post("/v1/submissions", json=body, headers=other)).status_code == 201
