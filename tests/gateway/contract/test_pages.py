"""`/docs` and `/docs/errors` of the gateway: where people try operations, and where `type` of a problem leads."""

import httpx

from shared.chassis.problems import ERRORS_PAGE
from tests.gateway.behind import client

__all__ = ["client"]  # the fixture: a gateway with services behind it that the test plays

SERVICE = "gateway"


async def test_the_page_of_operations_leads_to_that_of_codes(client: httpx.AsyncClient) -> None:
    page = (await client.get("/docs", headers={"Authorization": ""})).text
    assert f'href="{ERRORS_PAGE}"' in page
    assert "<option>agent</option>" in page
    assert "<option>partner</option>" not in page


async def test_the_type_of_a_problem_leads_to_its_code_on_the_page(client: httpx.AsyncClient) -> None:
    refused = await client.get("/v1/orders/not-a-uuid")
    page, _, code = refused.json()["type"].partition("#")
    shown = await client.get(page, headers={"Authorization": ""})
    assert shown.headers["Content-Type"].startswith("text/html")
    assert f'<tr id="{code}">' in shown.text
    assert "404 Not Found" in shown.text
    assert "https://" not in shown.text


async def test_the_page_of_codes_shows_texts_as_texts(client: httpx.AsyncClient) -> None:
    page = (await client.get(ERRORS_PAGE, headers={"Authorization": ""})).text
    assert "<script" not in page
    assert "Opening hours are written like &#34;09:00-17:00&#34;." in page
