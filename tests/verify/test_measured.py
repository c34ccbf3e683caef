"""Assessments, answers and teams: what is sound passes, and each fault is found by the invariant it breaks."""

from uuid import UUID

import pytest

from shared.events import SatisfactionMeasured
from tests.verify.conftest import Five
from tests.verify.small_system import AT, CUSTOMER

ANSWER = UUID("0192f000-0000-7000-8000-0000000000e9")
PEOPLE = f"""
    insert into assessment (assessment_id, month, of, subject, as_of, rules_version, score, customers, reasons, made_by,
                            made_at)
    values (gen_random_uuid(), '2026-03-01', 'manager', 'E-1', '2026-03-31', 1, 90, 3, '[]', 'ann', '2026-04-02');
    insert into satisfaction_answer (answer_id, customer_id, index_version, answered_at, month, items, expectation,
                                     experience, satisfaction, recorded_by, recorded_at)
    values ('{ANSWER}', '{CUSTOMER}', 1, '{AT}', '2026-03-01', '{{}}', 5, 7, 2, 'ann', now());
    insert into account_team (assignment_id, customer_id, employee_id, role, assigned_at, released_at, recorded_at)
    values (gen_random_uuid(), '{CUSTOMER}', 'E-1', 'account_manager', '2026-01-01', '2026-02-01', now()),
           (gen_random_uuid(), '{CUSTOMER}', 'E-2', 'account_manager', '2026-02-01', null, now());
"""


@pytest.fixture
async def measured(five: Five) -> Five:
    await five.run("tiering", PEOPLE)
    await five.announce(
        SatisfactionMeasured(answer_id=ANSWER, customer_id=CUSTOMER, expectation=5, experience=7, answered_at=AT)
    )
    return five


async def test_what_is_sound_passes(measured: Five):
    assert await measured.broken() == set()


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("update assessment set made_at = '2026-03-30'", "assessments_stand_once"),
        (
            "drop index assessment_standing; insert into assessment select gen_random_uuid(), month, of, subject, "
            "as_of, rules_version, score, customers, reasons, made_by, made_at from assessment",
            "assessments_stand_once",
        ),
        ("delete from satisfaction_answer", "answers_announced"),
        ("update satisfaction_answer set customer_id = gen_random_uuid()", "answers_announced"),
        ("update account_team set released_at = null", "teams_hold"),
        ("update account_team set released_at = '2025-12-31' where employee_id = 'E-1'", "teams_hold"),
    ],
)
async def test_a_fault_is_found(measured: Five, fault: str, code: str):
    try:
        await measured.run("tiering", fault)
        assert await measured.broken() == {code}
    finally:
        if "drop index" in fault:
            await measured.run("tiering", "delete from assessment")
            await measured.run(
                "tiering",
                "create unique index assessment_standing on assessment (month, of, subject) "
                "where superseded_at is null",
            )
