"""No personal data in events: what a field may not hold is found, by its form; a customer called like a code is not."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy.verify.invariants.personal_data.events import FIELDS, forbidden_keys, suspicious
from shared.events import CATALOGUE, CustomerReferenceRegistered, CustomerTraitsChanged
from shared.personal_data import looks_personal
from tests.support.people import telephone_numbers
from tests.verify.conftest import Five

CUSTOMER = UUID("0192f000-0000-7000-8000-000000000001")
AT = "2026-03-01T00:00:00Z"
ORDER = {
    "order_id": str(CUSTOMER), "customer_id": str(CUSTOMER), "source": "demo", "placed_at": AT, "currency": "USD",
    "channel": "web", "amount": "5", "lines": [{"line": 1, "category": "DELI", "quantity": 1, "amount": "5"}],
}  # fmt: skip


async def say(five: Five, payload: str, type_: str = "profile.customer_traits_changed.v1") -> None:
    topic = "patron.intake" if type_.startswith("intake") else "patron.profile"
    await five.announce_raw(topic, str(CUSTOMER), type_, payload)


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
async def test_a_field_that_would_hold_personal_data_is_found(five: Five, payload: str):
    await say(five, payload)
    assert (await five.result("personal_data")).outcome == "broken"


@pytest.mark.parametrize(
    "payload", ['{"region":"Old Town"}', '{"region":"王芳"}', '{"region":"ada@example.com"}', '{"ref":"C-1"}']
)
async def test_free_text_and_fields_that_the_type_has_not_are_found(five: Five, payload: str):
    await say(five, payload)
    assert (await five.result("personal_data")).offending == 1


@pytest.mark.parametrize(
    "field",
    [
        {"channel": "12125550123"},
        {"source": "12125550123"},
        {"customer_id": "12125550123"},
        {"placed_at": "12125550123"},
        {"currency": "12125550123"},
        {"lines": [{"line": 1, "category": "212-555-0123", "quantity": 1, "amount": "5"}]},
        {"lines": [{"line": 1, "sku": "tel:2125550123", "category": "DELI", "quantity": 1, "amount": "5"}]},
    ],
    ids=str,
)
async def test_a_telephone_number_is_found_in_whatever_field_though_there_is_no_file_of_it(
    five: Five, field: dict[str, object]
):
    await say(five, json.dumps(ORDER | field, separators=(",", ":")), "intake.order_placed.v1")
    result = await five.result("personal_data")
    assert result.offending == 1
    assert "5550123" not in result.examples[0]  # the report does not spread what it found


async def test_an_amount_may_have_as_many_digits_as_a_telephone_number(five: Five):
    await keep_file(five, phones=[{"number": "+12125550123", "e164": "+12125550123"}])
    line = {"line": 1, "category": "DELI", "quantity": 1, "amount": "12125550123"}
    order = ORDER | {"amount": "12125550123", "lines": [line]}
    await say(five, json.dumps(order, separators=(",", ":")), "intake.order_placed.v1")
    assert (await five.result("personal_data")).offending == 0


@pytest.mark.parametrize(
    "name", ["GROCERY", "web", "demo", "silver", "north", "referral", "2199-12-31", "Mon", "43211503"]
)
async def test_a_customer_may_be_called_like_any_code(five: Five, name: str):
    """Two ordinary requests of a partner: a file of that name, and an order with that code."""
    await keep_file(five, names=[{"name": name}, {"name": f"{name} Ltd"}])
    lines = [{"line": 1, "sku": name, "category": name, "quantity": 1, "amount": "5"}]
    await say(
        five, json.dumps(ORDER | {"channel": name, "lines": lines}, separators=(",", ":")), "intake.order_placed.v1"
    )
    traits = CustomerTraitsChanged(
        customer_id=CUSTOMER, kind="person", region=name, acquisition_source=name, completeness=10, changed_at=AT
    )
    await five.announce(traits)
    assert (await five.result("personal_data")).offending == 0


async def test_ids_amounts_codes_and_instants_are_sound(five: Five):
    await five.announce(
        CustomerReferenceRegistered(
            customer_id=CUSTOMER, source="C-1/2:a", registered_at=datetime(2026, 3, 1, tzinfo=UTC)
        )
    )
    assert (await five.result("personal_data")).offending == 0


def test_no_field_of_the_catalogue_is_forbidden():
    assert forbidden_keys(set(FIELDS)) == set()
    assert all(event.model_json_schema()["properties"].keys() <= FIELDS for event in CATALOGUE.values())


@settings(suppress_health_check=[HealthCheck.too_slow])  # the first number reads the world's numbering plans
@given(telephone_numbers())
def test_every_telephone_number_is_recognised_alone_and_on_a_page_of_events(number: str):
    assert looks_personal(number)
    assert suspicious(["{}", json.dumps(ORDER | {"channel": number}, separators=(",", ":")), "{}"])


@pytest.mark.parametrize(
    "code",
    [
        "GOLD",
        "43211503",
        "8517.13.00",
        "SKU-1234567890",
        "A1234567890",
        "2026-03-01",
        "A-1",
        "CN-110105",
        "v1.2.3",
        "65+",
    ],
)
def test_codes_are_no_telephone_numbers(code: str):
    assert not looks_personal(code)


@given(st.from_regex(r"[A-Za-z][A-Za-z0-9._:/-]{0,40}", fullmatch=True).filter(lambda code: not code[:3].isalpha()))
def test_no_code_that_begins_with_letters_and_goes_on_with_others_is_one(code: str):
    assert not looks_personal(code)
