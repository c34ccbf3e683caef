"""One word, one meaning: the words that the code does not use, each with the word to use (docs/domain.md, "Words").

A name is looked at where it is made: classes, functions, parameters, variables, attributes, modules. Prose is free, and
so are sentences: the name of a test, and of any function of five words or more.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOPS = ("services", "shared", "deploy", "bench", "tools", "tests")
SERVICES = sorted(path for path in (ROOT / "services").iterdir() if path.is_dir() and not path.name.startswith("_"))
SENTENCE = 5  # words of a function's name

# refused as a word of any name (`told` refuses told_at and ToldFacts): the word to use
WORDS = {
    "told": "known, reported, or the fact's own name; knowledge time is known_from and known_until",
    "heard": "received",
    "stood": "standing_as_of",
    "looked": "finding",
    "moments": "Timeline, Snapshots",
    "stretch": "Batch (work), Page (reads), LogSlice (streams)",
    "stretches": "batches",
    "chunk": "batch",
    "chunks": "batches",
    "pace": "BatchSizer, ConsumerTiming",
    "singly": "individual",
    "purse": "wallet",
    "purses": "wallets",
    "rung": "escalation_level",
    "rungs": "escalation levels",
    "climb": "escalation",
    "climbs": "escalates",
    "yardstick": "rule_set",
    "yardsticks": "rule_sets",
    "bell": "wakeup",
    "arrivals": "received",
    "suspect": "LagDetector",
    "suspects": "LagDetector",
    "quick": "fast",
    "hot": "fast_path",
    "ours": "patron_…",
    "patient": "poll_timeout",
}
# refused as a whole name
NAMES = {
    "Act": "StepRequest",
    "Asked": "the request's own name",
    "Book": "OrderAggregates",
    "CustomerSeen": "CustomerReferenceRegistered",
    "Decided": "the decision's own name",
    "Door": "Authenticator",
    "EmployeePlaced": "EmployeeChanged",
    "FrontDoor": "RequestContextMiddleware, application factory",
    "HotRoute": "FastPathRoute",
    "Known": "CustomerSnapshot, CachedCredential",
    "LATELY": "BACKDATING_GRACE",
    "LineTakenBack": "ReversedLine",
    "Mark": "DistinguishingFeature, position, fingerprint",
    "Moment": "Timestamp, Snapshot, NextDeadlineAction",
    "NeverServedEnded": "CustomerExclusionEnded",
    "NeverServedSet": "CustomerExcluded",
    "Observed": "MonthlySeries",
    "Parts": "BackgroundContext",
    "Said": "the content's own name",
    "TakenBack": "Reversal",
    "Wanted": "RegistrationRequest, or the request's own name",
    "Which": "CaseRef, or the thing's name",
    "Windows": "WindowTotals",
    "add_take_backs": "add_reversals",
    "equip": "dependencies",
    "forget_a_calendar_day": "delete_calendar_day",
    "list_known": "load_snapshots",
    "look": "detect",
    "say_order": "normalize_order",
    "sort_out": "classify",
    "take_down_an_answer": "record_survey_response",
    "tell_order": "load_order_history",
    "tiers_then": "tiers_as_of",
}
# refused as the name of a module: a noun of what it holds
MODULES = {
    "arrivals": "received",
    "asking": "dependencies",
    "common": "dependencies",
    "comparing": "reconciliation",
    "deciding": "what is decided",
    "equip": "dependencies",
    "granting": "what is granted",
    "ground": "environment",
    "hot": "fast_path",
    "look": "what is found",
    "marks": "positions",
    "moments": "timeline, snapshots",
    "quick_orders": "order_fast_parser",
    "rule_books": "rule_sets",
    "said_orders": "order_content",
    "showing": "what is shown",
    "told": "external_facts",
    "words": "texts",
    "working": "jobs",
    "yardsticks": "rule_sets",
}
MODULE_ENDINGS = {"_words": "texts", "shipped": "defaults"}  # tests are named by sentences
# (a file or folder, a name) that may be there all the same, and why
ALLOWED: dict[tuple[str, str], str] = {}

# locals that say nothing: the thing's own name instead
LOCALS = {"one", "its", "mine", "which", "found", "asked", "said", "told"}


def modules(*tops: str) -> Iterator[Path]:
    for top in tops:
        yield from (path for path in sorted((ROOT / top).rglob("*.py")) if "__pycache__" not in path.parts)


def words_of(name: str) -> list[str]:
    """`standing_as_of` and `StandingAsOf` are standing, as, of."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


def is_sentence(node: ast.AST) -> bool:
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and (
        node.name.startswith("test_") or len(words_of(node.name)) >= SENTENCE
    )


def names_made(file: Path) -> Iterator[tuple[int, str]]:
    """(line, name) of what a module defines: classes, functions, parameters, variables, attributes, aliases."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            if not is_sentence(node):
                yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.attr
        elif isinstance(node, ast.alias) and node.asname:
            yield 0, node.asname


def refusal(name: str) -> str | None:
    """The word to use instead, when the name is refused."""
    plain = name.strip("_")
    if plain in NAMES:
        return NAMES[plain]
    return next((WORDS[word] for word in words_of(plain) if word in WORDS), None)


def listed(file: Path, name: str, places: dict[str, set[str]]) -> bool:
    path = file.relative_to(ROOT).as_posix()
    return any(path.startswith(place) and name.strip("_") in names for place, names in places.items())


def test_no_name_is_a_word_of_the_private_language() -> None:
    allowed: dict[str, set[str]] = {}
    for place, name in ALLOWED:
        allowed.setdefault(place, set()).add(name)
    refused = [
        f"{file.relative_to(ROOT)}:{line}: {name} -> {instead}"
        for file in modules(*TOPS)
        for line, name in names_made(file)
        if (instead := refusal(name)) and not listed(file, name, allowed)
    ]
    assert refused == []


def test_no_module_is_named_by_what_it_does() -> None:
    refused = []
    for file in modules(*(top for top in TOPS if top != "tests")):
        instead = MODULES.get(file.stem) or next(
            (word for ending, word in MODULE_ENDINGS.items() if file.stem.endswith(ending)), None
        )
        if instead:
            refused.append(f"{file.relative_to(ROOT)} -> {instead}")
    assert refused == []


@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.name)
def test_no_public_class_name_is_used_twice_in_a_service(service: Path) -> None:
    names = Counter(
        node.name
        for file in modules(f"services/{service.name}")
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and node.name != "Settings"
    )
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("package", TOPS)
def test_locals_carry_the_things_name(package: str) -> None:
    refused = [
        f"{file.relative_to(ROOT)}:{line}: {name}"
        for file in modules(package)
        for line, name in names_made(file)
        if name in LOCALS
    ]
    assert refused == []


@pytest.mark.parametrize(
    ("name", "refused"),
    [("told_at", True), ("_Told", True), ("stood", True), ("understood", False), ("Known", True), ("known_at", False)],
)
def test_what_is_refused_by_example(name: str, refused: bool) -> None:
    assert (refusal(name) is not None) == refused
