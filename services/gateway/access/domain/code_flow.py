"""Signing in at a provider by authorization code with PKCE (RFC 6749, 7636, OpenID Connect): what is sent, and checked.

Three secrets of one attempt, each made anew: `state` comes back in the address, so that nobody is signed in who did not
begin it; `nonce` comes back in the token; `verifier` is shown to the token endpoint alone, whose answer is thereby for
who began. They lie in a cookie of the browser; in an address stands only the verifier's digest.
"""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from secrets import token_urlsafe
from typing import Any, Literal, Self
from urllib.parse import urlencode

Failure = Literal["denied", "expired", "failed", "unavailable", "no_role", "left"]
"""Why nobody was signed in: refused there, begun elsewhere or too long ago, answered what is not right, out of reach,
without a role here, or who left."""
DENIED = frozenset({"access_denied", "login_required", "consent_required", "interaction_required"})
AWAY = frozenset({"temporarily_unavailable", "server_error"})


class SignInFailed(Exception):
    """Nobody was signed in. `detail` is for the log of whoever runs Patron: a code, never a secret."""

    def __init__(self, failure: Failure, detail: str) -> None:
        super().__init__(detail)
        self.failure: Failure = failure
        self.detail = detail


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """The secrets of one attempt to sign in."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def begin(cls) -> Self:
        """A new attempt: 256 random bits each."""
        return cls(token_urlsafe(32), token_urlsafe(32), token_urlsafe(32))

    @property
    def challenge(self) -> str:
        """What stands for the verifier in an address (S256)."""
        return urlsafe_b64encode(sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()

    def address(self, endpoint: str, client_id: str, redirect_uri: str, scope: str) -> str:
        """Where the browser is sent to sign in."""
        query = {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": redirect_uri,
            "scope": scope,
            "state": self.state,
            "nonce": self.nonce,
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    def code_in(self, answer: Mapping[str, str], issuer: str) -> str:
        """The code that the provider sent the browser back with. SignInFailed for another attempt's answer, another
        provider's (RFC 9207), or a refusal."""
        if not compare_digest(answer.get("state", "").encode(), self.state.encode()):
            raise SignInFailed("expired", "another state")
        if answer.get("iss", issuer) != issuer:
            raise SignInFailed("failed", "another issuer")
        error = answer.get("error")
        if error is not None:
            failure: Failure = "denied" if error in DENIED else "unavailable" if error in AWAY else "failed"
            raise SignInFailed(failure, f"the provider says {error[:60]!r}")
        code = answer.get("code", "")
        if not 0 < len(code) <= 4096:
            raise SignInFailed("failed", "no code")
        return code

    def check_nonce(self, claims: Mapping[str, Any]) -> None:
        """SignInFailed for a token that was made for another attempt."""
        nonce = claims.get("nonce")
        if not isinstance(nonce, str) or not compare_digest(nonce.encode("utf-8", "replace"), self.nonce.encode()):
            raise SignInFailed("failed", "another nonce")
