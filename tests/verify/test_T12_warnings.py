"""A warning in a small system (T12), and one fault after the other in it: each is found by the invariants it breaks."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.tiering_svc.monitoring.domain.defaults import DEFAULT_WARNING_RULES
from shared.events import ClassWarningRaised, WarningRaised
from tests.verify.conftest import Five

CUSTOMER, WARNING, OTHER = (UUID(int=number) for number in (1, 2, 3))
RULE = DEFAULT_WARNING_RULES[3].rule_id
AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
NAMES = {"warnings_once", "warnings_raised_once", "warnings_announced", "warnings_in_overview"}


@pytest.fixture
async def warned(five: Five) -> Five:
    await five.run(
        "tiering",
        f"""
        insert into early_warning (warning_id, subject_kind, customer_id, cause, rule_id, rule_version, severity, state,
                                   lasting, as_of, swept_as_of, raised_at, evidence)
        values ('{WARNING}', 'customer', '{CUSTOMER}', 'silent', '{RULE}', 1, 'red', 'open', true, '{AT}', '{AT}',
                now(), '{{}}');
        insert into warning_change (change_id, warning_id, at, kind, by) values ('{OTHER}', '{WARNING}', now(),
                                                                                'raised', 'patron')
        """,
    )
    await five.run(
        "profile",
        f"""insert into overview (customer_id, open_warnings, updated_at) values ('{CUSTOMER}', jsonb_build_object(
                '{WARNING}', jsonb_build_object('cause', 'silent', 'severity', 'red', 'since', '{AT}')), now())""",
    )
    await five.announce(
        WarningRaised(
            customer_id=CUSTOMER, warning_id=WARNING, cause="silent", severity="red", rule_id=RULE, rule_version=1,
            as_of=AT,
        )
    )  # fmt: skip
    return five


async def broken(five: Five) -> set[str]:
    return await five.broken() & NAMES


async def test_T12_a_warning_that_was_told_and_is_shown_is_sound(warned: Five):
    assert await broken(warned) == set()


@pytest.mark.parametrize(
    ("service", "fault", "codes"),
    [
        ("tiering", "delete from warning_change", {"warnings_raised_once"}),
        (
            "tiering",
            "update early_warning set state = 'closed', closed_at = now(), closed_by = 'x', closing = 'x'",
            {"warnings_raised_once", "warnings_announced", "warnings_in_overview"},
        ),
        ("tiering", "update early_warning set severity = 'yellow'", {"warnings_in_overview"}),
        ("tiering", "delete from outbox where type = 'tiering.warning_raised.v1'", {"warnings_announced"}),
        ("profile", "update overview set open_warnings = '{}'", {"warnings_in_overview"}),
        (
            "tiering",
            "drop index early_warning_once; insert into early_warning select (jsonb_populate_record(w, "
            f"""'{{"warning_id": "{OTHER}"}}')).* from early_warning w""",
            NAMES,
        ),
    ],
)  # fmt: skip
async def test_T12_each_fault_is_found(warned: Five, service: str, fault: str, codes: set[str]):
    await warned.run(service, fault)
    try:
        assert await broken(warned) == codes
    finally:
        if "drop index" in fault:  # the database is used again
            again = "create unique index early_warning_once on early_warning (customer_id, cause) where lasting"
            await warned.run("tiering", f"truncate early_warning cascade; {again}")


async def test_T12_classes_may_have_the_same_cause_and_each_is_announced_by_its_own_event(warned: Five):
    for number, code in ((10, "north"), (11, "south")):
        id = UUID(int=number)
        await warned.run(
            "tiering",
            f"""
            insert into early_warning (warning_id, subject_kind, dimension, subject_code, cause, rule_id, rule_version,
                                       severity, state, lasting, as_of, swept_as_of, raised_at, evidence)
            values ('{id}', 'class', 'region', '{code}', 'regions', '{RULE}', 1, 'red', 'open', true, '{AT}', '{AT}',
                    now(), '{{}}');
            insert into warning_change (change_id, warning_id, at, kind, by)
            values ('{UUID(int=number + 10)}', '{id}', now(), 'raised', 'patron')
            """,
        )
        await warned.announce(
            ClassWarningRaised(
                warning_id=id, subject_kind="class", dimension="region", subject_code=code, cause="regions",
                severity="red", rule_id=RULE, rule_version=1, as_of=AT,
            )
        )  # fmt: skip
    assert await broken(warned) == set()
    await warned.run("tiering", "delete from outbox where type = 'tiering.class_warning_raised.v1'")
    assert await broken(warned) == {"warnings_announced"}
