"""The desk's outbox: messages that customers are to get, as a sender outside would fetch them."""

from typing import Any

import httpx

from tests.gateway.desk.pages import EVIL, ID, ServicesBehind, behind, browser, sign_in

__all__ = ["behind", "browser"]  # fixtures

SERVICE = "gateway"
MESSAGE: dict[str, Any] = {
    "id": ID, "customer_id": ID, "template": "complaint_received", "purpose": "service", "channel": "email",
    "state": "bounced", "reason": None, "requested_at": "2026-01-01T00:00:00Z", "state_at": "2026-01-01T00:00:00Z",
    "consented": True, "to": EVIL,
    "text": {"en": {"subject": "Your complaint C-1", "body": EVIL}, "zh": {"subject": "投诉 C-1", "body": EVIL}},
}  # fmt: skip
WITHHELD = MESSAGE | {"channel": None, "state": "withheld", "reason": "no_consent", "consented": False, "to": None}


async def test_the_outbox_shows_what_became_of_each_message(browser: httpx.AsyncClient, behind: ServicesBehind) -> None:
    behind.answers["/v1/message-requests"] = {"items": [MESSAGE, WITHHELD]}
    assert "/desk/sign-in" in (await browser.get("/desk/messages")).text
    await sign_in(browser)
    page = (await browser.get("/desk/messages?lang=en")).text
    assert "complaint received" in page
    assert "bounced" in page
    assert "withheld · no consent" in page
    assert EVIL not in page  # the customer's name, escaped
    chinese = (await browser.get("/desk/messages?lang=zh")).text
    assert "不予发送 · 未获同意" in chinese


async def test_a_message_is_shown_with_its_text_and_whether_it_may_be_sent(
    browser: httpx.AsyncClient, behind: ServicesBehind
) -> None:
    await sign_in(browser)
    path = f"/desk/messages/{ID}?lang=en"
    assert (await browser.get(path)).status_code == 404
    assert (await browser.get("/desk/messages/none?lang=en")).status_code == 404
    behind.answers[f"/v1/message-requests/{ID}"] = MESSAGE
    page = (await browser.get(path)).text
    assert "Your complaint C-1" in page
    assert EVIL not in page
    behind.answers[f"/v1/message-requests/{ID}"] = WITHHELD
    assert "do not send it" in (await browser.get(path)).text


async def test_without_profile_the_outbox_says_what_is_missing(
    browser: httpx.AsyncClient, behind: ServicesBehind
) -> None:
    await sign_in(browser)
    behind.away.add("profile")
    for path in ("/desk/messages", f"/desk/messages/{ID}"):
        page = await browser.get(f"{path}?lang=en")
        assert (page.status_code, "customer files</b>" in page.text) == (200, True)
