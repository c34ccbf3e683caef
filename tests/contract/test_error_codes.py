"""Every code that is raised anywhere is on the page of error codes, with its status and what it means."""

import json
import re
from pathlib import Path

import pytest

from tools.contracts import DOCS
from tools.error_codes import NotRead, error_codes, errors_page, field_codes

ROOT = DOCS.parent
STATUS = {"invalid": 422, "not_found": 404, "conflict": 409, "forbidden": 403}
RAISED = re.compile(r'\b(invalid|not_found|conflict|forbidden)\(\s*"([a-z0-9_]+)"')
REFUSED = re.compile(r'\b(?:Refused|problem)\(\s*(\d{3}),\s*"([a-z0-9_]+)"')
CODES = {entry.code: entry for entry in error_codes()}


def raised() -> set[tuple[int, str]]:
    """Read by another way than the page is made: by how a refusal is written."""
    codes: set[tuple[int, str]] = set()
    for folder in ("services", "shared"):
        for file in (ROOT / folder).rglob("*.py"):
            text = file.read_text()
            codes |= {(STATUS[kind], code) for kind, code in RAISED.findall(text)}
            codes |= {(int(status), code) for status, code in REFUSED.findall(text)}
    return codes


def test_every_code_that_is_raised_is_there_with_its_status() -> None:
    assert len(raised()) > 200
    missing = {(status, code) for status, code in raised() if code not in CODES or status not in CODES[code].statuses}
    assert missing == set()


def test_every_code_says_what_it_means_and_who_raises_it() -> None:
    for entry in CODES.values():
        assert entry.meanings, entry.code
        assert all(entry.meanings), entry.code
        assert entry.raised_by
        assert entry.statuses <= {
            400,
            401,
            403,
            404,
            405,
            408,
            409,
            412,
            413,
            415,
            416,
            421,
            422,
            428,
            429,
            431,
            500,
            503,
            504,
            505,
        }
        assert re.fullmatch(r"[a-z][a-z0-9_]*", entry.code)


@pytest.mark.parametrize("code", ["not_a_key_account", "override_not_found", "retention_not_found", "already_active"])
def test_codes_that_are_not_written_where_they_are_raised_are_found(code: str) -> None:
    assert code in CODES


def test_the_committed_pages_are_of_these_codes() -> None:
    assert (DOCS / "errors.md").read_text() == errors_page(CODES.values(), field_codes())
    data = json.loads((ROOT / "services/gateway/contract/error_codes.json").read_text())
    assert [entry["code"] for entry in data["codes"]] == list(CODES)


def test_a_refusal_that_hides_its_code_is_not_overlooked(tmp_path: Path) -> None:
    (tmp_path / "services" / "x_svc").mkdir(parents=True)
    (tmp_path / "shared" / "chassis" / "http").mkdir(parents=True)
    hidden = tmp_path / "services" / "x_svc" / "handlers.py"
    hidden.write_text("def f(code):\n    raise conflict(code)\n")
    with pytest.raises(NotRead, match=r"services/x_svc/handlers\.py"):
        error_codes(tmp_path)
    hidden.write_text(
        'WORDS = {1: ("too_late", "It is too late.")}\n'
        "def f(which):\n    code, detail = WORDS[which]\n    raise conflict(code, detail)\n"
        'def g(name):\n    raise Refused(415, "odd_kind", f"Send {name}.")\n'
        'def h():\n    raise DomainError("gone", Kind.NOT_FOUND, "It is gone.")\n'
    )
    codes = {entry.code: (entry.statuses, entry.sentences, entry.raised_by) for entry in error_codes(tmp_path)}
    assert codes["too_late"] == ({409}, ["It is too late."], {"x"})
    assert codes["odd_kind"] == ({415}, ["Send …."], {"x"})
    assert codes["gone"] == ({404}, ["It is gone."], {"x"})
