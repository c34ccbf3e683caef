"""Every code that the desk shows has a name in both languages; Chinese pages hold no code."""

import re
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from services.gateway.desk.texts import CODES, TEXTS
from tests.gateway.desk.pages import (
    CASE,
    ID,
    NAMES,
    OVERVIEW,
    PYRAMID,
    WARNING,
    ServicesBehind,
    behind,
    browser,
    level,
    sign_in,
)  # fmt: skip

__all__ = ["behind", "browser"]  # fixtures

SERVICE = "gateway"

CODES_SHOWN = {
    "status of a case": "received acknowledged judged_valid judged_invalid proposed accepted refused resolved closed",
    "kind of a case": "complaint suggestion praise consultation repair",
    "severity": "low normal high critical yellow red",
    "deadline": "acknowledgement proposal solution running paused met breached cancelled",
    "state of a warning": "open acknowledged worked closed",
    "change of tier": "first upgrade downgrade correction override up down placed",
    "kind of a customer": "organisation person unknown",
    "role": "agent manager head analyst auditor admin",
    "service": "profile tiering complaint loyalty",
    "tier": "basic silver gold platinum lead iron a b c star3 star4 star5 vip major ordinary small",
    "category made up by the demo": "freshness price packaging service quality assortment delivery",
}


@pytest.mark.parametrize("what", CODES_SHOWN)
def test_a_code_has_a_name_in_both_languages(what: str) -> None:
    for code in CODES_SHOWN[what].split():
        assert code in CODES["en"], code
        assert not re.search("[a-z]", CODES["zh"][code]), code


def test_both_languages_name_the_same() -> None:
    assert set(CODES["en"]) == set(CODES["zh"])
    assert set(TEXTS["en"]) == set(TEXTS["zh"])


class Visible(HTMLParser):
    """The text that a page shows."""

    def __init__(self) -> None:
        super().__init__()
        self.inside: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "link", "input", "line", "rect", "polygon", "path"):
            self.inside.append(tag)
        self.texts += [value or "" for name, value in attrs if name in ("aria-label", "placeholder")]

    def handle_endtag(self, tag: str) -> None:
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not {"title", "code", "style"} & set(self.inside):
            self.texts.append(data)


def codes_in(page: str, *allowed: str) -> set[str]:
    visible = Visible()
    visible.feed(page)
    words = re.findall(r"[a-z][a-z_-]+", " ".join(visible.texts).replace("Patron", "").replace("English", ""))
    return set(words) - set(allowed)


async def test_a_chinese_page_holds_no_code(browser: httpx.AsyncClient, behind: ServicesBehind) -> None:
    movers = {"moved": {"up": 1, "down": 1, "placed": 1}, "items": [
        {"customer_id": ID, "way": "up", "from_tier": "iron", "to_tier": "gold"},
        {"customer_id": ID, "way": "placed", "from_tier": None, "to_tier": "silver"},
    ]}  # fmt: skip
    results = {"items": [{"id": ID, "name": "王小明", "tier": "platinum", "kind": "organisation", "region": None}]}
    cases = [CASE | {"id": f"case-{n}", "status": status, "kind": "repair", "category": "packaging",
                     "what_happened": "坏了"}
             for n, status in enumerate(CODES_SHOWN["status of a case"].split())]  # fmt: skip
    behind.answers |= {
        "/v1/pyramid": PYRAMID | {"levels": [level()]}, "/v1/pyramid/movers": movers, "/v1/customers": results,
        "/v1/complaints": {"items": cases}, "/v1/warnings": {"items": [WARNING | {"owner": None}]},
        f"/v1/customers/{ID}/overview": OVERVIEW | {
            "customer": OVERVIEW["customer"] | {"names": [{"name": "王小明"}], "industry": "hospitality"},
        },
        f"/v1/customers/{ID}/tier/explanation": {"words": "金卡。"},
        f"/v1/customers/{ID}/tier/history": {"items": [{
            "name": NAMES, "rank": 1, "kind": kind, "effective_from": "2026-01-01T00:00:00Z", "effective_to": None,
        } for kind in ("first", "upgrade", "downgrade", "correction", "override")]},
    } | {f"/v1/complaints/{case['id']}": case for case in cases}  # fmt: skip
    await sign_in(browser)
    for path in ("/desk?lang=zh&q=王", f"/desk/customers/{ID}?lang=zh"):
        assert codes_in((await browser.get(path)).text) == set(), path
    behind.away = {"profile", "tiering", "complaint", "loyalty"}
    assert codes_in((await browser.get(f"/desk/customers/{ID}?lang=zh")).text) == set()
    browser.cookies.delete("patron_desk")
    assert codes_in((await browser.get("/desk?lang=zh")).text) == set()


async def test_a_code_that_nobody_named_is_shown_as_it_is(browser: httpx.AsyncClient, behind: ServicesBehind) -> None:
    case: dict[str, Any] = CASE | {"category": "left_outside"}
    behind.answers["/v1/complaints"] = {"items": [case]}
    await sign_in(browser)
    assert "left outside" in (await browser.get("/desk?lang=zh")).text
