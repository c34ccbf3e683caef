"""Every code of a problem, read from the code that raises it: its statuses, its sentences, and which service says it.

The sentences are those that people get (`detail`); what is filled in when it is raised is shown as `…`. A code whose
sentence is made elsewhere is explained in MEANINGS.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from shared.chassis.problems import CODES, SENTENCES, STATUS_OF_KIND, TITLES
from shared.errors import Kind

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("services", "shared")
# Functions that make a refusal: what its status is (None: it is the first argument), and where the code stands.
RAISERS: dict[str, tuple[int | None, int]] = {
    "invalid": (422, 0),
    "not_found": (404, 0),
    "conflict": (409, 0),
    "forbidden": (403, 0),
    "unauthorized": (401, 0),
    "Refused": (None, 1),
    "problem": (None, 1),
}
# Where a code is handed on that was made elsewhere, which is read there.
HANDED_ON = frozenset(
    {
        "shared/errors.py",
        "shared/chassis/problems.py",
        "services/gateway/access/handlers/authenticator.py",
        "services/gateway/access/handlers/refusals.py",
    }
)
# Codes that are put together when they are raised, by the expression that does it.
PUT_TOGETHER = {
    "f'{kind}_not_found'": ("override_not_found", "retention_not_found"),
    "code_of_thing": (
        *("complaint_not_found", "customer_not_found", "nomination_not_found"),
        *("order_not_found", "warning_not_found"),
    ),
    "batch_code": ("too_many_customers", "too_many_orders"),
}
OF_FIELDS = frozenset({"_wrong", "PydanticCustomError"})
CODE = re.compile(r"[a-z][a-z0-9_]*")

MEANINGS = {
    "adjustment_not_pending": "The adjustment was approved or rejected before.",
    "cel_fails": "The condition could not be computed for a customer.",
    "cel_function_not_allowed": "A condition uses a function that is not among those allowed.",
    "conflict": "It does not fit the state that things are in.",
    "customer_not_known_yet": "The customer may just have been opened: the service could not ask its owner in time.",
    "forbidden": "The token or key has none of the scopes that this needs, or a partner asks for more than its own.",
    "internal_error": "Something went wrong that nobody foresaw. It was logged under the request's id.",
    "malformed_request": "The request can not be read.",
    "method_not_allowed": "The path is there, and has other methods: see the header Allow.",
    "not_found": "There is nothing under this path, or nothing that may be seen.",
    "contact_unavailable": "Whom the message is for is known to complaint, which is away. Ask again in a moment.",
    "points_out_of_range": "The number of points is below or above what is possible here.",
    "refused": "The request was refused by HTTP itself; the status says why.",
    "too_many_parameters": "The query has more parameters than any operation takes.",
    "try_again": "The database is busy or away. The same request may succeed after the seconds of Retry-After.",
    "unauthenticated": "There is no token or key, or it is not valid any more.",
    "unknown_parameter": "The query has a parameter that is not known here; the detail names the nearest one that is.",
    "unsupported_media_type": "The body is of another media type than this operation takes.",
    "validation_failed": "Fields or parameters can not be accepted; `errors` says which and why.",
}


@dataclass(slots=True)
class ErrorCode:
    """A code of problems: the statuses it is answered with, what it means, and which packages raise it."""

    code: str
    statuses: set[int] = field(default_factory=set)
    sentences: list[str] = field(default_factory=list)
    raised_by: set[str] = field(default_factory=set)

    @property
    def meanings(self) -> list[str]:
        return [MEANINGS[self.code]] if self.code in MEANINGS else self.sentences


class NotRead(Exception):
    """A refusal whose code could not be read from the source; the message says where."""


def error_codes(root: Path = ROOT) -> list[ErrorCode]:
    """All codes, in alphabetical order. Raises NotRead for a refusal that hides its code."""
    codes: dict[str, ErrorCode] = {}

    def add(code: str, status: int, sentence: str, who: str) -> None:
        entry = codes.setdefault(code, ErrorCode(code))
        entry.statuses.add(status)
        entry.raised_by.add(who)
        if sentence and sentence not in entry.sentences:
            entry.sentences.append(sentence)

    for file in sorted(path for folder in FOLDERS for path in (root / folder).rglob("*.py")):
        place = file.relative_to(root).as_posix()
        for status, code, sentence in _refusals(ast.parse(file.read_text()), place):
            add(code, status, sentence, _who(place))
    for status, code in CODES.items():
        add(code, status, "", "every service")
    add("refused", 400, "", "every service")
    return [codes[code] for code in sorted(codes)]


def field_codes(root: Path = ROOT) -> dict[str, str]:
    """Codes of single fields (`errors[].code`) that are not codes of whole problems too, with their sentences."""
    codes = dict(SENTENCES)
    for place in (root / "shared/chassis/http/shapes.py", *sorted((root / "services").rglob("schemas*.py"))):
        for node in ast.walk(ast.parse(place.read_text())):
            if (
                isinstance(node, ast.Call)
                and _name_of(node) in ("_wrong", "PydanticCustomError")
                and len(node.args) > 1
            ):
                code, sentence = (_text(argument) for argument in node.args[:2])
                if code and sentence:
                    codes[code] = sentence
    return dict(sorted(codes.items()))


def _refusals(tree: ast.Module, place: str) -> Iterator[tuple[int, str, str]]:
    indirect: set[int] = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = _name_of(node)
        if name == "DomainError" and place not in HANDED_ON and node.args:
            yield from _of_domain_error(node, place)
        for keyword in node.keywords:  # a refusal that a caller of the rule sets words itself
            if keyword.arg == "taken" and isinstance(keyword.value, ast.Tuple):
                yield from ((409, code, sentence) for code, sentence in _pairs([keyword.value]))
        if name not in RAISERS or (place in HANDED_ON and not _has_code(node, RAISERS[name][1])):
            continue
        status, at = RAISERS[name]
        statuses = [status] if status is not None else _statuses(node.args[0]) if node.args else []
        code = node.args[at] if len(node.args) > at else None
        sentence = _text(node.args[at + 1]) if len(node.args) > at + 1 else ""
        for number in statuses:
            if isinstance(code, ast.Constant):
                yield number, str(code.value), sentence
            elif code is not None and ast.unparse(code) in PUT_TOGETHER:
                yield from ((number, each, sentence) for each in PUT_TOGETHER[ast.unparse(code)])
            else:
                indirect.add(number)
    if indirect:
        pairs = list(_pairs(node for node in ast.walk(tree) if isinstance(node, ast.Tuple)))
        if not pairs:
            raise NotRead(f"{place}: a refusal whose code is not written beside its sentence")
        yield from ((number, code, sentence) for number in indirect for code, sentence in pairs)


def _of_domain_error(node: ast.Call, place: str) -> Iterator[tuple[int, str, str]]:
    code = _text(node.args[0])
    if not CODE.fullmatch(code):
        raise NotRead(f"{place}:{node.lineno}: a DomainError whose code is not written there")
    kind = ast.unparse(node.args[1]).removeprefix("Kind.") if len(node.args) > 1 else "INVALID"
    yield STATUS_OF_KIND[Kind[kind]], code, _text(node.args[2]) if len(node.args) > 2 else ""


def _pairs(tuples: Iterable[ast.Tuple]) -> Iterator[tuple[str, str]]:
    """Codes with their sentences, written as pairs: `("not_a_key_account", "The customer is no key account.")`."""
    for node in tuples:
        if len(node.elts) == 2:
            code, sentence = (_text(element) for element in node.elts)
            if CODE.fullmatch(code) and sentence.endswith(".") and sentence[:1].isupper():
                yield code, sentence


def _statuses(node: ast.expr) -> list[int]:
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, int) else []


def _has_code(node: ast.Call, at: int) -> bool:
    return len(node.args) > at and isinstance(node.args[at], ast.Constant)


def _name_of(node: ast.Call) -> str:
    if isinstance(node.func, ast.Name):
        return node.func.id
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


def _text(node: ast.expr) -> str:
    """A text as it is written, with `…` for what is filled in; nothing when it is made elsewhere."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    return ""


def _who(place: str) -> str:
    folder, package = place.split("/")[:2]
    return package.removesuffix("_svc") if folder == "services" else "every service"


# --- the page ---

HEAD = """# Error codes

Every refusal is a problem of RFC 9457 (`application/problem+json`). Its `code` is stable: programs decide by it, people
read `title` and `detail`. `type` leads here, to the code's line; the gateway shows this page under `/docs/errors`.

This page is made from the code by `python -m tools.contracts`. `…` stands for what is filled in.

## Codes of problems

| code | status | meaning | from |
|---|---|---|---|
"""
FIELDS = """
## Codes of single fields

With `validation_failed` (422) each of `errors` points at a field of the body (`pointer`, a JSON pointer) or at a
parameter, and has a code of its own. Beside the codes above these are:

| code | meaning |
|---|---|
"""


def errors_page(codes: Iterable[ErrorCode], fields: dict[str, str]) -> str:
    """The page in markdown: a row for each code, with an anchor of its name."""
    rows = "".join(
        f'| <a id="{entry.code}"></a>`{entry.code}` | {_statuses_in_words(entry)} '
        f"| {_cell('<br>'.join(entry.meanings))} | {', '.join(sorted(entry.raised_by))} |\n"
        for entry in codes
    )
    return HEAD + rows + FIELDS + "".join(f"| `{code}` | {_cell(text)} |\n" for code, text in fields.items())


def _statuses_in_words(entry: ErrorCode) -> str:
    return ", ".join(f"{status} {TITLES[status]}" for status in sorted(entry.statuses))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def as_data(codes: Iterable[ErrorCode], fields: dict[str, str]) -> dict[str, object]:
    """What the gateway's page is made of, as JSON values."""
    return {
        "codes": [
            {"code": entry.code, "statuses": sorted(entry.statuses), "meanings": entry.meanings,
             "raised_by": sorted(entry.raised_by)}
            for entry in codes
        ],
        "fields": [{"code": code, "meaning": text} for code, text in fields.items()],
    }  # fmt: skip
