"""Code in the docs, copied from the code itself: `python -m tools.doc_snippets` writes it, `--check` finds drift.

A page marks where a copy stands, and of what it is: functions, classes or assignments of a file, or some of its lines.

    <!-- code: services/complaint_svc/cases/domain/steps.py acknowledge judge -->
    <!-- code: services/tiering_svc/subscriptions.py from "subscriptions = " to "(OrderCancelled" -->

The fenced block that follows is replaced by the text of these symbols, decorators included, or by the lines from the
first that contains the one text to the next that contains the other.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("README.md", "CONTRIBUTING.md", "docs/**/*.md")
SNIPPET = re.compile(
    r"(?P<marker><!-- code: (?P<file>\S+) (?P<what>[^\n]+?) -->\n+)```(?P<language>\w+)\n(?P<code>.*?)```", re.DOTALL
)
LINES = re.compile(r'from "(?P<first>.+?)" to "(?P<last>.+?)"')


class SnippetError(ValueError):
    """A marker names a file, a symbol or a line that is not there."""


def pages() -> list[Path]:
    return sorted(page for pattern in PAGES for page in ROOT.glob(pattern))


def renewed(page: str, root: Path = ROOT) -> str:
    """The page with every marked block as the code has it now."""

    def copy(match: re.Match[str]) -> str:
        code = extract(root / match["file"], match["what"])
        return f"{match['marker']}```{match['language']}\n{code}\n```"

    return SNIPPET.sub(copy, page)


def extract(file: Path, what: str) -> str:
    """The text that a marker means. Raises SnippetError when the file has no such thing."""
    if not file.is_file():
        raise SnippetError(f"{file} is not there")
    text = file.read_text()
    if lines := LINES.fullmatch(what):
        return lines_between(text, lines["first"], lines["last"], file)
    symbols = dict(symbols_of(text))
    missing = [name for name in what.split() if name not in symbols]
    if missing:
        raise SnippetError(f"{file} has no {', '.join(missing)}")
    return "\n\n\n".join(symbols[name] for name in what.split())


def lines_between(text: str, first: str, last: str, file: Path) -> str:
    lines = text.splitlines()
    start = next((number for number, line in enumerate(lines) if first in line), None)
    if start is None:
        raise SnippetError(f"{file} has no line with {first!r}")
    end = next((number for number, line in enumerate(lines[start:], start) if last in line), None)
    if end is None:
        raise SnippetError(f"{file} has no line with {last!r} after {first!r}")
    return "\n".join(lines[start : end + 1])


def symbols_of(text: str) -> Iterator[tuple[str, str]]:
    """(name, text) of each function, class and assignment at the top of a module."""
    lines = text.splitlines()
    for node in ast.parse(text).body:
        begin = node.lineno
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names = [node.name]
            begin = min([begin, *(decorator.lineno for decorator in node.decorator_list)])
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names = [node.target.id]
        else:
            continue
        yield from ((name, "\n".join(lines[begin - 1 : node.end_lineno])) for name in names)


def main(arguments: list[str]) -> int:
    checking = "--check" in arguments
    stale = []
    for page in pages():
        before = page.read_text()
        after = renewed(before)
        if before != after:
            stale.append(str(page.relative_to(ROOT)))
            if not checking:
                page.write_text(after)
    for name in stale:
        print(f"{name} {'shows code that has changed' if checking else 'renewed'}")
    return 1 if checking and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
