"""G7: the desk signs in by authorization code with PKCE at a provider that runs, and says in words what goes wrong."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from services.gateway.desk.texts import TEXTS
from services.gateway.subscriptions import subscriptions
from shared.events import EmployeeChanged
from shared.http import new_client
from shared.messaging import Database, new_id
from tests import harness
from tests.support.oidc_issuer import CLIENT_ID, OidcIssuer, keycloak_claims, running_issuer

SERVICE = "gateway"
BEGIN, CALLBACK = "/desk/sign-in/provider", "/desk/sign-in/callback"


@pytest.fixture
async def issuer() -> AsyncIterator[OidcIssuer]:
    async with running_issuer() as issuer:
        yield issuer


@asynccontextmanager
async def desk_of(
    issuer: OidcIssuer, database: Database, keys: harness.Keys, **more: Any
) -> AsyncIterator[httpx.AsyncClient]:
    app = harness.app_of(
        "gateway",
        database,
        keys,
        dev_issuer=False,
        oidc_issuer=issuer.issuer,
        oidc_jwks_url=f"{issuer.issuer}/keys",
        oidc_client_id=CLIENT_ID,
        **more,
    )
    async with harness.client_of(app, None) as browser:
        yield browser


@pytest.fixture
async def browser(issuer: OidcIssuer, database: Database, keys: harness.Keys) -> AsyncIterator[httpx.AsyncClient]:
    async with desk_of(issuer, database, keys) as browser:
        yield browser


async def come_back(browser: httpx.AsyncClient) -> str:
    """Begin at the desk, be signed in at the provider: the address that it sends the browser back to."""
    begun = await browser.get(BEGIN)
    assert begun.status_code == 303
    async with new_client() as there:
        return str((await there.get(begun.headers["location"])).headers["location"])


async def sign_in(browser: httpx.AsyncClient) -> httpx.Response:
    address = urlsplit(await come_back(browser))
    return await browser.get(f"{address.path}?{address.query}")


async def is_signed_in(browser: httpx.AsyncClient) -> bool:
    return "/desk/sign-out" in (await browser.get("/desk")).text


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
async def test_G7_who_signs_in_at_the_provider_sees_the_desk_and_signs_out(
    database: Database, keys: harness.Keys, algorithm: str
) -> None:
    async with running_issuer(algorithm) as issuer, desk_of(issuer, database, keys) as browser:
        assert BEGIN in (await browser.get("/desk")).text
        page = await sign_in(browser)
        assert (page.status_code, page.headers["cache-control"], page.headers["referrer-policy"]) == (
            200, "no-store", "no-referrer",
        )  # fmt: skip
        assert "url=/desk" in page.text
        assert await is_signed_in(browser)
        session = browser.cookies["patron_desk"]
        out = await browser.post("/desk/sign-out")
        assert f"{issuer.issuer}/logout?client_id={CLIENT_ID}" in (await browser.get(out.headers["location"])).text
        browser.cookies.set("patron_desk", session)
        assert not await is_signed_in(browser), "a copy of the cookie opens nothing any more"


async def test_G7_the_verifier_is_in_no_address_and_every_attempt_has_its_own_secrets(
    browser: httpx.AsyncClient, issuer: OidcIssuer
) -> None:
    addresses = [(await browser.get(BEGIN)).headers["location"] for _ in range(2)]
    first, second = ({name: value[0] for name, value in parse_qs(urlsplit(a).query).items()} for a in addresses)
    assert (first["response_type"], first["code_challenge_method"]) == ("code", "S256")
    for secret in ("state", "nonce", "code_challenge"):
        assert len(first[secret]) == 43
        assert first[secret] != second[secret]
    await sign_in(browser)
    for address in [*addresses, *issuer.paths]:
        assert "verifier" not in address
    assert issuer.grants == {}, "the code was exchanged"


async def test_G7_by_tls_the_cookies_of_a_sign_in_are_bound_to_this_host(browser: httpx.AsyncClient) -> None:
    begun = await browser.get(f"https://patron.example{BEGIN}")
    cookie = begun.headers["set-cookie"]
    assert cookie.startswith("__Host-patron_sign_in=")
    parts = {part.strip().lower() for part in cookie.split(";")}
    assert {"secure", "httponly", "samesite=lax", "path=/"} <= parts, "the link from the provider sends it"
    assert "redirect_uri=https%3A%2F%2Fpatron.example%2Fdesk%2Fsign-in%2Fcallback" in begun.headers["location"]


async def test_G7_a_callback_that_this_browser_did_not_begin_signs_nobody_in(
    browser: httpx.AsyncClient, issuer: OidcIssuer, database: Database, keys: harness.Keys
) -> None:
    other = urlsplit(await come_back(browser))  # the attacker's own code, brought to another browser
    async with desk_of(issuer, database, keys) as victim:
        refused = await victim.get(f"{CALLBACK}?{other.query}")
        assert (refused.status_code, TEXTS["en"]["sign_in_expired"] in refused.text) == (400, True)
        await victim.get(BEGIN)
        assert (await victim.get(f"{CALLBACK}?{other.query}")).status_code == 400, "another state"
        assert not await is_signed_in(victim)
    assert (await browser.get(f"{CALLBACK}?{other.query}")).status_code == 200
    assert (await browser.get(f"{CALLBACK}?{other.query}")).status_code == 400, "once"


@pytest.mark.parametrize(
    ("spoilt", "failure", "status"),
    [
        ({"refusal": "access_denied"}, "denied", 403),
        ({"refusal": "temporarily_unavailable"}, "unavailable", 503),
        ({"refusal": "<script>"}, "failed", 400),
        ({"wrong": {"nonce": "another"}}, "failed", 400),
        ({"wrong": {"nonce": None}}, "failed", 400),
        ({"wrong": {"aud": "another-client"}}, "failed", 400),
        ({"wrong": {"iss": "https://id.example"}}, "failed", 400),
        ({"wrong": {"exp": 1}}, "failed", 400),
        ({"claims": {"sub": "ann", "roles": ["king"]}}, "no_role", 403),
        ({"claims": {"sub": "ann"}}, "no_role", 403),
        ({"claims": {"sub": "shop", "roles": ["partner"], "partner_id": str(new_id())}}, "no_role", 403),
    ],
)
async def test_G7_what_goes_wrong_is_said_in_words_of_both_languages(
    browser: httpx.AsyncClient, issuer: OidcIssuer, spoilt: dict[str, Any], failure: str, status: int
) -> None:
    for name, value in spoilt.items():
        setattr(issuer, name, value)
    for language in ("en", "zh"):
        await browser.get("/desk", params={"lang": language})
        page = await sign_in(browser)
        words = TEXTS["zh" if language == "zh" else "en"][f"sign_in_{failure}"].replace("'", "&#39;")
        assert (page.status_code, words in page.text) == (status, True)
        assert "<script" not in page.text
    assert not await is_signed_in(browser)


async def test_G7_a_provider_that_is_away_leaves_a_page(browser: httpx.AsyncClient, issuer: OidcIssuer) -> None:
    issuer.is_away = True
    page = await browser.get(BEGIN)
    assert (page.status_code, TEXTS["en"]["sign_in_unavailable"].replace("'", "&#39;") in page.text) == (503, True)
    issuer.is_away = False
    assert (await sign_in(browser)).status_code == 200


async def test_G7_roles_that_keycloak_puts_into_the_access_token_alone_are_found(
    database: Database, keys: harness.Keys
) -> None:
    settings: dict[str, Any] = {"oidc_roles_claim": "realm_access.roles", "oidc_roles": {"kam": "head"}}
    async with running_issuer() as issuer, desk_of(issuer, database, keys, **settings) as browser:
        claims = keycloak_claims("shop", "kam")
        issuer.claims, issuer.in_access_token = {"sub": claims["sub"]}, claims
        assert (await sign_in(browser)).status_code == 200
        assert await is_signed_in(browser)
        issuer.in_access_token = claims | {"sub": "somebody else"}
        assert (await sign_in(browser)).status_code == 403


async def test_P5_who_left_is_not_signed_in_whatever_the_provider_says(
    browser: httpx.AsyncClient, issuer: OidcIssuer, database: Database, deliver: Any
) -> None:
    left = datetime(2026, 1, 1, tzinfo=UTC)
    digest = sha256(b"ann").hexdigest()
    event = EmployeeChanged(change_id=new_id(), employee_id="E-1", changed_at=left, subject_digest=digest, left_at=left)
    await deliver(database, subscriptions, [event])
    page = await sign_in(browser)
    assert (page.status_code, TEXTS["en"]["sign_in_left"] in page.text) == (403, True)
    assert not await is_signed_in(browser)


async def test_G7_without_a_provider_nobody_is_sent_anywhere(database: Database, keys: harness.Keys) -> None:
    async with harness.client_of(harness.app_of("gateway", database, keys), None) as browser:
        assert (await browser.get(BEGIN)).status_code == 404
        assert (await browser.get(CALLBACK)).status_code == 404
        assert BEGIN not in (await browser.get("/desk")).text
