"""docs/domain.md, "Which rules have tests" and "Not there yet": derived from the codes that tests carry in their names.

`python -m tools.domain_coverage` writes the part between the markers, `--check` finds drift. The capabilities are the
rows of the page's own table; a rule has tests when a test's name begins with its code, `test_T10_…`.
"""

import ast
import re
import sys
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "domain.md"
BEGIN = "<!-- coverage: made by `python -m tools.domain_coverage` -->"
END = "<!-- end of coverage -->"
CAPABILITY = re.compile(r"^\| (?P<code>[PTCLG]\d+) \| (?P<name>[^|]+?) \|(?P<missing>[^|]*)\|$", re.MULTILINE)
CODES = re.compile(r"^test_((?:[PTCLGK]\d+_)+)")
SERVICES = {"P": "Profile", "T": "Tiering", "C": "Complaints", "L": "Loyalty", "G": "Gateway"}


def folders_by_code(root: Path = ROOT) -> dict[str, set[str]]:
    """code -> the folders with tests that carry the code in their name. (Not how many: that changes with each test.)"""
    folders: dict[str, set[str]] = {}
    for file in sorted((root / "tests").rglob("test_*.py")):
        folder = file.parent.relative_to(root).as_posix()
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and (named := CODES.match(node.name)):
                for code in named[1].rstrip("_").split("_"):
                    folders.setdefault(code, set()).add(folder)
    return folders


def capabilities(page: str) -> dict[str, str]:
    """code -> name, as the page's table of capabilities lists them."""
    return {match["code"]: match["name"] for match in CAPABILITY.finditer(page.partition(BEGIN)[0])}


def in_order(codes: Iterable[str]) -> list[str]:
    letters = [*SERVICES, "K"]
    return sorted(codes, key=lambda code: (letters.index(code[0]), int(code[1:])))


def coverage(names: Mapping[str, str], tests: Mapping[str, Collection[str]]) -> str:
    """Both sections as markdown."""
    unknown = [code for code in tests if code[0] != "K" and code not in names]
    if unknown:
        raise ValueError(f"tests name rules that docs/domain.md does not list: {', '.join(in_order(unknown))}")
    lines = ["## Which rules have tests", ""]
    lines += ["A test carries the code of its rule in its name: `test_T10_…`.", ""]
    lines += ["| rule | tests in |", "|---|---|"]
    for code in in_order(tests):
        where = ", ".join(f"`{folder}`" for folder in sorted(tests[code]))
        name = f" {names[code]}" if code in names else ""
        lines.append(f"| {code}{name} | {where} |")
    lines += ["", "## Not there yet", "", "No test names these capabilities, and no code has them:", ""]
    for letter, service in SERVICES.items():
        missing = in_order(code for code in names if code[0] == letter and code not in tests)
        lines.append(f"- **{service}**: {' · '.join(f'{code} {names[code]}' for code in missing) or 'all are there'}")
    lines += ["", "What is missing of those that are there stands in the [table of capabilities](#capabilities)."]
    return "\n".join(lines)


def renewed(page: str, root: Path = ROOT) -> str:
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no {BEGIN} … {END}")
    return f"{before}{BEGIN}\n\n{coverage(capabilities(page), folders_by_code(root))}\n\n{END}{after}"


def main(arguments: list[str]) -> int:
    before = PAGE.read_text()
    after = renewed(before)
    if "--check" in arguments:
        if before != after:
            print("docs/domain.md does not say which rules have tests: python -m tools.domain_coverage")
        return int(before != after)
    PAGE.write_text(after)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
