"""What browsers are told with every answer, by TLS and without it (ASVS 3.3, 3.4, 14.3)."""

import httpx
import pytest

from tests.gateway.behind import ServicesBehind
from tests.gateway.desk.pages import behind, browser, sign_in

__all__ = ["behind", "browser"]  # fixtures

SERVICE = "gateway"
BY_TLS = "https://patron.example"


def policy_of(answer: httpx.Response) -> set[str]:
    return {directive.strip() for directive in answer.headers["content-security-policy"].split(";")}


@pytest.mark.parametrize(
    "path", ["/desk", "/docs", "/docs/errors", "/livez", "/nothing", "/v1/customers", "/desk/style.css"]
)
async def test_no_answer_is_framed_sniffed_or_told_on(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] in ("no-referrer", "same-origin")
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert {"frame-ancestors 'none'", "base-uri 'none'"} <= policy_of(answer)
    assert {"default-src 'none'", "object-src 'none'"} & policy_of(answer)
    assert "unsafe-inline" not in answer.headers["content-security-policy"].replace(
        "style-src 'self' 'unsafe-inline'", ""
    )
    assert "strict-transport-security" not in answer.headers  # there is no TLS here to insist on


async def test_by_tls_browsers_are_told_to_stay_with_it(browser: httpx.AsyncClient) -> None:
    for path in ("/desk", "/livez", "/v1/customers"):
        answer = await browser.get(f"{BY_TLS}{path}")
        assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"


async def test_by_tls_the_session_is_bound_to_this_host(browser: httpx.AsyncClient, behind: ServicesBehind) -> None:
    answer = await browser.post(f"{BY_TLS}/desk/sign-in", data={"role": "manager"})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-patron_desk=")
    assert {"secure", "httponly", "samesite=strict", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
    assert "domain" not in cookie.lower()
    assert "Annual spend" in (await browser.get(f"{BY_TLS}/desk")).text
    token = browser.cookies["__Host-patron_desk"]
    planted = await browser.get(f"{BY_TLS}/desk", headers={"Cookie": f"patron_desk={token}"})
    assert "Annual spend" not in planted.text, "a cookie that another host or plain http could have set"


async def test_signing_out_clears_what_the_browser_keeps(browser: httpx.AsyncClient) -> None:
    await sign_in(browser)
    token = browser.cookies["patron_desk"]
    out = await browser.post("/desk/sign-out")
    assert out.headers["clear-site-data"] == '"cache", "storage"'
    page = await browser.get("/desk", headers={"Cookie": f"patron_desk={token}"})
    assert "/desk/sign-in" in page.text, "a copy of the cookie opens nothing any more"
