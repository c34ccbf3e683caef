"""The house keeps its rooms: the same names in every service, imports one way, files that say what lives in them."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICES = sorted(path for path in (ROOT / "services").iterdir() if path.is_dir() and not path.name.startswith("_"))
ROOMS = {"routes", "schemas", "handlers", "domain", "repository", "tables", "texts"}
# beside its areas a service has these files, and nothing else; `tables.py` gathers the areas' tables
SERVICE_FILES = {"app", "settings", "subscriptions", "dependencies", "personal_data", "tables", "migrations",
                 "first_rules"}  # fmt: skip
GATEWAY_ONLY = {"templates", "static"}  # the web page
MOST_FILES = 18  # in one folder of code
# routes -> handlers -> {domain, repository} -> tables; domain and tables know nothing else of the service
MAY_IMPORT = {
    "routes": {"routes", "schemas", "handlers", "domain", "repository", "settings", "dependencies", "texts"},
    "schemas": {"schemas", "handlers", "repository", "domain", "texts"},
    "handlers": {"handlers", "domain", "repository", "settings", "texts"},
    "repository": {"repository", "domain", "tables"},
    "domain": {"domain"},
    "texts": {"texts", "domain"},
    "tables": {"tables"},
    "settings": {"domain"},
    "dependencies": {"dependencies", "settings", "repository", "handlers", "domain", "schemas"},
}
# Libraries that are themselves pure rules: calendars, lunar dates, phone numbers, pinyin, expressions in policies.
RULES = {"holidays", "lunar_python", "phonenumbers", "pypinyin", "rapidfuzz", "cel_expr_python", "celpy", "cel"}
PURE = {"shared.events", "shared.errors", "shared.authority", "shared.personal_data", "numpy", "scipy"}


def modules(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*.py")) if "__pycache__" not in path.parts)


def imports_of(file: Path) -> Iterator[str]:
    """Every module a file imports, at any depth of the code; `from a import b` gives `a` and `a.b`."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def areas_of(service: Path) -> list[Path]:
    return [
        path
        for path in sorted(service.iterdir())
        if path.is_dir() and path.name not in ROOMS | {"migrations", "__pycache__"} | GATEWAY_ONLY
    ]


def room_of(module: str) -> str:
    """The room that a module of a service is in: `services.x_svc.files.domain.phones` is in `domain`."""
    parts = module.split(".")[2:]
    return next((part for part in parts if part in ROOMS), parts[0] if parts else "")


def module_of(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def names_in(folder: Path) -> set[str]:
    """The files and folders with code or data in them, without their endings."""
    return {
        path.name.removesuffix(".py")
        for path in folder.iterdir()
        if path.name not in ("__init__.py", "__pycache__")
        and (path.suffix == ".py" or (path.is_dir() and any(p.suffix != ".pyc" for p in path.rglob("*.*"))))
    }


@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.name)
def test_a_service_has_areas_and_an_area_has_these_rooms_and_no_others(service: Path) -> None:
    areas = areas_of(service)
    beside = names_in(service) - {area.name for area in areas}
    allowed = SERVICE_FILES | (GATEWAY_ONLY if service.name == "gateway" else set())
    assert beside <= (allowed if areas else allowed | ROOMS)
    for area in areas:
        rooms = names_in(area) - (GATEWAY_ONLY if service.name == "gateway" else set())
        assert rooms <= ROOMS | {"dependencies"}, area.name


@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.name)
def test_a_room_is_a_file_or_a_folder_and_never_both(service: Path) -> None:
    for place in [service, *areas_of(service)]:
        for room in ROOMS:
            assert not ((place / f"{room}.py").exists() and (place / room).is_dir()), f"{place}/{room}"


def test_no_folder_of_code_has_more_files_than_one_takes_in_at_a_glance() -> None:
    for top in ("shared", "services", "deploy", "bench", "tools"):
        for folder in [path for path in (ROOT / top).rglob("*") if path.is_dir() and path.name != "versions"]:
            files = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
            assert len(files) <= MOST_FILES, f"{folder}: {len(files)} files"


@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.name)
def test_imports_run_one_way_within_a_service(service: Path) -> None:
    package = f"services.{service.name}"
    for file in modules(service):
        room = room_of(module_of(file))
        if room not in MAY_IMPORT:
            continue
        for imported in imports_of(file):
            if imported.startswith(f"{package}."):
                target = room_of(imported)
                areas = {area.name for area in areas_of(service)}
                assert target in MAY_IMPORT[room] | areas | {room}, f"{file}: {imported}"


@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.name)
def test_services_never_import_one_another_nor_what_deploys_them(service: Path) -> None:
    for file in modules(service):
        for imported in imports_of(file):
            top, _, rest = imported.partition(".")
            assert top not in ("deploy", "bench", "tools", "tests"), f"{file}: {imported}"
            if top == "services" and rest:
                assert rest.partition(".")[0] == service.name, f"{file}: {imported}"


@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.name)
def test_domains_are_pure(service: Path) -> None:
    """The standard library, numpy, the catalogue and the error; no clock and no dice: time and ids are arguments."""
    for file in modules(service):
        if room_of(module_of(file)) != "domain":
            continue
        for imported in imports_of(file):
            top = imported.partition(".")[0]
            own = imported.startswith(f"services.{service.name}.") and (
                room_of(imported) == "domain"
                or imported in {f"services.{service.name}.{a.name}" for a in areas_of(service)}
            )
            known = any(imported == name or imported.startswith(f"{name}.") for name in PURE)
            wanted = top in RULES or imported == f"services.{service.name}"
            assert own or known or wanted or top in sys.stdlib_module_names, f"{file}: {imported}"
        assert not re.search(r"\b(datetime\.now|date\.today|time\.time|uuid4|uuid7)\(", file.read_text()), file


def test_shared_never_imports_services_and_events_stand_on_their_own() -> None:
    for file in modules(ROOT / "shared"):
        for imported in imports_of(file):
            assert imported.partition(".")[0] not in ("services", "deploy", "bench", "tools", "tests"), (
                f"{file}: {imported}"
            )
    for file in [*modules(ROOT / "shared" / "events"), ROOT / "shared" / "errors.py"]:
        for imported in imports_of(file):
            assert not imported.startswith(("shared.messaging", "shared.chassis")), f"{file}: {imported}"
    for file in modules(ROOT / "shared" / "messaging"):
        for imported in imports_of(file):
            assert not imported.startswith("shared.chassis"), f"{file}: {imported}"


def test_two_files_import_aiokafka_and_sql_stays_in_its_rooms() -> None:
    speaks_kafka = [
        file.relative_to(ROOT).as_posix()
        for top in ("shared", "services", "deploy", "tools")
        for file in modules(ROOT / top)
        if any(imported.partition(".")[0] == "aiokafka" for imported in imports_of(file))
    ]
    assert sorted(speaks_kafka) == ["shared/messaging/broker/kafka.py", "shared/messaging/broker/kafka_admin.py"]
    for service in SERVICES:
        for file in modules(service):
            if room_of(module_of(file)) in ("routes", "schemas", "domain", "texts"):
                assert not {"sqlalchemy", "asyncpg"} & {name.partition(".")[0] for name in imports_of(file)}, file


def source_files() -> list[Path]:
    return [file for top in ("shared", "services", "deploy", "bench", "tools", "tests") for file in modules(ROOT / top)]


def test_every_file_says_what_lives_there() -> None:
    silent = [
        str(file)
        for file in source_files()
        if file.stat().st_size and not ast.get_docstring(ast.parse(file.read_text()))
    ]
    assert silent == []


def test_files_stay_about_300_lines_and_functions_about_40() -> None:
    """About: a tenth more is let pass, so that nobody tears apart what belongs together."""
    long_files, long_functions = [], []
    for file in source_files():
        text = file.read_text()
        in_tests = file.relative_to(ROOT).parts[0] == "tests"
        if len(text.splitlines()) > (400 if in_tests else 330):
            long_files.append(f"{file.relative_to(ROOT)}: {len(text.splitlines())}")
        if in_tests:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                lines = (node.end_lineno or 0) - node.body[0].lineno + 1
                if lines > 50:
                    long_functions.append(f"{file.relative_to(ROOT)}:{node.lineno} {node.name}: {lines}")
    assert (long_files, long_functions) == ([], [])


def test_a_route_that_reads_the_query_itself_declares_it_or_passes_it_on() -> None:
    for service in SERVICES:
        for file in modules(service):
            text = file.read_text()
            assert "query_params" not in text or "passes_query_on" in text, file
