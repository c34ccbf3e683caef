"""How much may be sent stands in the contract: bytes of each body, bounds of each list, text, map and number."""

import re
from collections.abc import Iterator

import pytest

from shared.chassis.http.body_limit import BATCH, DOCUMENT, OTHERS, RECORD, SMALLEST, TABLE, body_limit
from tests.contract.documents import Document, documents, operations, resolved

BOUNDS = {
    "array": {"maxItems"},
    "string": {"maxLength", "pattern", "format", "enum", "const"},
    "integer": {"maximum", "exclusiveMaximum", "enum", "const"},
}


def bodies(document: Document) -> Iterator[tuple[str, str, Document]]:
    for method, path, operation in operations(document):
        if "requestBody" in operation:
            yield method, path, operation["requestBody"]


def unbounded(document: Document, node: Document, place: str, above: tuple[str, ...] = ()) -> Iterator[str]:
    """Where in a schema there is no bound. A schema inside of itself is bounded by how deep JSON may be."""
    name = node.get("$ref", "")
    if name in above:
        return
    schema = resolved(document, node)
    above = (*above, name) if name else above
    for choice in ("anyOf", "oneOf", "allOf"):
        for part in schema.get(choice, ()):
            yield from unbounded(document, part, place, above)
    if schema.get("type") in BOUNDS and not BOUNDS[schema["type"]] & schema.keys():
        yield f"{place}: {schema['type']}"
    if "items" in schema:
        yield from unbounded(document, schema["items"], f"{place}/*", above)
    for member, part in schema.get("properties", {}).items():
        yield from unbounded(document, part, f"{place}/{member}", above)
    others = schema.get("additionalProperties", False)
    if others is not False:
        if "maxProperties" not in schema:
            yield f"{place}: object"
        if isinstance(others, dict):
            yield from unbounded(document, others, f"{place}/*", above)


@pytest.mark.parametrize("service", documents())
def test_what_may_be_in_a_body_is_bounded(service: str) -> None:
    document = documents()[service]
    places = [
        place
        for method, path, body in bodies(document)
        for media_type, content in body["content"].items()
        if "ndjson" not in media_type  # its lines are bounded by bytes and by number
        for place in unbounded(document, content["schema"], f"{method} {path}")
    ]
    assert places == []


@pytest.mark.parametrize("service", documents())
def test_each_body_says_how_many_bytes_it_may_have(service: str) -> None:
    for _, path, body in bodies(documents()[service]):
        assert body["x-max-bytes"] == body_limit(path)
        assert f"{body['x-max-bytes']:,} bytes" in body["description"]


def test_the_table_says_what_the_routes_need() -> None:
    paths = {path for document in documents().values() for _, path, _ in bodies(document)}
    versions = {path for path in paths if path.endswith("/versions")}
    documents_of_rules = versions | {re.sub(r"/\{\w+\}/versions", "", path) for path in versions}
    assert len(versions) >= 10
    assert {path for path in paths if body_limit(path) == DOCUMENT} == documents_of_rules
    assert {path for path in paths if body_limit(path) == BATCH} == {"/v1/orders:batch", "/v1/customers:batch"}
    large = {"/v1/orders", "/v1/customers", "/v1/customers/{customer_id}"}
    assert {path for path in paths if body_limit(path) == RECORD and path.startswith("/v1")} == large
    assert body_limit("/dev/token") == body_limit("/desk/sign-in") == SMALLEST
    assert body_limit("/v1/customers/7/team") == body_limit("/nothing") == OTHERS
    used = {form for form, _ in TABLE if any(re.fullmatch(form, path) for path in (*paths, "/desk/sign-in"))}
    assert used == {form for form, _ in TABLE}
