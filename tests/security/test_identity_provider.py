"""An identity provider that is away, hangs or answers nonsense: no 500, and a forged token costs it nothing."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import ValidationError

from services.gateway.access.domain.freshness import LONGEST, SHORTEST, UNSTATED, fresh_seconds
from services.gateway.access.handlers import provider_keys
from shared.messaging import Database
from tests import harness
from tests.gateway.bodies import code_of
from tests.security.provider import AUDIENCE, ISSUER, NONSENSE, Provider, running_provider

SERVICE = "gateway"
FORGER = ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with running_provider() as provider:
        yield provider


@asynccontextmanager
async def gateway(database: Database, keys: harness.Keys, provider: Provider) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway that has just been started and knows no keys yet."""
    app = harness.app_of(
        "gateway", database, keys, oidc_issuer=ISSUER, oidc_audience=AUDIENCE, oidc_jwks_url=provider.url
    )
    async with harness.client_of(app, None) as client:
        yield client


@pytest.fixture
async def client(database: Database, keys: harness.Keys, provider: Provider) -> AsyncIterator[httpx.AsyncClient]:
    async with gateway(database, keys, provider) as client:
        yield client


class Clock:
    """The monotonic clock of the keys, which the test moves."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    assert provider_keys.READ_SECONDS == 2.0
    monkeypatch.setattr(provider_keys, "READ_SECONDS", 0.4)  # so that the tests need not wait so long
    clock = Clock()
    monkeypatch.setattr(provider_keys, "time", clock)
    return clock


async def ask(client: httpx.AsyncClient, token: str) -> tuple[int, str]:
    """What somebody with this token gets: 403 when it was accepted, as managers do not see partners."""
    answer = await client.get("/v1/partners", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code != 503 or int(answer.headers["retry-after"]) >= 1
    return code_of(answer)


ACCEPTED = (403, "forbidden")
INVALID = (401, "token_invalid")
UNAVAILABLE = (503, "identity_provider_unavailable")


async def test_keys_are_read_once_for_all_who_ask_at_once(client: httpx.AsyncClient, provider: Provider) -> None:
    answers = await asyncio.gather(*[ask(client, provider.token()) for _ in range(40)])
    assert set(answers) == {ACCEPTED}
    assert provider.questions == 1


async def test_where_nothing_is_known_503_within_the_time_limit(
    database: Database, keys: harness.Keys, provider: Provider, clock: Clock
) -> None:
    states: list[str | int] = ["hangs", "drips", "endless", "closes", 500, 404, 302, 204, *NONSENSE]
    for state in states:
        provider.state, provider.questions = state, 0
        async with gateway(database, keys, provider) as client:
            began = time.monotonic()
            answers = await asyncio.gather(*[ask(client, provider.token()) for _ in range(20)])
            assert set(answers) == {UNAVAILABLE}, state
            assert time.monotonic() - began < provider_keys.READ_SECONDS + 1.5
            questions_before = provider.questions
            assert questions_before <= (2 if state == "closes" else 1), (
                "a connection that breaks is tried again by the client"
            )
            began = time.monotonic()
            assert await ask(client, provider.token()) == UNAVAILABLE
            assert time.monotonic() - began < 0.3, "nobody waits again for one that was away a moment ago"
            assert provider.questions == questions_before
            provider.state = "good"
            clock.ahead += provider_keys.PAUSE_WITHOUT_KEYS
            assert await ask(client, provider.token()) == ACCEPTED


@pytest.mark.parametrize("state", ["hangs", 500, "closes", "not json", "no keys"])
async def test_known_keys_are_used_on_while_the_provider_is_away_within_a_limit(
    client: httpx.AsyncClient, provider: Provider, clock: Clock, state: str | int
) -> None:
    provider.cache_control = "public, max-age=600"
    assert await ask(client, provider.token()) == ACCEPTED
    provider.state = state
    clock.ahead += 599
    assert await ask(client, provider.token()) == ACCEPTED
    assert provider.questions == 1, "fresh by the provider's word"
    clock.ahead += 2
    for _ in range(5):
        began = time.monotonic()
        assert await ask(client, provider.token()) == ACCEPTED
        assert time.monotonic() - began < 0.5, "the question goes beside the requests"
    clock.ahead += provider_keys.STALE_SECONDS + 1
    assert await ask(client, provider.token()) == UNAVAILABLE
    provider.state = "good"
    clock.ahead += 10
    assert await ask(client, provider.token()) == ACCEPTED


async def test_forged_tokens_cost_the_provider_nothing(
    client: httpx.AsyncClient, provider: Provider, clock: Clock
) -> None:
    assert await ask(client, provider.token()) == ACCEPTED
    for number in range(50):
        assert await ask(client, provider.token("k1", FORGER)) == INVALID
        assert await ask(client, provider.token(f"unknown-{number}", FORGER)) == INVALID
    assert provider.questions == 1, "asked a moment ago"
    clock.ahead += provider_keys.PAUSE_SECONDS
    forged = [provider.token(f"other-{number}", FORGER) for number in range(50)]
    assert set(await asyncio.gather(*[ask(client, token) for token in forged])) == {INVALID}
    assert provider.questions == 2, "one question in ten seconds, for all of them together"
    provider.state = "hangs"
    clock.ahead += provider_keys.PAUSE_SECONDS
    good, *_ = await asyncio.gather(
        ask(client, provider.token()), *[ask(client, provider.token(f"x-{number}", FORGER)) for number in range(20)]
    )
    assert good == ACCEPTED
    assert provider.questions == 3


async def test_keys_that_were_changed_are_heard_of(client: httpx.AsyncClient, provider: Provider, clock: Clock) -> None:
    old = provider.token()
    assert await ask(client, old) == ACCEPTED
    provider.rotate("k2")
    early = provider.token("k2")
    assert await ask(client, early) == INVALID, "asked a moment ago"
    clock.ahead += provider_keys.PAUSE_SECONDS
    assert await ask(client, provider.token("k2")) == ACCEPTED
    assert await ask(client, provider.token("k1", FORGER)) == INVALID
    assert await ask(client, old) == ACCEPTED, "it was verified while its key was good, and lives by its own end"


async def test_what_is_wrong_with_a_token_is_refused(client: httpx.AsyncClient, provider: Provider) -> None:
    now = time.time()
    assert await ask(client, provider.token(aud="other")) == INVALID
    assert await ask(client, provider.token(iss="https://elsewhere.example.com")) == INVALID
    assert await ask(client, provider.token(sub=None)) == INVALID
    assert await ask(client, provider.token(roles="manager")) == INVALID
    assert await ask(client, provider.token(exp=int(now - 60))) == (401, "token_expired")
    assert await ask(client, provider.token(nbf=int(now + 60))) == INVALID


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, UNSTATED),
        ({"cache-control": "max-age=600"}, 600.0),
        ({"cache-control": "public, Max-Age = 900, must-revalidate"}, 900.0),
        ({"cache-control": "max-age=600", "age": "100"}, 500.0),
        ({"cache-control": "max-age=600", "age": "x"}, 600.0),
        ({"cache-control": "max-age=31536000"}, LONGEST),
        ({"cache-control": "max-age=99999999999999999999"}, LONGEST),
        ({"cache-control": "max-age=0"}, SHORTEST),
        ({"cache-control": "no-store"}, SHORTEST),
        ({"cache-control": "no-cache, max-age=600"}, SHORTEST),
        ({"cache-control": "s-maxage=600"}, UNSTATED),
        ({"expires": "Thu, 01 Jan 2026 00:15:00 GMT"}, 900.0),
        ({"expires": "Thu, 01 Jan 2026 00:15:00 GMT", "date": "Thu, 01 Jan 2026 00:05:00 GMT"}, 600.0),
        ({"expires": "0"}, SHORTEST),
        ({"expires": "Thu, 01 Jan 1970 00:00:00 GMT"}, SHORTEST),
        ({"expires": "Thu, 01 Jan 2099 00:00:00 GMT"}, LONGEST),
        ({"expires": "0", "cache-control": "max-age=700"}, 700.0),
    ],
)
def test_how_long_keys_are_fresh_is_the_providers_word_within_bounds(headers: dict[str, str], seconds: float) -> None:
    assert fresh_seconds(headers, datetime(2026, 1, 1, tzinfo=UTC)) == seconds


@pytest.mark.parametrize("given", [{"oidc_issuer": ISSUER}, {"oidc_jwks_url": "https://id.example.com/keys"}])
def test_an_issuer_without_its_keys_does_not_start(given: dict[str, str], keys: harness.Keys) -> None:
    with pytest.raises(ValidationError, match="PATRON_OIDC_ISSUER and PATRON_OIDC_JWKS_URL"):
        harness.settings_of("gateway", "postgresql://x/y", keys.directory, **given)
