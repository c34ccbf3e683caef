"""No personal data in events: a forbidden field, free text, and a value of a file are each found; codes are not."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from deploy.verify.invariants.personal_data import forbidden_keys, spellings
from shared.events import CATALOGUE, CustomerReferenceRegistered
from tests.verify.conftest import Five

CUSTOMER = UUID("0192f000-0000-7000-8000-000000000001")


async def say(five: Five, payload: str) -> None:
    await five.announce_raw("patron.profile", str(CUSTOMER), "profile.customer_traits_changed.v1", payload)


async def keep_file(five: Five, **facts: list[dict[str, str]]) -> None:
    await five.run(
        "profile",
        """insert into customer (id, kind, facts, completeness, version, registered_at, updated_at)
           values ($1, 'person', $2, 0, 1, now(), now())""",
        CUSTOMER,
        json.dumps(facts),
    )


@pytest.mark.parametrize(
    "payload",
    ['{"customer_name":"x1"}', '{"lines":[{"phone":"1"}]}', '{"note":"x"}', '{"birth_date":"1980-01-01"}'],
)
async def test_a_field_that_holds_personal_data_is_found(five: Five, payload: str):
    await say(five, payload)
    assert await five.broken() == {"personal_data"}


@pytest.mark.parametrize("payload", ['{"region":"Old Town"}', '{"region":"王芳"}', '{"ref":"ada@example.com"}'])
async def test_free_text_is_found(five: Five, payload: str):
    await say(five, payload)
    assert await five.broken() == {"personal_data"}


@pytest.mark.parametrize("value", ["Madeleine", "+12125550123", "12125550123"])
async def test_a_value_of_a_file_is_found_in_an_innocent_field(five: Five, value: str):
    await keep_file(five, names=[{"name": "Madeleine"}], phones=[{"number": "+12125550123"}])
    await say(five, json.dumps({"ref": value}, separators=(",", ":")))
    result = await five.result("personal_data")
    assert result.offending == 1
    assert value not in result.examples[0]  # the report does not spread what it found


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("silver", '{"tier":"silver"}'),  # a level of a policy
        ("upgrade", '{"kind":"upgrade"}'),  # a word of the catalogue
        ("referral", '{"acquisition_source":"referral"}'),
        ("patron", '{"source":"patron"}'),
        ("2199-12-31", '{"due_on":"2199-12-31"}'),
        ("2026-03-01T00:00:00Z", '{"placed_at":"2026-03-01T00:00:00Z"}'),
        ("100000.00", '{"amount":"100000.00"}'),
        ("100000", '{"lines":[{"amount":"100000"}]}'),
        (str(CUSTOMER), f'{{"customer_id":"{CUSTOMER}"}}'),
    ],
)
async def test_a_customer_may_be_called_like_a_word_of_the_system(five: Five, name: str, payload: str):
    await keep_file(five, names=[{"name": name}])
    await say(five, payload)
    assert (await five.result("personal_data")).offending == 0


async def test_a_phone_is_no_amount_where_no_amount_stands(five: Five):
    await keep_file(five, phones=[{"number": "+12125550123"}])
    await say(five, '{"amount":"12125550123"}')
    assert (await five.result("personal_data")).offending == 0
    await say(five, '{"amount":"12125550123","sku":"12125550123"}')
    assert (await five.result("personal_data")).offending == 1


async def test_a_contact_of_a_case_is_found(five: Five):
    await five.run(
        "complaint",
        """with filed as (
               insert into complaint_case (id, kind, severity, channel, category, status, round, escalation_level,
                                           filed_at, recorded_at, last_step_at, step_count, version)
               values ($1, 'praise', 'low', 'call', 'service', 'received', 1, 'agent', now(), now(), now(), 1, 1)
           ) select""",
        CUSTOMER,
    )
    await five.run(
        "complaint",
        "insert into case_story (case_id, what_happened, contact_name) values ($1, 'x', 'Wilhelmina')",
        CUSTOMER,
    )
    await say(five, '{"category":"Wilhelmina"}')
    assert (await five.result("personal_data")).outcome == "broken"


async def test_ids_amounts_codes_and_instants_are_sound(five: Five):
    await five.announce(
        CustomerReferenceRegistered(
            customer_id=CUSTOMER, source="C-1/2:a", registered_at=datetime(2026, 3, 1, tzinfo=UTC)
        )
    )
    assert await five.broken() == set()


def test_no_field_of_the_catalogue_is_forbidden():
    def names(schema: object) -> set[str]:
        if isinstance(schema, dict):
            own = set(schema.get("properties", {}))
            return own.union(*(names(part) for part in schema.values()))
        if isinstance(schema, list):
            return set().union(*(names(part) for part in schema))
        return set()

    for event in CATALOGUE.values():
        assert forbidden_keys(names(event.model_json_schema())) == set()


def test_short_codes_are_no_evidence():
    assert spellings(" Li ") == set()
    assert spellings("+8613800000000") == {"+8613800000000", "8613800000000"}
