"""The OpenAPI documents say enough, and say it in names of their own, that clients can be generated from them."""

import json
from collections import Counter
from typing import Any

import pytest
from openapi_spec_validator import validate

from shared.chassis.access.identity import SCOPES
from shared.chassis.audience import FIELDS
from shared.chassis.contract.schemas import reachable, references_in, tidy
from tests.contract.documents import documents, operations, public, resolved, schemas_in
from tools.contracts import SERVICES


@pytest.fixture(params=SERVICES)
def document(request: pytest.FixtureRequest) -> dict[str, Any]:
    return documents()[request.param]


def test_a_document_is_valid_openapi(document: dict[str, Any]) -> None:
    validate(document)


def test_no_schema_has_a_title_so_that_its_name_is_its_only_name(document: dict[str, Any]) -> None:
    for place, node in schemas_in(document["components"]["schemas"]):
        assert not isinstance(node.get("title"), str), place
    odd = [name for name in document["components"]["schemas"] if "_" in name]
    assert odd == [], "a class's name is used twice, or a generic class has no name of its own"


def test_P5_no_answer_promises_what_some_audience_does_not_get(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    sent = reachable(schemas, [operation.get("requestBody") for _, _, operation in operations(document)])
    hidden = frozenset[str]().union(*FIELDS.values())
    promised = {
        name: sorted(hidden & set(schema.get("required", ())))
        for name, schema in schemas.items()
        if name not in sent and hidden & set(schema.get("required", ()))
    }
    assert promised == {}
    assert "required" in schemas["Problem"]


def test_one_name_is_one_shape_over_all_services() -> None:
    shapes: dict[str, Any] = {}
    for name in SERVICES:
        for schema, content in documents()[name]["components"]["schemas"].items():
            assert shapes.setdefault(schema, content) == content, f"{schema} of {name} is another one elsewhere"
    ids = Counter(operation["operationId"] for _, _, operation in operations(public()))
    assert {name: count for name, count in ids.items() if count > 1} == {}


def test_every_schema_is_used_and_nothing_leads_nowhere(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert set(reachable(schemas, document["paths"], document["components"]["responses"])) == set(schemas)
    assert set(references_in(document)) <= set(schemas)
    for _, node in schemas_in(document):
        if "$ref" in node:
            assert resolved(document, node)


def test_nothing_internal_is_public() -> None:
    assert [path for path in public()["paths"] if "internal" in path] == []
    assert {"HeadRead", "StreamEnds", "RetryRead"} & set(public()["components"]["schemas"]) == set()
    assert "HTTPValidationError" not in json.dumps(documents())


def test_every_list_says_what_is_in_it(document: dict[str, Any]) -> None:
    for place, node in schemas_in(document):
        if node.get("type") == "array" and not place.endswith("/properties"):
            assert node.get("items") or node.get("prefixItems"), place


def test_a_bare_array_is_never_the_answer(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        for answer in operation["responses"].values():
            for content in resolved(document, answer).get("content", {}).values():
                assert resolved(document, content["schema"]).get("type") != "array", f"{method} {path}"


def test_every_number_has_a_format(document: dict[str, Any]) -> None:
    for place, node in schemas_in(document):
        if node.get("type") in ("integer", "number"):
            assert node.get("format") in ("int32", "int64", "double", "float"), place


def test_a_document_says_where_it_holds_who_answers_for_it_and_its_licence(document: dict[str, Any]) -> None:
    assert document["servers"] == [{"url": "/", "description": "The host that answers this document"}]
    assert document["info"]["license"]["identifier"] == "Apache-2.0"
    assert document["info"]["contact"]["name"]
    texts = {tag["name"]: tag["description"] for tag in document["tags"]}
    used = {tag for _, _, operation in operations(document) for tag in operation["tags"]}
    assert used == set(texts)
    assert all(texts.values())


def test_what_the_gateway_adds_is_declared() -> None:
    limits = {"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "X-Request-Id"}
    for method, path, operation in operations(public()):
        answers = {status: resolved(public(), answer) for status, answer in operation["responses"].items()}
        assert "429" in answers, f"{method} {path}"
        for status, answer in answers.items():
            assert limits <= set(answer["headers"]), f"{method} {path} {status}"
        for status, header in (("401", "WWW-Authenticate"), ("429", "Retry-After"), ("503", "Retry-After")):
            assert status not in answers or header in answers[status]["headers"]
        assert {"Allow", "Retry-After", "WWW-Authenticate"} <= set(answers["default"]["headers"])
    assert "504" in public()["paths"]["/v1/customers/{customer_id}/tier"]["get"]["responses"]
    assert "504" not in public()["paths"]["/v1/orders/{order_id}"]["get"]["responses"]


def test_headers_of_single_operations_are_declared() -> None:
    paths = public()["paths"]
    assert {"ETag", "Location"} <= set(paths["/v1/customers"]["post"]["responses"]["201"]["headers"])
    assert "ETag" in paths["/v1/customers/{customer_id}"]["get"]["responses"]["200"]["headers"]
    assert {"412", "428"} <= set(paths["/v1/customers/{customer_id}"]["patch"]["responses"])
    redemption = paths["/v1/customers/{customer_id}/points/redemptions"]["post"]
    assert "Idempotency-Key" in [parameter["name"] for parameter in redemption["parameters"]]
    assert "Idempotency-Replayed" in redemption["responses"]["201"]["headers"]


def test_titles_go_and_numbers_get_a_format_but_data_stays() -> None:
    given = {
        "title": "Shape",
        "type": "object",
        "properties": {"title": {"type": "integer", "title": "Title"}, "type": {"type": "number", "format": "float"}},
        "examples": [{"title": "kept", "type": "integer"}],
    }
    assert tidy(given) == {
        "type": "object",
        "properties": {"title": {"type": "integer", "format": "int64"}, "type": {"type": "number", "format": "float"}},
        "examples": [{"title": "kept", "type": "integer"}],
    }


def test_every_scope_that_is_asked_for_is_one_that_somebody_can_have(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        ways = [scope for way in operation["security"] for scope in way["bearer"]]
        assert set(ways) <= SCOPES, f"{method} {path}"
        assert all(len(way["bearer"]) == 1 for way in operation["security"]), "one scope is enough each"
