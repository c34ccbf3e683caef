"""Reading the project's pages: their links, the paths and URLs they name, and their fenced blocks."""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(
    r"(?:<!-- (?P<comment>[^\n]*?) -->\n+)?^(?P<indent>[ ]*)```(?P<language>[\w-]*)\n(?P<text>.*?)^(?P=indent)```",
    re.DOTALL | re.MULTILINE,
)
TOPS = "services|shared|deploy|docs|tests|bench|tools"


@dataclass(frozen=True)
class Block:
    """A fenced block of a page. `comment` is the HTML comment right above it, empty when there is none."""

    page: str
    line: int
    language: str
    text: str
    comment: str


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, *languages: str) -> Iterator[Block]:
    text = page.read_text()
    for match in FENCE.finditer(text):
        if not languages or match["language"] in languages:
            line = text.count("\n", 0, match.start("text")) + 1
            content = textwrap.dedent(match["text"])
            yield Block(name_of(page), line, match["language"], content, (match["comment"] or "").strip())


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return FENCE.sub("", page.read_text())


def links(page: Path) -> Iterator[str]:
    """Targets of links within the project, as they are written."""
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if not re.match(r"[a-z]+:", target):
            yield target


def paths(page: Path) -> Iterator[str]:
    """Paths from the project's root that a page names in code type, without those that have a placeholder."""
    for path in re.findall(rf"`((?:{TOPS})/[^`\s]*)`", prose(page)):
        if not re.search(r"[*<{…]", path):
            yield path.rstrip("/")


def anchors(page: Path) -> set[str]:
    """What a link can point at within a page: its headings, as GitHub spells them."""
    slugs: set[str] = set()
    for heading in re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text()), re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        slugs.add(re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-"))
    return slugs
