"""An OpenID Connect provider on 127.0.0.1: discovery, keys, authorization and token endpoints, PKCE, tokens.

Written from OpenID Connect Core, Discovery and RFC 7636, not from the product: it refuses what a provider refuses. Who
comes to its authorization endpoint is signed in at once as `claims` say, or refused with `refusal`.
"""

import asyncio
import json
import socket
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qs, urlencode

import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT_ID = "patron-desk-client"
API_AUDIENCE = "patron"


@dataclass
class Grant:
    """A code that was given out: for whom, and what its exchange has to match."""

    query: Mapping[str, str]
    claims: Mapping[str, Any]


@dataclass
class OidcIssuer:
    """`in_access_token`: claims that only the access token has, as Keycloak's roles. `wrong` spoils the id token."""

    algorithm: str = "RS256"
    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "ann", "roles": ["head"]})
    in_access_token: dict[str, Any] = field(default_factory=dict)
    refusal: str | None = None
    is_away: bool = False
    wrong: dict[str, Any] = field(default_factory=dict)
    issuer: str = ""
    grants: dict[str, Grant] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.key: Any = (
            rsa.generate_private_key(public_exponent=65537, key_size=2048)
            if self.algorithm == "RS256"
            else ec.generate_private_key(ec.SECP256R1())
        )

    def token(self, **claims: Any) -> str:
        """A token of this provider, signed with its key."""
        now = int(time.time())
        fixed = {"iss": self.issuer, "aud": API_AUDIENCE, "iat": now, "exp": now + 300, "jti": token_urlsafe(8)}
        present = {name: value for name, value in (fixed | claims).items() if value is not None}
        return jwt.encode(present, self.key, algorithm=self.algorithm, headers={"kid": "k1"})

    def app(self) -> Starlette:
        """The provider as an application."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discovery),
                Route("/keys", self._keys),
                Route("/authorize", self._authorize),
                Route("/token", self._give_tokens, methods=["POST"]),
                Route("/logout", lambda _: PlainTextResponse("signed out")),
            ]
        )

    async def _discovery(self, request: Request) -> Response:
        self.paths.append(str(request.url))
        if self.is_away:
            return JSONResponse({}, 503)
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "end_session_endpoint": f"{self.issuer}/logout",
                "code_challenge_methods_supported": ["S256"],
                "response_types_supported": ["code"],
            }
        )

    async def _keys(self, _: Request) -> Response:
        algorithm = jwt.algorithms.RSAAlgorithm if self.algorithm == "RS256" else jwt.algorithms.ECAlgorithm
        published = json.loads(algorithm.to_jwk(self.key.public_key()))
        return JSONResponse({"keys": [published | {"kid": "k1", "alg": self.algorithm, "use": "sig"}]})

    async def _authorize(self, request: Request) -> Response:
        self.paths.append(str(request.url))
        query = dict(request.query_params)
        if query.get("client_id") != CLIENT_ID or not query.get("redirect_uri", "").startswith("http"):
            return PlainTextResponse("who is that?", 400)
        if self.refusal is not None:
            answer = {"error": self.refusal, "state": query["state"]}
        elif query.get("response_type") != "code" or query.get("code_challenge_method") != "S256":
            answer = {"error": "invalid_request", "state": query["state"]}
        else:
            assert len(query["code_challenge"]) == 43
            assert "openid" in query["scope"].split()
            code = token_urlsafe(16)
            self.grants[code] = Grant(query, dict(self.claims))
            answer = {"code": code, "state": query["state"], "iss": self.issuer, "session_state": "of-no-interest"}
        return RedirectResponse(f"{query['redirect_uri']}?{urlencode(answer)}", 302)

    async def _give_tokens(self, request: Request) -> Response:
        self.paths.append(str(request.url))
        if self.is_away:
            return JSONResponse({}, 503)
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        grant = self.grants.pop(form.get("code", ""), None)
        verifier = form.get("code_verifier", "")
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        if (
            grant is None
            or form.get("grant_type") != "authorization_code"
            or (form.get("client_id"), form.get("redirect_uri")) != (CLIENT_ID, grant.query["redirect_uri"])
            or not 43 <= len(verifier) <= 128
            or challenge != grant.query["code_challenge"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        identity = grant.claims | {"aud": CLIENT_ID, "nonce": grant.query["nonce"]} | self.wrong
        access = grant.claims | self.in_access_token
        tokens = {"id_token": self.token(**identity), "access_token": self.token(**access)}
        return JSONResponse(tokens | {"token_type": "Bearer", "expires_in": 300})


@asynccontextmanager
async def running_issuer(algorithm: str = "RS256", **more: Any) -> AsyncIterator[OidcIssuer]:
    """A provider at a free port."""
    issuer = OidcIssuer(algorithm, **more)
    listening = socket.create_server(("127.0.0.1", 0))  # who connects before it serves waits for it
    issuer.issuer = f"http://127.0.0.1:{listening.getsockname()[1]}"
    server = uvicorn.Server(uvicorn.Config(issuer.app(), log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield issuer
    finally:
        server.should_exit = True
        await serving
        listening.close()


def keycloak_claims(client: str, *roles: str) -> dict[str, Any]:
    """As Keycloak's access tokens say it: roles of the realm, and of one client."""
    return {
        "sub": "f:5f7c:ann",
        "preferred_username": "ann",
        "realm_access": {"roles": ["offline_access", "default-roles-acme", *roles]},
        "resource_access": {client: {"roles": list(roles)}, "account": {"roles": ["manage-account"]}},
    }


def entra_claims(*roles: str) -> dict[str, Any]:
    """As Entra's tokens say it: app roles in `roles`, a subject of this app alone, and the object's id."""
    return {
        "sub": "pairwise-of-this-app",
        "oid": "0c3a8b1e-0000-4000-8000-000000000001",
        "roles": list(roles),
        "ver": "2.0",
    }
