"""The contracts under docs/, made from the code: `python -m tools.contracts` writes them, `--check` finds drift.

Neither lets an event change under its version: a new optional field is fine, all else is a new version beside it.
"""

import importlib
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from shared.chassis import Ports
from shared.chassis.contract.asyncapi import asyncapi, schema_of, to_yaml
from shared.chassis.contract.examples import with_examples
from shared.chassis.contract.merging import merge
from shared.events import CATALOGUE
from tools.error_codes import as_data, error_codes, errors_page, field_codes
from tools.event_table import event_table, with_event_table
from tools.indicator_page import indicator_page

DOCS = Path(__file__).resolve().parent.parent / "docs"
SERVICES = {
    "gateway": "services.gateway",
    "profile": "services.profile_svc",
    "tiering": "services.tiering_svc",
    "complaint": "services.complaint_svc",
    "loyalty": "services.loyalty_svc",
}
GATEWAY = "../services/gateway/contract"  # from docs/: what the gateway shows of them when it runs
WORDS_ONLY = frozenset({"title", "description", "examples"})  # of a schema; nothing a program relies on


def application(service: str) -> FastAPI:
    """The service's application, built and not started."""
    settings = importlib.import_module(f"{SERVICES[service]}.settings").Settings
    create = importlib.import_module(f"{SERVICES[service]}.app").create_app
    app: FastAPI = create(
        settings(database_url="postgresql://nowhere/none", keys=Path("keys")), Ports(running=False, logs=False)
    )
    return app


def contracts() -> dict[str, str]:
    """Every file under docs/ that is made here, by its path there."""
    files = {f"events/{event.type}.json": as_json(schema_of(event)) for event in CATALOGUE.values()}
    applications = {name: application(name) for name in SERVICES}
    listens = {name: sorted(app.state.service.subscriptions.handlers) for name, app in applications.items()}
    for name, document in openapi_documents(applications).items():
        files[f"openapi/{name}.json"] = as_json(document)
    codes, fields = error_codes(), field_codes()
    files["errors.md"] = errors_page(codes, fields)
    files[f"{GATEWAY}/error_codes.json"] = as_json(as_data(codes, fields))
    files[f"{GATEWAY}/examples.json"] = as_json(recorded_examples())
    files["tiering/indicators.md"] = indicator_page()
    files["asyncapi.yaml"] = to_yaml(asyncapi(listens, schemas="./events"))
    files["events.md"] = with_event_table((DOCS / "events.md").read_text(), event_table(CATALOGUE, listens))
    return files


def openapi_documents(applications: Mapping[str, FastAPI]) -> dict[str, dict[str, Any]]:
    """What each application answers under /openapi.json; of the gateway the public contract of the whole."""
    documents = {name: app.openapi() for name, app in applications.items()}
    services = {name: document for name, document in documents.items() if name != "gateway"}
    return documents | {"gateway": with_examples(merge(documents["gateway"], services), recorded_examples())}


def recorded_examples() -> dict[str, Any]:
    """What `tests/contract/test_examples.py` wrote down, by the operation's id."""
    return {file.stem: json.loads(file.read_text()) for file in sorted((DOCS / "openapi" / "examples").glob("*.json"))}


def as_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def broken_promises(files: Mapping[str, str], docs: Path) -> Iterator[str]:
    """Events that changed under their version, or went away, compared with the files that are there."""
    for file in sorted((docs / "events").glob("*.json")):
        name = f"events/{file.name}"
        if name not in files:
            yield f"{file.stem} went away"
            continue
        before, now = (resolved(json.loads(text)) for text in (file.read_text(), files[name]))
        for change in incompatible(before, now, ""):
            yield f"{file.stem}{change}"


def resolved(schema: dict[str, Any]) -> Any:
    """References written out and words left out, so that two schemas can be compared by what they demand."""
    parts = schema.get("$defs", {})

    def resolve(node: Any) -> Any:
        if isinstance(node, list):
            return [resolve(child) for child in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return resolve(parts[node["$ref"].rpartition("/")[2]])
        written = {
            key: resolve(child) for key, child in node.items() if key not in WORDS_ONLY | {"properties", "$defs"}
        }
        if "properties" in node:  # names of fields, not words of a schema
            written["properties"] = {name: resolve(child) for name, child in node["properties"].items()}
        return written

    return resolve(schema)


def incompatible(before: Any, now: Any, where: str) -> Iterator[str]:
    """What changed between two schemas, a new optional field excepted."""
    if not isinstance(before, dict) or not isinstance(now, dict):
        if before != now:
            yield f"{where} changed"
        return
    old_fields, new_fields = before.get("properties", {}), now.get("properties", {})
    for name in old_fields:
        if name not in new_fields:
            yield f"{where}.{name} is gone"
        else:
            yield from incompatible(old_fields[name], new_fields[name], f"{where}.{name}")
    old_demands, new_demands = set(before.get("required", ())), set(now.get("required", ()))
    yield from (f"{where}.{name} is demanded now" for name in sorted(new_demands - old_demands))
    yield from (f"{where}.{name} may be missing now" for name in sorted(old_demands - new_demands))
    for key in sorted((set(before) | set(now)) - {"properties", "required", "default"}):
        if key not in before or key not in now:
            yield f"{where} ({key}) {'is new' if key in now else 'is gone'}"
        elif isinstance(before[key], list) and isinstance(now[key], list) and len(before[key]) == len(now[key]):
            for old, new in zip(before[key], now[key], strict=True):
                yield from incompatible(old, new, f"{where} ({key})")
        else:
            yield from incompatible(before[key], now[key], f"{where}{'[]' if key == 'items' else f' ({key})'}")


def drift(files: Mapping[str, str], docs: Path) -> Iterator[str]:
    """Files that are missing, differ from the code, or belong to nothing any more."""
    for name, text in files.items():
        if not (docs / name).exists():
            yield f"docs/{name} is missing"
        elif (docs / name).read_text() != text:
            yield f"docs/{name} is not what the code says"
    for folder in ("events", "openapi"):
        for file in sorted((docs / folder).glob("*.json")):
            if f"{folder}/{file.name}" not in files:
                yield f"docs/{folder}/{file.name} belongs to nothing"


def write(files: Mapping[str, str], docs: Path) -> None:
    for name, text in files.items():
        file = docs / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def main(arguments: list[str], docs: Path = DOCS) -> int:
    files = contracts()
    broken = list(broken_promises(files, docs))
    for change in broken:
        print(f"{change}: make a new version beside it (…v2), under the same one this breaks its readers")
    if broken:
        return 1
    if "--check" not in arguments:
        write(files, docs)
        print(f"contracts: {len(files)} files under docs/")
        return 0
    differences = list(drift(files, docs))
    for difference in differences:
        print(difference)
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
