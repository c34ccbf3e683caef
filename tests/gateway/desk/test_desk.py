"""The desk: signing in, what is shown, that everything is escaped, and that a missing service leaves a page."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from services.gateway.access.handlers.development_tokens import development_token
from services.gateway.desk.domain import TimeFormatter, money, pyramid_levels
from services.gateway.desk.texts import TEXTS, code_names, preferred_language, sentences
from shared.messaging import Database
from tests import harness
from tests.gateway.desk.pages import EVIL, ID, OVERVIEW, ServicesBehind, behind, browser, level, sign_in

__all__ = ["behind", "browser"]  # fixtures

SERVICE = "gateway"


async def test_nobody_sees_anything_before_signing_in(browser: httpx.AsyncClient, behind: ServicesBehind) -> None:
    for path in ("/desk", "/desk?q=wang", f"/desk/customers/{ID}"):
        page = await browser.get(path)
        assert "/desk/sign-in" in page.text
        assert "Annual spend" not in page.text
    assert behind.requests == []


async def test_signing_in_sets_a_cookie_that_scripts_cannot_read_and_other_sites_cannot_send(
    browser: httpx.AsyncClient, behind: ServicesBehind
) -> None:
    answer = await sign_in(browser)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/desk" in cookie
    page = await browser.get("/desk")
    assert "Annual spend" in page.text
    assert behind.requests[0].headers["authorization"] != f"Bearer {browser.cookies['patron_desk']}"
    out = await browser.post("/desk/sign-out")
    assert out.status_code == 303
    assert "Annual spend" not in (await browser.get("/desk")).text


async def test_forms_of_other_sites_roles_that_do_not_exist_and_partners(
    browser: httpx.AsyncClient, keys: harness.Keys
) -> None:
    foreign = await browser.post("/desk/sign-in", data={"role": "admin"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert (foreign.status_code, foreign.json()["code"]) == (403, "foreign_site")
    for role in ("king", "partner", ""):
        assert (await browser.post("/desk/sign-in", data={"role": role})).status_code == 422
    settings = harness.settings_of("gateway", "postgresql://x/y", keys.directory)
    from uuid import uuid4

    partners = development_token(settings, "partner", uuid4(), None)
    for token in (partners, "nonsense", keys.headers("gateway")["Authorization"][7:] + "x"):
        page = await browser.get("/desk", headers={"Cookie": f"patron_desk={token}"})
        assert "/desk/sign-in" in page.text


async def test_without_the_development_issuer_there_is_no_sign_in(database: Database, keys: harness.Keys) -> None:
    app = harness.app_of("gateway", database, keys, dev_issuer=False)
    async with harness.client_of(app, None) as client:
        assert (await client.post("/desk/sign-in", data={"role": "admin"})).status_code == 404
        assert "/desk/sign-in" not in (await client.get("/desk")).text


async def test_G7_the_pyramid_the_movers_the_cases_and_what_was_found(browser: httpx.AsyncClient) -> None:
    await sign_in(browser)
    page = (await browser.get("/desk", params={"q": EVIL})).text
    assert page.count("<polygon") == 2
    for shown in (
        "2,000.00 USD",
        "1,234.50",
        "60.0 %",
        "Iron → Gold",
        "Annual spend",
        f"/desk/customers/{ID}",
        "late",
        "up",
    ):
        assert shown in page, shown
    assert EVIL not in page
    assert "&lt;script&gt;" in page


async def test_T12_warnings_with_their_reasons_in_both_languages(browser: httpx.AsyncClient) -> None:
    await sign_in(browser)
    for path in ("/desk", f"/desk/customers/{ID}"):
        page = (await browser.get(path)).text
        assert "No order for 22 days." in page
        assert EVIL not in page
        assert "已22天没有下单。" in (await browser.get(path, params={"lang": "zh"})).text
        await browser.get(path, params={"lang": "en"})


async def test_T11_stages_counted_and_of_a_customer(browser: httpx.AsyncClient) -> None:
    await sign_in(browser)
    assert "1,234" in (await browser.get("/desk")).text
    page = (await browser.get(f"/desk/customers/{ID}")).text
    assert "Dormant: no order." in page
    assert "Proactive: few customers." in page


async def test_G7_a_customer_with_the_reasons_for_its_tier(browser: httpx.AsyncClient) -> None:
    await sign_in(browser)
    answer = await browser.get(f"/desk/customers/{ID}")
    for shown in ("raised at once by an order", "Gold", "10.00 USD", "breached", "delivery"):
        assert shown in answer.text, shown
    assert EVIL not in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert "<script" not in answer.text
    assert "http" not in answer.text.replace("http-equiv", "")  # nothing from elsewhere
    chinese = await browser.get(f"/desk/customers/{ID}?lang=zh")
    assert "为什么是这个等级" in chinese.text
    assert "金卡" in chinese.text
    assert "为什么是这个等级" in (await browser.get(f"/desk/customers/{ID}")).text  # remembered


async def test_nobody_of_that_id(browser: httpx.AsyncClient) -> None:
    await sign_in(browser)
    for id in ("01890000-0000-7000-8000-000000000009", "1001", "..%2F..%2Finternal"):
        assert (await browser.get(f"/desk/customers/{id}")).status_code == 404


@pytest.mark.parametrize("away", [{"tiering"}, {"loyalty", "complaint"}, {"profile"}, {"profile", "tiering"}])
async def test_what_is_away_is_said_and_the_rest_is_shown(
    browser: httpx.AsyncClient, behind: ServicesBehind, away: set[str]
) -> None:
    await sign_in(browser)
    behind.away = away
    for path in ("/desk?q=x", f"/desk/customers/{ID}"):
        page = await browser.get(path)
        assert page.status_code == 200
        assert "does not answer" in page.text
    assert ("Annual spend" in (await browser.get("/desk")).text) == ("tiering" not in away)


async def test_the_style_is_served_from_here(browser: httpx.AsyncClient) -> None:
    style = await browser.get("/desk/style.css")
    assert style.headers["content-type"].startswith("text/css")
    assert "url(" not in style.text
    assert "@import" not in style.text


def test_both_languages_have_the_same_words() -> None:
    assert set(TEXTS["en"]) == set(TEXTS["zh"])
    assert preferred_language(None, None, "zh-CN,zh;q=0.9") == "zh"
    assert preferred_language("en", "zh", "zh") == "en"
    assert preferred_language("xx", "zh", "") == "zh"
    assert code_names("zh")("breached") == "超时"
    assert code_names("en")("some_code") == "some code"


def test_figures_as_people_read_them() -> None:
    assert [money(text, "USD") for text in ("1234567.5", "-3", "NaN", None)] == [
        "1,234,567.50 USD", "-3.00 USD", "–", "–",
    ]  # fmt: skip
    now = datetime(2026, 5, 4, 12, tzinfo=UTC)
    clock = TimeFormatter(now, UTC, sentences("en"))
    assert clock.due((now + timedelta(days=1, hours=2, minutes=3)).isoformat()) == "in 1 d 2 h"
    assert clock.due((now - timedelta(minutes=7)).isoformat()) == "7 min late"
    assert clock.due(now.isoformat()) == "in 0 min"
    assert [clock.due(None), clock.instant("x"), clock.day(None)] == ["–", "–", "–"]
    assert len(pyramid_levels([level(share_of_revenue=None), level(share_of_revenue="x")])) == 2


async def test_T8_a_customers_page_says_whether_it_is_a_key_account_excluded_or_at_risk(
    browser: httpx.AsyncClient, behind: ServicesBehind
) -> None:
    await sign_in(browser)
    page = (await browser.get(f"/desk/customers/{ID}?lang=en")).text
    assert "Excluded: not served" in page
    assert "<b>Key account</b> (strategic, group)" in page
    assert "Risk: leaving" in page
    behind.answers[f"/v1/customers/{ID}/overview"] = OVERVIEW | {"key_account": None, "exclusion": None, "risks": []}
    assert "Key account" not in (await browser.get(f"/desk/customers/{ID}?lang=en")).text
