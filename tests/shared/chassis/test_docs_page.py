"""`/docs` of every service: Swagger UI that is vendored and asks no other host for anything."""

import hashlib
import re

import httpx
import pytest

from shared.chassis.contract.docs_page import FILES, STATIC, docs_page

# swagger-ui-dist 5.35.0
VENDORED = {
    "swagger-ui-bundle.js": (
        "e6a898692f2d768e807c3ba4626068a69a2c5dd960dd6c76f3e4d3a3de180af2"  # pragma: allowlist secret
    ),
    "swagger-ui.css": (
        "5ed08757e53da3e026d6cbecc61fe5d43585c9560b302d534ad56692519a273d"  # pragma: allowlist secret
    ),
}


async def test_the_docs_page_loads_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs", headers={"Authorization": ""})
    assert "http://" not in page.text
    assert "https://" not in page.text
    sources = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert {"/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css", "/openapi.json"} <= set(sources)
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "unsafe-eval" not in policy
    for source in sources:
        if source.startswith("/"):
            answer = await client.get(source, headers={"Authorization": ""})
            assert answer.status_code == 200, source


@pytest.mark.parametrize("name", FILES)
async def test_files_of_the_page_are_for_everybody(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get(f"/docs/{name}", headers={"Authorization": ""})
    assert (answer.status_code, answer.content) == (200, (STATIC / name).read_bytes())
    assert answer.headers["Cache-Control"] == "max-age=3600"


@pytest.mark.parametrize("name", ["README.md", "..%2fdocs_page.py", "nothing.js"])
async def test_other_files_are_not_there(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get(f"/docs/{name}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_no_badge_is_asked_for_and_the_address_of_the_page_chooses_no_contract() -> None:
    script = (STATIC / "docs.js").read_text()
    assert "validatorUrl: null" in script
    assert "queryConfigEnabled: false" in script


@pytest.mark.parametrize(("name", "digest"), VENDORED.items())
def test_what_is_vendored_is_unchanged(name: str, digest: str) -> None:
    assert hashlib.sha256((STATIC / name).read_bytes()).hexdigest() == digest
    assert "Apache License" in (STATIC / "LICENSE").read_text()


def test_signing_in_by_a_click_is_offered_where_there_are_roles_only() -> None:
    assert "sign-in" not in docs_page("Patron")
    assert "<option>agent</option>" in docs_page("Patron", roles=("agent",))
    assert "<b>" not in docs_page("<b>", {"<b>": "/<b>"}, ("<b>",))
