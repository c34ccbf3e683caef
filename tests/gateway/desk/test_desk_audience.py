"""Margins on the desk are for those who answer for results, not for every agent."""

from typing import Any

import httpx
import pytest

from tests.gateway.desk.pages import ID, NAMES, PYRAMID, ServicesBehind, behind, browser, level, sign_in

__all__ = ["behind", "browser"]  # fixtures

SERVICE = "gateway"

MARGIN = "314.15"


@pytest.mark.parametrize(
    ("role", "sees_margin"),
    [("agent", False), ("manager", True), ("head", True), ("analyst", True), ("auditor", True), ("admin", True)],
)
async def test_margin_is_for_those_who_answer_for_results(
    browser: httpx.AsyncClient, behind: ServicesBehind, role: str, *, sees_margin: bool
) -> None:
    behind.answers["/v1/pyramid"] = PYRAMID | {"levels": [level(profit=MARGIN)]}
    await sign_in(browser, role)
    page = (await browser.get("/desk")).text
    assert "1,234.50" in page
    assert (MARGIN in page, "Margin" in page) == (sees_margin, sees_margin)


async def test_what_is_missing_to_the_next_tier_is_no_way_round(
    browser: httpx.AsyncClient, behind: ServicesBehind
) -> None:
    tier: dict[str, Any] = {
        "name": NAMES, "rank": 1, "since": "2026-01-01T00:00:00Z",
        "next": {"name": NAMES, "indicator": "margin", "missing": MARGIN, "unit": "money"},
    }  # fmt: skip
    behind.answers[f"/v1/customers/{ID}/tier"] = tier
    await sign_in(browser, "agent")
    assert MARGIN not in (await browser.get(f"/desk/customers/{ID}")).text
    await sign_in(browser, "head")
    assert MARGIN in (await browser.get(f"/desk/customers/{ID}")).text
