"""The desk's cookies: what a browser keeps, and who can send it."""

from typing import Literal

from fastapi import Request, Response

from shared.chassis import Refused

SESSION_COOKIE, LANGUAGE_COOKIE, ATTEMPT_COOKIE = "patron_desk", "patron_language", "patron_sign_in"
HOST_ONLY = "__Host-"  # a browser takes such a cookie by TLS alone, for this very host, all of its paths


def set_cookie(
    request: Request,
    answer: Response,
    name: str,
    value: str,
    *,
    max_age: int,
    same_site: Literal["strict", "lax"] = "strict",
) -> None:
    """No script reads it, no other site sends it (`lax`: a link from elsewhere does); by TLS it is bound to this
    host, too."""
    by_tls = request.url.scheme == "https"
    answer.set_cookie(
        f"{HOST_ONLY}{name}" if by_tls else name,
        value,
        max_age=max_age,
        path="/" if by_tls else "/desk",
        httponly=True,
        samesite=same_site,
        secure=by_tls,
    )


def cookie_of(request: Request, name: str) -> str | None:
    """The cookie that was sent; by TLS only one that is bound to this host."""
    return request.cookies.get(f"{HOST_ONLY}{name}" if request.url.scheme == "https" else name)


def refuse_other_sites(request: Request) -> None:
    """Browsers say where a form was sent from; a form of another site is nobody's wish."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Refused(403, "foreign_site", "This form was sent from another site.")
