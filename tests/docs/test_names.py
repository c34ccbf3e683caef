"""What the pages name exists: files, links and their anchors, modules, functions, URLs, settings."""

import ast
import importlib
import json
import re
from pathlib import Path

import pytest

from services.complaint_svc.first_rules import FirstRules
from shared.chassis.connections.settings import ConnectionSettings
from shared.rule_sets.settings import NoticeSettings
from tests.docs.pages import PAGES, ROOT, anchors, blocks, links, name_of, paths, prose
from tools import doc_snippets
from tools.contracts import application

SERVICES = ("gateway", "profile", "tiering", "complaint", "loyalty")
MADE_UP = "an example"  # the comment above code that the reader would write: its imports are checked, it is not run


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_path_that_a_page_names_is_there(page: Path) -> None:
    assert [path for path in paths(page) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for target in links(page):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_link_that_names_a_file_leads_to_that_file(page: Path) -> None:
    named = re.findall(r"\[([\w/.]+\.py)\]\(([^)\s]+)\)", page.read_text())
    assert [(name, target) for name, target in named if not target.endswith(name)] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_code_in_a_page_is_the_codes_own_or_an_example_whose_imports_are_there(page: Path) -> None:
    for block in blocks(page, "python"):
        where = f"{block.page}:{block.line}"
        if block.comment.startswith("code: "):
            continue  # held by the next test
        assert block.comment == MADE_UP, f"{where} is neither copied from the code nor marked as {MADE_UP}"
        for node in ast.walk(ast.parse(block.text)):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(("shared", "services")):
                module = importlib.import_module(node.module)
                missing = [alias.name for alias in node.names if not hasattr(module, alias.name)]
                assert missing == [], f"{where}: {node.module}"


@pytest.mark.parametrize("page", doc_snippets.pages(), ids=name_of)
def test_copied_code_is_as_the_code_has_it(page: Path) -> None:
    assert page.read_text() == doc_snippets.renewed(page.read_text()), "python -m tools.doc_snippets writes it"


def test_every_handler_and_rule_that_architecture_names_is_in_the_code() -> None:
    """Names in code type with an underscore or a capital inside are identifiers: they are found in the code."""
    code = "\n".join(
        file.read_text() for top in ("services", "shared", "deploy") for file in (ROOT / top).rglob("*.py")
    )
    known = set(re.findall(r"\w+", code))
    named = re.findall(r"`([A-Za-z]\w*(?:_|[a-z][A-Z])\w*)`", prose(ROOT / "docs" / "architecture.md"))
    assert [name for name in named if name not in known] == []


def test_every_url_that_a_page_names_is_a_route() -> None:
    """Names in braces, `$ID`, days and ids are placeholders; what follows `?` or ` {` says what is sent."""
    routes = {
        re.sub(r"\{\w+\}", "{}", path) for service in SERVICES for path in application(service).openapi()["paths"]
    }
    unknown = []
    for page in PAGES:
        for url in re.findall(r"(?<![\w/.])(/v1/[^\s`?\"'|)]+)", page.read_text()):
            path = re.sub(r"\{\w+\}|\$\w+|\d{4}-\d\d-\d\d", "{}", url).rstrip("/.,;:*")
            sub = f"{path}/"
            if not ({"…", "<"} & set(path) or path in routes or any(route.startswith(sub) for route in routes)):
                unknown.append(f"{name_of(page)}: {url}")
    assert unknown == []


def test_every_environment_variable_is_in_the_operators_table_and_no_other() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    table = page.partition("## Environment\n")[2].partition("\n## ")[0]
    named = set(re.findall(r"PATRON_\w+", table))
    of_the_server = {f"PATRON_{field.upper()}" for field in ConnectionSettings.model_fields}
    of_rules = {f"PATRON_{field.upper()}" for rules in (NoticeSettings, FirstRules) for field in rules.model_fields}
    read = {"PATRON_FAULT", "PATRON_FAULT_MARK"} | of_the_server | of_rules
    for service in SERVICES:
        package = "services.gateway" if service == "gateway" else f"services.{service}_svc"
        module = importlib.import_module(f"{package}.settings")
        for settings in vars(module).values():
            if hasattr(settings, "model_fields") and "env_prefix" in getattr(settings, "model_config", {}):
                read |= {f"PATRON_{field.upper()}" for field in settings.model_fields}
    assert {name for name in named if not name.endswith("_")} - read == set()
    assert read - named == set()


def test_contracts_are_linked_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    assert all(name in readme for name in ("docs/openapi/", "docs/asyncapi.yaml", "docs/events/"))
    assert json.loads((ROOT / "docs" / "openapi" / "gateway.json").read_text())["openapi"].startswith("3.")
