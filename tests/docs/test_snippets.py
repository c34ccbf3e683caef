"""Code in pages is copied by markers; a marker that means nothing is an error."""

from pathlib import Path

import pytest

from tools.doc_snippets import SnippetError, extract, renewed

CODE = '''"""A module."""

LIMIT = 3


@decorated
def first() -> int:
    return LIMIT


class Second:
    pass
'''


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "code.py").write_text(CODE)
    return tmp_path / "code.py"


def test_symbols_are_copied_with_their_decorators(file: Path) -> None:
    assert extract(file, "first LIMIT") == "@decorated\ndef first() -> int:\n    return LIMIT\n\n\nLIMIT = 3"


def test_lines_are_copied_from_one_to_another(file: Path) -> None:
    assert extract(file, 'from "def first" to "return"') == "def first() -> int:\n    return LIMIT"


def test_only_marked_blocks_change(file: Path) -> None:
    page = "<!-- code: code.py LIMIT -->\n```python\nold\n```\n\n```python\nkept\n```\n"
    expected = "<!-- code: code.py LIMIT -->\n```python\nLIMIT = 3\n```\n\n```python\nkept\n```\n"
    assert renewed(page, file.parent) == expected


@pytest.mark.parametrize("what", ["third", 'from "def first" to "nowhere"', 'from "nowhere" to "return"'])
def test_what_is_not_there_is_an_error(file: Path, what: str) -> None:
    with pytest.raises(SnippetError):
        extract(file, what)
