"""P5 on the desk: my tasks, my cases, my customers, in both languages, and what is shown to who is no employee."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from services.gateway.access.handlers import refreshed_copy
from services.gateway.desk.texts import TEXTS
from services.gateway.subscriptions import subscriptions
from shared.messaging import Database
from tests import harness
from tests.gateway.access.test_employees import changed
from tests.gateway.behind import ServicesBehind, in_front_of
from tests.gateway.my_work.test_my_work import complaint, profile

SERVICE = "gateway"


@pytest.fixture
async def browser(
    behind: ServicesBehind, database: Database, keys: harness.Keys, monkeypatch: pytest.MonkeyPatch, deliver: Any
) -> AsyncIterator[httpx.AsyncClient]:
    monkeypatch.setattr(refreshed_copy, "FRESH_SECONDS", 0.0)
    behind.answers |= {"profile": profile, "complaint": complaint}
    await deliver(database, subscriptions, [changed("E-1", unit="wuhan")])
    async with in_front_of(behind, database, keys) as client:
        client.auth = None  # type: ignore[assignment]
        yield client


async def test_P5_an_employee_sees_their_tasks_cases_and_customers(browser: httpx.AsyncClient) -> None:
    signed_in = await browser.post("/desk/sign-in", data={"role": "manager", "employee_id": "E-1"})
    assert signed_in.status_code == 303
    for language in ("en", "zh"):
        page = (await browser.get("/desk/my-work", params={"lang": language})).text
        words = TEXTS["zh" if language == "zh" else "en"]
        for shown in ("Wang Fang", "武汉", words["my_tasks"], words["my_cases"], "Customer 0001", words["and_more"]):
            assert shown in page, shown
    assert "客户经理" in page


async def test_P5_who_is_no_employee_is_told_so_on_the_page(browser: httpx.AsyncClient) -> None:
    assert TEXTS["en"]["sign_in"] in (await browser.get("/desk/my-work")).text
    await browser.post("/desk/sign-in", data={"role": "head"})
    assert TEXTS["en"]["not_an_employee"] in (await browser.get("/desk/my-work")).text
    unknown = await browser.post("/desk/sign-in", data={"role": "manager", "employee_id": "E-9"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "employee_not_known")


async def test_P5_a_service_that_is_away_leaves_the_rest_of_the_page(
    browser: httpx.AsyncClient, behind: ServicesBehind
) -> None:
    await browser.post("/desk/sign-in", data={"role": "manager", "employee_id": "E-1"})
    behind.answers["complaint"] = lambda _: httpx.Response(500)
    page = await browser.get("/desk/my-work")
    assert (page.status_code, "Customer 0001" in page.text, TEXTS["en"]["away"] in page.text) == (200, True, True)
