"""docs/domain.md: its words, its capabilities, and what is derived from the tests' names."""

import re

import pytest

from tests.docs.pages import ROOT
from tools import domain_coverage as coverage

PAGE = (ROOT / "docs" / "domain.md").read_text()
WORDS = PAGE.partition("## Words\n")[2].partition("\n## ")[0].lower()
NO_NOUN_OF_THE_DOMAIN = {
    "core": "what the areas of a service share",
    "access": "of the gateway; the words are actor, role, scope",
    "contract": "of the API, not of a customer",
    "forwarding": "of requests",
    "desk": "a web page",
    "imports": "many files in one request",
    "search": "of files",
    "policies": "listed as policy",
    "monitoring": "listed as warning, sweep",
    "service_quality": "listed as assessment, satisfaction",
    "references": "listed as reference",
    "remedies": "listed as remedy",
}


def test_the_page_says_which_rules_have_tests_and_which_are_not_there() -> None:
    assert coverage.renewed(PAGE) == PAGE, "python -m tools.domain_coverage writes it"


def test_every_area_is_named_by_a_noun_of_the_page() -> None:
    areas = {path.parent.name for path in (ROOT / "services").glob("*/*/__init__.py")} - set(NO_NOUN_OF_THE_DOMAIN)
    singular = {area: re.sub(r"(?<!s)s$", "", area).replace("_", " ") for area in areas}
    assert [area for area, noun in singular.items() if noun not in WORDS] == []


def test_a_word_is_listed_once() -> None:
    heads = re.findall(r"^\| ([^|]+) \|", WORDS, re.MULTILINE)
    nouns = [noun.strip() for head in heads for noun in head.split(",") if noun.strip(" -") not in ("", "word")]
    assert sorted(noun for noun in set(nouns) if nouns.count(noun) > 1) == []


def test_codes_are_read_from_names_one_or_several() -> None:
    assert coverage.CODES.match("test_T10_K18_a_rise")[1] == "T10_K18_"  # type: ignore[index]
    assert coverage.CODES.match("test_the_T10_rule") is None


def test_a_rule_that_the_page_does_not_list_is_an_error() -> None:
    with pytest.raises(ValueError, match="P99"):
        coverage.coverage({"P1": "Customer file"}, {"P99": {"tests"}})


def test_what_no_test_names_is_not_there_yet() -> None:
    page = coverage.coverage({"P1": "Customer file", "P3": "Contacts"}, {"P1": {"tests/b", "tests/a"}, "K4": {"tests"}})
    assert "| P1 Customer file | `tests/a`, `tests/b` |" in page
    assert "| K4 | `tests` |" in page
    assert "- **Profile**: P3 Contacts" in page
