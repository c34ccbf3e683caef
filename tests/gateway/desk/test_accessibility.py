"""What a checker of accessibility found: contrast, headers without text, areas that scroll with the mouse only."""

import re
from html.parser import HTMLParser
from itertools import product
from pathlib import Path

import httpx
import pytest

from services.gateway import desk
from tests.gateway.desk.pages import ID, ServicesBehind, behind, browser, sign_in

__all__ = ["behind", "browser"]  # fixtures

SERVICE = "gateway"

CSS = (Path(desk.__file__).parent / "static" / "desk.css").read_text()
VARIABLES = dict(re.findall(r"--([a-z]+): (#[0-9a-f]{3,6})", CSS))
ENOUGH = 4.5  # WCAG 2.2, 1.4.3


def colour(text: str) -> tuple[float, float, float]:
    """Red, green and blue from 0 to 1 of `#abc`, `#aabbcc` or `var(--name)`."""
    digits = VARIABLES[text[6:-1]] if text.startswith("var(") else text
    digits = "".join(digit * 2 for digit in digits[1:]) if len(digits) == 4 else digits[1:]
    red, green, blue = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return red, green, blue


def contrast(text: str, background: str) -> float:
    """The ratio of WCAG 2.2."""

    def luminance(name: str) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour(name)]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lighter, darker = sorted((luminance(text), luminance(background)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def rules() -> list[tuple[str, dict[str, str]]]:
    """(selector, declarations) of the style sheet."""
    plain = re.sub(r"/\*.*?\*/", "", CSS, flags=re.S)
    return [
        (selector.strip(), dict(re.findall(r"([a-z-]+): ([^;]+?)\s*(?:;|$)", body.strip())))
        for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", plain)
    ]


def test_where_both_colours_are_said_they_differ_enough() -> None:
    pairs = [
        (selector, declared["color"], declared["background"])
        for selector, declared in rules()
        if "color" in declared and re.fullmatch(r"#\S+|var\(\S+\)", declared.get("background", ""))
    ]
    assert len(pairs) >= 7
    assert {selector for selector, text, background in pairs if contrast(text, background) < ENOUGH} == set()


def test_text_differs_enough_from_every_ground_it_may_lie_on() -> None:
    grounds = ["var(--card)", "var(--paper)", "#faf8f3", "#fdf1e3"]
    texts = ["var(--ink)", "var(--soft)", "var(--accent)", "var(--bad)"]
    assert [pair for pair in product(texts, grounds) if contrast(*pair) < ENOUGH] == []
    assert contrast("var(--good)", "var(--card)") >= ENOUGH
    assert not [
        selector for selector, declarations in rules() if "opacity" in declarations
    ]  # it would weaken any contrast


class Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.scrolling: list[dict[str, str | None]] = []
        self.headers: list[str] = []
        self.header: str | None = None
        self.meters: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if "scroll" in (attributes.get("class") or "").split():
            self.scrolling.append(attributes)
        if tag == "th":
            self.header = ""
        if tag == "meter":
            self.meters.append(attributes)

    def handle_data(self, data: str) -> None:
        if self.header is not None:
            self.header += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "th" and self.header is not None:
            self.headers.append(self.header.strip())
            self.header = None


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_headers_have_text_and_scrolling_areas_can_be_reached_with_the_keyboard(
    browser: httpx.AsyncClient, behind: ServicesBehind, language: str
) -> None:
    assert [
        selector for selector, declarations in rules() if "overflow-x" in declarations or "overflow" in declarations
    ] == [".scroll"]
    await sign_in(browser)
    for path in ("/desk", f"/desk/customers/{ID}"):
        page = Elements()
        page.feed((await browser.get(path, params={"lang": language})).text)
        assert all(page.headers)
        assert (path != "/desk") or (len(page.headers) >= 10 and len(page.scrolling) >= 3)
        for area in page.scrolling:
            assert (area["tabindex"], area["role"]) == ("0", "region")
            assert area["aria-label"]
        assert all(meter["aria-label"] for meter in page.meters)
