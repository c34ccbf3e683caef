"""The operator's way to the services' /internal paths: a short token signed with the data directory's own key."""

import time
import uuid
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
import jwt

from deploy.embedded.keys import OPERATOR, private_key

LIFETIME_SECONDS = 60


class Unreachable(Exception):
    """A service did not answer, or answered with an error; the text says which."""


def operator_token(keys: Path, audience: str) -> str:
    """Valid for a minute and for one service."""
    now = int(time.time())
    claims = {
        "iss": OPERATOR,
        "aud": audience,
        "sub": OPERATOR,
        "kind": "service",
        "scopes": ["internal", "ops"],
        "roles": [],
        "iat": now,
        "exp": now + LIFETIME_SECONDS,
        "jti": str(uuid.uuid4()),
    }
    return jwt.encode(claims, private_key(keys, OPERATOR), algorithm="EdDSA", headers={"kid": OPERATOR})


class Operator:
    """Calls /internal of any service, at the internal addresses (State.internal)."""

    def __init__(self, keys: Path, internal_urls: dict[str, str], timeout: float = 5) -> None:
        self._keys = keys
        self._urls = internal_urls
        self._http = httpx.Client(timeout=timeout, trust_env=False)

    def get(self, service: str, path: str) -> Any:
        return self._call("GET", service, path)

    def post(self, service: str, path: str) -> Any:
        return self._call("POST", service, path)

    def _call(self, method: str, service: str, path: str) -> Any:
        headers = {"Authorization": f"Bearer {operator_token(self._keys, service)}"}
        try:
            answer = self._http.request(method, f"{self._urls[service]}{path}", headers=headers)
        except httpx.HTTPError as error:
            raise Unreachable(f"no answer ({type(error).__name__})") from error
        if answer.is_error:
            raise Unreachable(f"answered {answer.status_code}: {answer.text[:200]}")
        return answer.json() if answer.content else None

    def __enter__(self) -> "Operator":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()
