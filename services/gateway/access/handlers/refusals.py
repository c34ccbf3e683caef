"""How credentials are refused: 401 with the code that says why, 429 to who failed too often."""

from math import ceil

from shared.chassis import Refused

INVALID_SECONDS = 60.0  # how long a refused credential is remembered: it can not become a good one


class NotVerified(Exception):
    """A credential that is not good: the refusal for it, how long it is believed, and whether it is held against who
    presented it. `was_remembered`: it was refused before, and not looked at again."""

    def __init__(
        self,
        refusal: Refused,
        *,
        seconds: float = INVALID_SECONDS,
        counts: bool = True,
        was_remembered: bool = False,
    ) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal
        self.seconds = seconds
        self.counts = counts
        self.was_remembered = was_remembered


def unauthorized(code: str, detail: str) -> Refused:
    """401 with the challenge that RFC 9110 asks for."""
    return Refused(401, code, detail, headers={"WWW-Authenticate": "Bearer"})


def token_invalid(*, seconds: float = INVALID_SECONDS) -> NotVerified:
    """The one answer to all that is not right about a token; `seconds` it is believed."""
    return NotVerified(unauthorized("token_invalid", "The token is not valid."), seconds=seconds)


def too_many_failed_sign_ins(seconds: float) -> Refused:
    """429 to who presented too many credentials that are not good; `seconds` until the next one is looked at."""
    return Refused(
        429,
        "too_many_failed_sign_ins",
        "Too many tokens or keys from here were not valid. Wait, and send a valid one.",
        headers={"Retry-After": str(max(1, ceil(seconds)))},
    )
