"""The catalogue of events: complete, versioned, without personal data, readable again, and kept compatible."""

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from polyfactory.factories.pydantic_factory import ModelFactory
from pydantic import ValidationError

from shared.chassis.contract.asyncapi import asyncapi, schema_of, to_yaml
from shared.events import CATALOGUE, OWNERS, Event, OrderPlaced, read_event, without
from tools.contracts import broken_promises, drift, incompatible, resolved, write

EVENTS = sorted(CATALOGUE.values(), key=lambda event: event.type)
PERSONAL = (
    *("name", "phone", "mobile", "fax", "email", "mail", "address", "street", "city", "zip", "postcode", "birth"),
    *("text", "comment", "note", "description", "message", "remark", "subject_line", "title", "sex", "gender", "age"),
    *("salary", "income", "marital", "passport", "iban", "contact", "person", "caller", "number", "url", "ip"),
)

AMOUNTS = ("amount", "unit_cost", "discount", "outstanding", "registered_capital", "annual_sales",
           "satisfaction", "expectation", "experience", "likelihood", "value_at_stake", "expected_loss")  # fmt: skip
BANDS = ("age_band", "age_band_since", "income_band")  # a step of a scale, shared by many (T1)


def fields_of(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every field, at any depth: its name and its schema."""
    for part in (schema, *schema.get("$defs", {}).values()):
        yield from part.get("properties", {}).items()


def is_opaque_id(name: str, field: dict[str, Any]) -> bool:
    """Whether it holds Patron's own id of something, from which nothing about it can be read."""
    choices = [choice for choice in field.get("anyOf", [field]) if choice.get("type") != "null"]
    return name.endswith("_id") and all(choice.get("format") == "uuid" for choice in choices)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_no_event_has_a_field_for_personal_data(event: type[Event]) -> None:
    for name, field in fields_of(schema_of(event)):
        words = set(name.split("_"))
        counts = name == "number" and field.get("type") == "integer"  # of a seal: 1, 2, 3 …
        allowed = name in BANDS or counts or is_opaque_id(name, field)
        assert allowed or not words & set(PERSONAL), f"{event.type}.{name}"


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_no_field_takes_free_text(event: type[Event]) -> None:
    """Text is a code, one of a few words, an id, an instant, a day, an amount, or a currency."""
    for part in (schema_of(event), *schema_of(event).get("$defs", {}).values()):
        for name, field in part.get("properties", {}).items():
            for option in field.get("anyOf", [field]):
                if option.get("type") == "string" and name not in ("currency",):
                    restrained = {"pattern", "enum", "const", "format"} & set(option)
                    assert restrained or is_amount(event, name, part), f"{event.type}.{name}"


def is_amount(event: type[Event], name: str, part: dict[str, Any]) -> bool:
    return name in AMOUNTS


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_a_type_is_owner_fact_version_and_its_topic_is_the_owners(event: type[Event]) -> None:
    owner, fact, version = event.type.split(".")
    assert event.topic == f"patron.{owner}"
    assert event.topic in OWNERS
    assert version == "v1" or version.removeprefix("v").isdigit()
    fact_name = "".join(word.title() for word in fact.split("_"))
    # a fact that every owner announces has a class for each, which carries the owner's name
    name = event.__name__.removesuffix(version.upper())
    assert name == fact_name or (
        name.startswith(owner.title()) and fact_name.endswith(name.removeprefix(owner.title()))
    )
    assert {event.key_field, event.time_field} <= set(event.model_fields)
    assert event.__doc__ or event.__name__


def made_up(event: type[Event], seed: int) -> Event:
    factory = ModelFactory.create_factory(event)
    factory.seed_random(seed)
    factory.__allow_none_optionals__ = bool(seed % 2)
    made: Event = factory.build()
    return made


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_is_written_is_what_the_schema_says_and_can_be_read_again(event: type[Event], seed: int) -> None:
    fact = made_up(event, seed)
    payload = fact.model_dump_json(exclude_none=True)
    Draft202012Validator(schema_of(event)).validate(json.loads(payload))
    assert read_event(event.type, payload) == fact


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_a_reader_ignores_a_field_of_tomorrow_and_a_writer_refuses_it(event: type[Event]) -> None:
    fact = made_up(event, 2)
    written = json.loads(fact.model_dump_json(exclude_none=True))
    assert read_event(event.type, json.dumps(written | {"of_tomorrow": 1})) == fact
    with pytest.raises(ValueError, match="of_tomorrow"):
        event(**written, of_tomorrow=1)


def test_the_asyncapi_document_lists_every_event_once_and_its_references_lead_somewhere() -> None:
    document = asyncapi({"tiering": ["intake.order_placed.v1"]})
    assert set(document["components"]["messages"]) == set(CATALOGUE)
    assert set(document["channels"]) == set(OWNERS)
    for reference in references(document):
        node: Any = document
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]
    assert document["operations"]["tiering.hears.gateway"]["action"] == "receive"
    assert yaml.safe_load(to_yaml(document)) == document


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, child in node.items():
            if key == "$ref":
                yield child
            else:
                yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co", "Zl", "Zp")), max_size=8)
WORD = st.sampled_from(["yes", "On", "null", "$ref", "a-b", "x/y", "1e3", "~", "-", "a: b", "#", "true"])


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | TEXT,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT | WORD, inner, max_size=3),
    )
)
def test_our_yaml_is_read_back_as_what_was_meant(value: Any) -> None:
    assert yaml.safe_load(to_yaml({"value": value})) == {"value": value}


# --- what may change under a version ---

BEFORE = resolved(schema_of(OrderPlaced))


def changed(change: str) -> list[str]:
    schema = deepcopy(schema_of(OrderPlaced))
    exec(change, {"s": schema, "p": schema["properties"], "line": schema["$defs"]["OrderLine"]})
    return list(incompatible(BEFORE, resolved(schema), ""))


@pytest.mark.parametrize(
    "change",
    [
        "p['gift'] = {'anyOf': [{'type': 'boolean'}, {'type': 'null'}], 'default': None}",
        "line['properties']['weight'] = {'type': 'integer', 'default': 0}",
        "s['description'] = 'said better'; p['amount']['title'] = 'The sum'",
    ],
)
def test_a_new_optional_field_and_better_words_keep_the_version(change: str) -> None:
    assert changed(change) == []


@pytest.mark.parametrize(
    ("change", "notice"),
    [
        ("del p['channel']", ".channel is gone"),
        ("p['canal'] = p.pop('channel')", ".channel is gone"),
        ("p['gift'] = {'type': 'boolean'}; s['required'].append('gift')", ".gift is demanded now"),
        ("s['required'].remove('channel')", ".channel may be missing now"),
        ("p['amount']['type'] = 'number'", ".amount (type) changed"),
        ("p['channel']['maxLength'] = 8", ".channel (maxLength) changed"),
        ("p['currency']['enum'] = ['USD']", ".currency (enum) is new"),
        ("line['properties']['quantity']['type'] = 'string'", ".lines[].quantity (type) changed"),
        ("line['properties']['discount']['anyOf'].pop()", ".lines[].discount (anyOf) changed"),
        ("line['required'].append('unit_cost')", ".lines[].unit_cost is demanded now"),
        ("s['x-key'] = 'order_id'", " (x-key) changed"),
    ],
)
def test_anything_else_is_a_new_version(change: str, notice: str) -> None:
    assert notice in changed(change)


def test_the_check_names_events_that_broke_their_promise_or_drifted(tmp_path: Path) -> None:
    files = {f"events/{event.type}.json": json.dumps(schema_of(event)) for event in EVENTS}
    write(files, tmp_path)
    assert list(broken_promises(files, tmp_path)) == []
    assert list(drift(files, tmp_path)) == []
    changed_schema = schema_of(OrderPlaced)
    del changed_schema["properties"]["channel"]
    name = f"events/{OrderPlaced.type}.json"
    assert list(broken_promises(files | {name: json.dumps(changed_schema)}, tmp_path)) == [
        "intake.order_placed.v1.channel is gone"
    ]
    without = {key: text for key, text in files.items() if key != name}
    assert list(broken_promises(without, tmp_path)) == ["intake.order_placed.v1 went away"]
    assert list(drift(without, tmp_path)) == [f"docs/{name} belongs to nothing"]
    assert list(drift(files | {"openapi/new.json": "{}"}, tmp_path)) == ["docs/openapi/new.json is missing"]


def test_a_service_need_not_read_the_fields_it_has_no_use_for():
    fact = made_up(OrderPlaced, 2)
    brief = read_event(OrderPlaced.type, fact.model_dump_json(), without(OrderPlaced, "lines"))
    assert isinstance(brief, OrderPlaced)
    assert fact.lines
    assert brief.lines == ()
    left = fact.model_dump(exclude={"lines"})
    assert brief.model_dump(exclude={"lines"}) == left
    assert (brief.type, brief.key, brief.occurred_at) == (fact.type, fact.key, fact.occurred_at)
    with pytest.raises(ValidationError):
        read_event(OrderPlaced.type, b'{"lines": []}', without(OrderPlaced, "lines"))
