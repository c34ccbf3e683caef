"""Where a customer is named other than in a path: in a query, a body, at any depth; by hand, with what is valid."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from re import fullmatch
from typing import Any
from uuid import uuid4

from tests.journeys.caller import now

Ids = dict[str, str]
Content = Callable[[Ids], dict[str, Any]]


@dataclass(frozen=True)
class Naming:
    """An operation that names a customer. What stands in its path is the caller's own; `query` and `body` are of the
    ids of whoever is named. `filters`: it lists, so what is another's may also be left out in place of a 404."""

    service: str
    method: str
    path: str
    query: Content | None = None
    body: Content | None = None
    filters: bool = False
    refusal: tuple[int, str] = (404, "customer_not_found")


CUSTOMER = "/v1/customers/{customer_id}"


def _id(ids: Ids) -> dict[str, Any]:
    return {"customer_id": ids["customer_id"]}


def _ids(ids: Ids) -> dict[str, Any]:
    return {"ids": ids["customer_id"]}


def _nomination(ids: Ids) -> dict[str, Any]:
    return _id(ids) | {"reason": "Named", "evidence": [{"says": "They are many."}]}


NAMINGS = (
    Naming("profile", "GET", "/v1/customers", query=_ids, filters=True),
    Naming("profile", "GET", "/v1/message-requests", query=_id, filters=True),
    Naming("profile", "GET", f"{CUSTOMER}/merges/preview", query=lambda ids: {"absorbed": ids["customer_id"]}),
    Naming("tiering", "GET", f"{CUSTOMER}/tier/preview", query=lambda ids: {"absorbed": ids["customer_id"]}),
    Naming("profile", "POST", f"{CUSTOMER}/merges", body=lambda ids: {"absorbed": {"id": ids["customer_id"]}}),
    Naming("profile", "PUT", f"{CUSTOMER}/parent", body=lambda ids: {"parent_id": ids["customer_id"]},
           refusal=(422, "parent_not_known")),
    Naming("gateway", "POST", f"{CUSTOMER}/merges",
           body=lambda ids: {"absorbed": {"source": f"partner:{ids['partner_id']}", "ref": ids.get("ref", "nobody")}}),
    Naming("tiering", "GET", "/v1/key-accounts/nominations", query=_id, filters=True),
    Naming("tiering", "GET", "/v1/exclusions/nominations", query=_id, filters=True),
    Naming("tiering", "POST", "/v1/key-accounts/nominations",
           body=lambda ids: _nomination(ids) | {"kinds": ["economic"]}),
    Naming("tiering", "POST", "/v1/exclusions/nominations", body=_nomination),
    Naming("tiering", "POST", "/v1/satisfaction/answers",
           body=lambda ids: _id(ids) | {"answer_id": str(uuid4()), "answered_at": now(), "items": []}),
    Naming("tiering", "GET", "/v1/spot-checks", query=lambda ids: _id(ids) | {"month": now()[:10]}, filters=True),
    Naming("tiering", "GET", "/v1/stages/customers", query=_ids, filters=True),
    Naming("tiering", "GET", "/v1/warnings", query=_id, filters=True),
    Naming("tiering", "GET", "/v1/warnings/customers", query=_ids, filters=True),
    Naming("complaint", "GET", "/v1/complaints", query=_id),
    Naming("complaint", "GET", "/v1/complaints", query=lambda ids: {"customer_ids": ids["customer_id"]}),
    Naming("complaint", "POST", "/v1/complaints",
           body=lambda ids: {"customer": {"id": ids["customer_id"]}, "channel": "call", "category": "x",
                             "what_happened": "Late."}),
    Naming("complaint", "POST", "/v1/complaints/{complaint_id}/identification", body=_id),
)  # fmt: skip
# Operations that a manager may not use, those of intake (`FOR_PARTNERS` has them), and words that mean something else.
ELSEWHERE = (
    r"gateway POST /v1/(orders|receivables|payments)(:batch)?",
    r"\w+ (GET|POST) /v1/(adjustments|audit|erasures|spot-checks)",
    r"\w+ GET /v1/employees",
)
NAMES = {"customer_id", "customer_ids", "customer", "parent_id", "absorbed", "to_customer", "receivable"}


def operations_that_name(contract: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Method and path of each operation of a contract with a customer's id in its query or its body."""
    for path, item in contract["paths"].items():
        for method, operation in item.items():
            if method not in ("get", "post", "put", "patch", "delete"):
                continue
            in_query = {given["name"] for given in operation.get("parameters", ()) if given["in"] == "query"}
            bodies = operation.get("requestBody", {}).get("content", {}).values()
            in_body = {name for body in bodies for name in _members(body.get("schema", {}), contract, frozenset())}
            if (in_query | in_body) & NAMES or (path.endswith("customers") and "ids" in in_query):
                yield method.upper(), path


def _members(schema: Any, contract: dict[str, Any], above: frozenset[str]) -> Iterator[str]:
    """Names of members at any depth; those of rule sets (`document`) are words of rules."""
    if isinstance(schema, list):
        for part in schema:
            yield from _members(part, contract, above)
    elif isinstance(schema, dict):
        if (reference := schema.get("$ref")) is not None and reference not in above:
            named = contract["components"]["schemas"][reference.rpartition("/")[2]]
            yield from _members(named, contract, above | {reference})
        for name, member in schema.get("properties", {}).items():
            if name != "document":
                yield name
                yield from _members(member, contract, above)
        for part in ("anyOf", "oneOf", "allOf", "items"):
            yield from _members(schema.get(part), contract, above)


def is_elsewhere(service: str, method: str, path: str) -> bool:
    """Whether another test asks this operation, or it names nobody."""
    return any(fullmatch(pattern, f"{service} {method} {path}") for pattern in ELSEWHERE)
