"""`make sbom`: what Patron is made of, in CycloneDX, of requirements.lock: build/patron.cdx.json.

Each package with its version, the hashes that an installation accepts, its licence as it declares it, and what it
needs; `required` is what a service needs, `optional` the embedded system and the demo, `excluded` what only builds and
tests. Of the two packages that bring programs also the digests of those. The same environment gives the same file.
"""

import importlib.metadata
import json
import re
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.embedded.programs import RECORDED

ROOT = Path(__file__).resolve().parent.parent
LOCK, SERVICES_LOCK = ROOT / "requirements.lock", ROOT / "deploy" / "docker" / "requirements.lock"
SWAGGER = ROOT / "shared" / "chassis" / "contract" / "static" / "README.md"
OUTPUT = ROOT / "build" / "patron.cdx.json"
PIN = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^]]*])?==(?P<version>\S+)(?: ; (?P<marker>.*?))? \\\n"
    r"(?P<hashes>(?:    --hash=\S+(?: \\)?\n)+)(?P<via>(?:    #.*\n)*)",
    re.MULTILINE,
)
RUNS = ("embedded", "demo")  # extras that run something; all others build and test


@dataclass(frozen=True)
class Pin:
    """One package of a lock, and by whom it is needed."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]
    needed_by: frozenset[str] = field(compare=False)

    @property
    def purl(self) -> PackageURL:
        """Its address among packages, as CycloneDX wants it."""
        return PackageURL("pypi", name=self.name, version=self.version)


def read_lock(file: Path = LOCK) -> list[Pin]:
    """The pins in their order. `needed_by` has canonical names; `patron` is the project."""
    return [
        Pin(
            canonicalize_name(match["name"]),
            match["version"],
            match["marker"] or "",
            tuple(re.findall(r"--hash=sha256:(\w+)", match["hashes"])),
            frozenset(
                canonicalize_name(name) for name in re.findall(r"#\s+(?:via\s+)?([A-Za-z0-9][\w.-]*)", match["via"])
            )
            - {"via"},
        )
        for match in PIN.finditer(file.read_text())
    ]


def scopes_of(pins: Iterable[Pin], services: Iterable[Pin]) -> dict[str, ComponentScope]:
    """By name: needed by a service, by what else runs, or only to build and test."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    needs: dict[str, set[str]] = {}
    for pin in pins:
        for name in pin.needed_by:
            needs.setdefault(name, set()).add(pin.name)
    runs: set[str] = set()
    waiting: list[str] = [canonicalize_name(Requirement(line).name) for extra in RUNS for line in extras[extra]]
    while waiting:
        name = waiting.pop()
        if name not in runs:
            runs.add(name)
            waiting += needs.get(name, ())
    required = {pin.name for pin in services}
    return {
        pin.name: ComponentScope.REQUIRED
        if pin.name in required
        else ComponentScope.OPTIONAL
        if pin.name in runs
        else ComponentScope.EXCLUDED
        for pin in pins
    }


def bill_of_materials() -> Bom:
    """All packages of the lock, and what is kept of others in the project itself."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pins = read_lock()
    scopes, programs = scopes_of(pins, read_lock(SERVICES_LOCK)), json.loads(RECORDED.read_text())
    bom = Bom(serial_number=uuid5(NAMESPACE_URL, LOCK.read_text()))
    bom.metadata.timestamp = None  # type: ignore[assignment]
    patron = Component(
        name=project["name"], version=project["version"], type=ComponentType.APPLICATION, bom_ref="patron",
        description=project["description"], licenses=[LicenseFactory().make_from_string(project["license"])],
    )  # fmt: skip
    bom.metadata.component = patron
    components = {pin: _component(pin, scopes[pin.name], programs) for pin in pins}
    swagger = _swagger()
    for component in (*components.values(), swagger):
        bom.components.add(component)
    by_name: dict[str, list[Component]] = {"patron": [patron]}
    for pin, component in components.items():
        by_name.setdefault(pin.name, []).append(component)
    for pin, component in components.items():
        for user in (each for name in pin.needed_by for each in by_name.get(name, ())):
            bom.register_dependency(user, [component])
    bom.register_dependency(patron, [swagger])
    return bom


def _component(pin: Pin, scope: ComponentScope, programs: dict[str, dict[str, str]]) -> Component:
    recorded = programs.get(f"{pin.name} {pin.version}", {})
    properties = [Property(name=f"patron:programs:{tag}", value=f"sha256:{digest}") for tag, digest in recorded.items()]
    if pin.marker:
        properties.append(Property(name="patron:marker", value=pin.marker))
    licence = _licence(pin)
    return Component(
        name=pin.name, version=pin.version, scope=scope, purl=pin.purl, bom_ref=pin.purl.to_string(),
        licenses=[LicenseFactory().make_from_string(licence)] if licence else [], properties=properties,
        external_references=[ExternalReference(
            type=ExternalReferenceType.DISTRIBUTION, url=XsUri("requirements.lock"),
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=content) for content in pin.hashes],
        )],
    )  # fmt: skip


def _licence(pin: Pin) -> str | None:
    """As the package declares it, when it is installed here in this version."""
    try:
        declared = importlib.metadata.metadata(pin.name)
    except importlib.metadata.PackageNotFoundError:
        return None
    if declared["Version"] != pin.version:
        return None
    lines = [line.rpartition(" :: ")[2] for line in declared.get_all("Classifier") or [] if "License ::" in line]
    for declaration in (*declared.get_all("License-Expression", []), *lines, *declared.get_all("License", [])):
        if declaration.strip():
            return str(declaration).strip().partition("\n")[0]
    return None


def _swagger() -> Component:
    """The page of the contract is kept in the project."""
    match = re.search(r"`(swagger-ui-dist)` (\d[\w.]*)", SWAGGER.read_text())
    if match is None:
        raise ValueError(f"{SWAGGER} does not say which version of Swagger UI is kept")
    purl = PackageURL("npm", name=match[1], version=match[2])
    return Component(
        name=match[1], version=match[2], scope=ComponentScope.REQUIRED, purl=purl, bom_ref=purl.to_string(),
        licenses=[LicenseFactory().make_from_string("Apache-2.0")],
    )  # fmt: skip


def as_json() -> str:
    """The document, valid by CycloneDX's own schema; ValueError when it is not."""
    text = JsonV1Dot6(bill_of_materials()).output_as_string(indent=2) + "\n"
    fault = JsonStrictValidator(JsonV1Dot6(Bom()).schema_version).validate_str(text)
    if fault is not None:
        raise ValueError(f"not valid CycloneDX: {fault}")
    return text


def main() -> int:
    text = as_json()
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(text)
    print(f"{OUTPUT.relative_to(ROOT)}: {len(json.loads(text)['components'])} components")
    return 0


if __name__ == "__main__":
    sys.exit(main())
