"""The rules of tools/openapi-rules.yaml find what they are there for. Needs npm, as the lint itself does."""

import json
import subprocess
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.contract.documents import public
from tools.npm_packages import CannotRun, install
from tools.openapi_lint import RULES

HEALTH = "/v1/health"


def health(document: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = document["paths"][HEALTH]["get"]
    return operation


def break_path(document: dict[str, Any]) -> None:
    document["paths"]["/v1/healthStates"] = document["paths"].pop(HEALTH)


def break_parameter(document: dict[str, Any]) -> None:
    parameter = {"name": "howMany", "in": "query", "description": "x", "schema": {"type": "string"}}
    health(document)["parameters"] = [parameter]


def break_field(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["HealthRead"]["properties"]["isUp"] = {"type": "boolean"}


def break_schema_name(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["HealthRead"]["properties"]["at"] = {"$ref": "#/components/schemas/Page_Health_"}
    document["components"]["schemas"]["Page_Health_"] = {"type": "object"}


def break_title(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["HealthRead"]["title"] = "Health"


def break_number(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["HealthRead"]["properties"]["count"] = {"type": "integer"}


def break_enum(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["HealthRead"]["properties"]["state"]["enum"] = ["UP"]


def break_answer(document: dict[str, Any]) -> None:
    answer = {"type": "array", "items": {"type": "string"}}
    health(document)["responses"]["200"]["content"]["application/json"]["schema"] = answer


def break_refusals(document: dict[str, Any]) -> None:
    del health(document)["responses"]["422"]


def break_security(document: dict[str, Any]) -> None:
    del health(document)["security"]


def break_description(document: dict[str, Any]) -> None:
    del health(document)["description"]


CHANGES: dict[str, Callable[[dict[str, Any]], None]] = {
    "paths-are-kebab-case": break_path,
    "parameters-are-snake-case": break_parameter,
    "fields-are-snake-case": break_field,
    "schemas-are-pascal-case": break_schema_name,
    "schemas-have-no-title": break_title,
    "numbers-have-a-format": break_number,
    "enums-are-codes": break_enum,
    "an-array-is-never-the-answer": break_answer,
    "every-operation-tells-its-refusals": break_refusals,
    "every-operation-says-who-may": break_security,
    "operation-description": break_description,
}


def small(document: dict[str, Any]) -> dict[str, Any]:
    """The public contract with one operation only, so that it is linted quickly."""
    copy = deepcopy(document)
    copy["paths"] = {HEALTH: copy["paths"][HEALTH]}
    copy["components"]["schemas"] = {
        name: copy["components"]["schemas"][name] for name in ("HealthRead", "ServiceHealth", "Problem")
    }
    return copy


def test_every_rule_of_our_own_finds_what_breaks_it(tmp_path: Path) -> None:
    try:
        folder = install()
    except CannotRun as reason:
        pytest.skip(str(reason))
    for rule, change in CHANGES.items():
        document = small(public())
        change(document)
        (tmp_path / f"{rule}.json").write_text(json.dumps(document))
    command = [folder / "node_modules" / ".bin" / "spectral", "lint", "--ruleset", RULES, "--format", "json"]
    done = subprocess.run([*command, *tmp_path.glob("*.json")], capture_output=True, text=True, check=False)
    violations = {(Path(result["source"]).stem, result["code"]) for result in json.loads(done.stdout)}
    assert {(rule, rule) for rule in CHANGES} <= violations
