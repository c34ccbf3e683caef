"""P5: people's roles come from any place in the provider's claims, by a path and a map of values in settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.gateway.access.domain.claims import ClaimPath, ClaimPlaces
from shared.messaging import Database
from tests import harness
from tests.gateway.access.test_authentication import bearer
from tests.gateway.bodies import code_of
from tests.support.oidc_issuer import API_AUDIENCE, OidcIssuer, entra_claims, keycloak_claims, running_issuer

SERVICE = "gateway"
OPEN, FORBIDDEN = 200, (403, "forbidden")


@asynccontextmanager
async def in_front_of(
    issuer: OidcIssuer, database: Database, keys: harness.Keys, **settings: Any
) -> AsyncIterator[httpx.AsyncClient]:
    app = harness.app_of(
        "gateway",
        database,
        keys,
        dev_issuer=False,
        oidc_issuer=issuer.issuer,
        oidc_audience=API_AUDIENCE,
        oidc_jwks_url=f"{issuer.issuer}/keys",
        **settings,
    )
    async with harness.client_of(app, None) as client:
        yield client


async def may_see_partners(client: httpx.AsyncClient, token: str) -> int | tuple[int, str]:
    """Only administrators may."""
    answer = await client.get("/v1/partners", headers=bearer(token))
    return answer.status_code if answer.is_success else code_of(answer)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
async def test_P5_roles_of_keycloak_and_entra_are_found_and_mapped(
    database: Database, keys: harness.Keys, algorithm: str
) -> None:
    mapped = {"oidc_roles": {"kam-admin": "admin", "kam-agent": "agent"}}
    client_of_resource = "my.kam/client"
    cases: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
        ("realm_access.roles", keycloak_claims("shop", "kam-admin"), keycloak_claims("shop", "kam-agent")),
        (
            r"resource_access.my\.kam/client.roles",
            keycloak_claims(client_of_resource, "kam-admin"),
            keycloak_claims("other", "kam-admin"),
        ),
        ("roles", entra_claims("kam-admin"), entra_claims("kam-agent", "unheard-of")),
        (r"https://acme\.example/roles", {"sub": "a", "https://acme.example/roles": ["kam-admin"]}, {"sub": "a"}),
    )
    async with running_issuer(algorithm) as issuer:
        for path, admin, other in cases:
            async with in_front_of(issuer, database, keys, oidc_roles_claim=path, **mapped) as client:
                assert await may_see_partners(client, issuer.token(**admin)) == OPEN, path
                assert await may_see_partners(client, issuer.token(**other)) == FORBIDDEN, path


async def test_P5_a_value_that_is_not_mapped_gives_nothing(database: Database, keys: harness.Keys) -> None:
    async with running_issuer() as issuer:
        async with in_front_of(issuer, database, keys, oidc_roles={"kam-admin": "admin"}) as client:
            assert await may_see_partners(client, issuer.token(sub="a", roles=["admin"])) == FORBIDDEN
            assert await may_see_partners(client, issuer.token(sub="a", roles=["kam-admin"])) == OPEN
        async with in_front_of(issuer, database, keys) as client:
            assert await may_see_partners(client, issuer.token(sub="a", roles=["admin"])) == OPEN


async def test_P5_the_subject_may_lie_in_another_claim(database: Database, keys: harness.Keys) -> None:
    async with running_issuer() as issuer, in_front_of(issuer, database, keys, oidc_subject_claim="oid") as client:
        assert await may_see_partners(client, issuer.token(**entra_claims("admin"))) == OPEN
        assert await may_see_partners(client, issuer.token(sub="a", roles=["admin"])) == (401, "token_invalid")


@pytest.mark.parametrize(
    "given",
    [
        {"oidc_roles": {"x": "king"}},
        {"oidc_roles_claim": "a..b"},
        {"oidc_roles_claim": ""},
        {"oidc_roles_claim": r"a\b"},
        {"oidc_roles_claim": "a\\"},
        {"oidc_client_id": "desk"},
    ],
)
def test_P5_settings_that_lead_nowhere_stop_the_gateway(keys: harness.Keys, given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        harness.settings_of("gateway", "postgresql://x/y", keys.directory, **given)


NAMES = st.lists(st.text(min_size=1), min_size=1, max_size=4)


@given(NAMES, st.lists(st.sampled_from(["agent", "head", "king"])))
def test_P5_any_name_of_a_claim_can_be_written_as_a_path(names: list[str], roles: list[str]) -> None:
    path = ".".join(name.replace("\\", "\\\\").replace(".", "\\.") for name in names)
    claims: Any = roles
    for name in reversed(names):
        claims = {name: claims}
    assert ClaimPath.parse(path).names == tuple(names)
    nowhere = ClaimPath(("",))
    places = ClaimPlaces(nowhere, ClaimPath.parse(path), nowhere, {})
    assert places.roles_in(claims, {"agent", "head"}) == set(roles) - {"king"}
    assert places.roles_in({names[0]: 7} if len(names) > 1 else {}, {"agent"}) == frozenset()
