"""Every free text of an event comes from an input that refuses telephone numbers, or from none (K25)."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from services.complaint_svc.cases.schemas import Channel, ComplaintCreate
from services.gateway.intake.domain.order_content import announced_sku
from services.gateway.intake.schemas.orders import OrderCreate, OrderLineCreate
from services.gateway.intake.schemas.reversals import CancellationCreate
from services.profile_svc.consents.schemas import ConsentCreate
from services.profile_svc.employees.schemas import CentreUpdate, EmployeeCreate
from services.profile_svc.files.schemas import AcquisitionSource, FileFacts
from services.tiering_svc.key_accounts.schemas import DisqualificationWrite
from services.tiering_svc.monitoring.schemas.warnings import WarningRuleDocument
from services.tiering_svc.policies.schemas import LevelWrite
from shared.events import CATALOGUE
from tests.support.people import telephone_numbers

Source = tuple[type[BaseModel], str] | Literal["closed", "withheld", "of the system"]

LEVEL: Source = (LevelWrite, "code")
EMPLOYEE: Source = (EmployeeCreate, "employee_id")
CATEGORY: Source = (OrderLineCreate, "category")
CAUSE: Source = (WarningRuleDocument, "cause")
RULE: Source = (DisqualificationWrite, "code")

# Where a field's text comes from, by its name, or by its event and name where that says something else.
SOURCES: dict[str, Source] = {
    "source": "of the system",  # a registered source: `partner:<id>`, or one that the operator named
    "currency": "of the system",
    "channel": (OrderCreate, "channel"),
    "complaint.complaint_filed.v1 channel": "closed",
    "sku": "withheld",
    "category": CATEGORY,
    "complaint.complaint_filed.v1 category": (ComplaintCreate, "category"),
    "reason": (CancellationCreate, "reason"),
    **{
        name: (FileFacts, name)
        for name in ("region", "industry", "legal_nature", "age_band", "income_band", "household_size")
    },
    "acquisition_source": "closed",
    "employee_id": EMPLOYEE,
    "deputy_id": EMPLOYEE,
    "next_step_owner": EMPLOYEE,
    "owner": EMPLOYEE,
    "centre": (CentreUpdate, "centre"),
    **dict.fromkeys(("unit", "parent", "skills", "languages"), EMPLOYEE),
    "subject_digest": "of the system",
    "trail": "of the system",
    "digest": "of the system",
    "stores": "of the system",
    "purpose": (ConsentCreate, "purpose"),
    "profile.consent_changed.v1 channel": (ConsentCreate, "channel"),
    "tier": LEVEL,
    "previous_tier": LEVEL,
    "cause": CAUSE,
    "closing": "closed",
    "subject_kind": (WarningRuleDocument, "subject"),
    "dimension": (WarningRuleDocument, "dimension"),
    "subject_code": "of the system",  # a tier, a region, a category …, each of which is above
    # words of the owner's own: it writes these, and nobody sends them in
    **dict.fromkeys(
        (
            "kind",
            "kinds",
            "role",
            "risk",
            "severity",
            "stage",
            "escalation_level",
            "previous_stage",
            "hours",
            "holidays",
            "relationship",
            "template",
            "state",
            "reached_by",
        ),
        "closed",
    ),
    **dict.fromkeys(("tiering.key_account_ended.v1 cause", "tiering.risk_flag_cleared.v1 cause"), "closed"),
    "profile.contact_logged.v1 channel": "closed",
    "profile.message_requested.v1 channel": "closed",
    "profile.message_requested.v1 purpose": "closed",
    "rule": RULE,
    "overridden": RULE,
}


def free_texts() -> Iterator[tuple[str, str]]:
    """(type of event, field) of everything that is neither an id, an instant, an amount nor of a closed set."""
    for type_, event in CATALOGUE.items():
        schema = event.model_json_schema()
        for part in (schema, *schema.get("$defs", {}).values()):
            for name, field in part["properties"].items():
                field = field.get("items", field)
                choices = [choice for choice in field.get("anyOf", [field]) if choice.get("type") != "null"]
                if all(c.get("type") == "string" and "format" not in c and "enum" not in c for c in choices):
                    yield type_, name


def source_of(type_: str, name: str) -> Source:
    return SOURCES.get(f"{type_} {name}") or SOURCES[name]


INPUTS = sorted(
    {source for type_, name in free_texts() if isinstance(source := source_of(type_, name), tuple)}, key=str
)


def reader_of(model: type[BaseModel], name: str) -> TypeAdapter[Any]:
    field = model.model_fields[name]
    annotation: Any = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    return TypeAdapter(annotation)


def test_it_is_known_where_every_free_text_of_an_event_comes_from() -> None:
    used = {f"{type_} {name}" for type_, name in free_texts()} | {name for _, name in free_texts()}
    assert SOURCES.keys() <= used
    for type_, name in free_texts():
        assert source_of(type_, name)


@settings(max_examples=30)
@given(telephone_numbers(), st.sampled_from(INPUTS))
def test_K25_no_input_that_reaches_an_event_takes_a_telephone_number(number: str, where: tuple[Any, str]) -> None:
    with pytest.raises(ValidationError) as refused:
        reader_of(*where).validate_python(number)
    assert {"looks_personal"} & {error["type"] for error in refused.value.errors()}


@pytest.mark.parametrize("where", INPUTS, ids=lambda where: f"{where[0].__name__}.{where[1]}")
def test_codes_are_taken(where: tuple[Any, str]) -> None:
    reader = reader_of(*where)
    assert [reader.validate_python(code) for code in ("GOLD", "43211503", "a-1")] == ["GOLD", "43211503", "a-1"]
    with pytest.raises(ValidationError):
        reader.validate_python("ada@example.com")


@given(telephone_numbers())
def test_K25_an_article_called_like_a_telephone_number_is_not_announced(number: str) -> None:
    assert announced_sku(number) == "withheld"
    assert announced_sku("819765") == "819765"


def test_what_is_said_to_be_closed_is() -> None:
    for closed in (Channel, AcquisitionSource):
        assert all(isinstance(value, str) for value in get_args(closed))
