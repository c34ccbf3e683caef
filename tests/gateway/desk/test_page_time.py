"""A page answers within two seconds whoever hangs, and says what is missing; names cost one question."""

import time

import httpx
import pytest

from tests.gateway.desk.pages import ID, ServicesBehind, behind, browser, sign_in

__all__ = ["behind", "browser"]  # fixtures

SERVICE = "gateway"

CUSTOMER = f"/desk/customers/{ID}"
SHOWN = {  # something of each service's part
    "/desk": {"tiering": "Annual spend", "complaint": "delivery"},
    "/desk?q=wang": {"tiering": "Annual spend", "complaint": "delivery"},
    CUSTOMER: {"tiering": "raised at once", "complaint": "breached", "profile": "10.00 USD", "loyalty": "To spend"},
}


@pytest.mark.parametrize(
    ("hung", "path"),
    [
        ("profile", "/desk"), ("profile", "/desk?q=wang"), ("profile", CUSTOMER), ("tiering", "/desk"),
        ("tiering", CUSTOMER), ("complaint", "/desk"), ("complaint", CUSTOMER), ("loyalty", CUSTOMER),
    ],
)  # fmt: skip
async def test_a_page_answers_within_two_seconds_whoever_hangs(
    browser: httpx.AsyncClient, behind: ServicesBehind, hung: str, path: str
) -> None:
    behind.hung = {hung}
    await sign_in(browser)
    await browser.get("/desk/style.css")
    began = time.perf_counter()
    page = await browser.get(path)
    seconds = time.perf_counter() - began
    assert page.status_code == 200
    assert seconds < 2.0
    assert page.text.count("does not answer") == 1
    for service, text in SHOWN[path].items():
        assert (text in page.text) == (service != hung), service


async def test_parts_are_asked_at_once(browser: httpx.AsyncClient, behind: ServicesBehind) -> None:
    await sign_in(browser)
    behind.hung = {"tiering", "complaint", "loyalty", "profile"}
    began = time.perf_counter()
    page = await browser.get("/desk?q=wang")
    assert time.perf_counter() - began < 2.0
    assert page.text.count("does not answer") == 3  # nobody asks loyalty for this page


async def test_a_service_that_hung_three_times_is_left_alone(
    browser: httpx.AsyncClient, behind: ServicesBehind
) -> None:
    await sign_in(browser)
    behind.hung = {"tiering"}
    for _ in range(3):
        await browser.get("/desk")
    behind.requests.clear()
    began = time.perf_counter()
    page = await browser.get("/desk")
    assert time.perf_counter() - began < 1.0
    assert "does not answer" in page.text
    assert {request.url.host for request in behind.requests} == {"complaint", "profile"}


async def test_names_are_one_question_and_no_audited_reads(browser: httpx.AsyncClient, behind: ServicesBehind) -> None:
    """Of a list only names are shown: reading twenty-one overviews for them filled the audit trail."""
    ids = [f"01890000-0000-7000-8000-0000000001{n:02d}" for n in range(20)]
    movers = [{"customer_id": id, "way": "up", "from_tier": "iron", "to_tier": "gold"} for id in ids]
    behind.answers["/v1/pyramid/movers"] = {"moved": {"up": 20, "down": 0, "placed": 0}, "items": movers}
    behind.answers["/v1/customers"] = {"items": [{"id": id, "name": f"Customer {id[-2:]}"} for id in [*ids, ID]]}
    await sign_in(browser)
    page = (await browser.get("/desk")).text
    assert all(f"Customer {id[-2:]}" in page for id in ids)
    [question] = [request for request in behind.requests if request.url.host == "profile"]
    assert question.url.path == "/v1/customers"
    assert sorted(question.url.params.get_list("ids")) == sorted([*ids, ID])
