"""The desk: a page to look at (G7): the pyramid, movers, search, and a customer with the reasons for its tier.

It only reads. Everything is escaped, nothing is loaded from elsewhere, no script runs. Signing in puts a token into a
cookie that scripts cannot read and other sites cannot send.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, get_args
from urllib.parse import parse_qs

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.gateway.access.dependencies import address_of, authenticator_of
from services.gateway.access.handlers.development_tokens import development_token
from services.gateway.access.handlers.sign_out import end_token
from services.gateway.core.domain import uuid_in
from services.gateway.dependencies import service_of, settings_of
from services.gateway.desk import domain as views
from services.gateway.desk.handlers import (
    PageParts,
    load_customer_page,
    load_dashboard,
    load_message_page,
    load_outbox,
)
from services.gateway.desk.texts import TEXTS, code_names, preferred_language, sentences, tier_names
from services.gateway.forwarding.dependencies import composer_of
from shared.chassis import Actor, Refused, public
from shared.chassis.audience import may_read
from shared.errors import DomainError, not_found
from shared.texts import Language

root = APIRouter(include_in_schema=False, redirect_slashes=False)
router = APIRouter(prefix="/desk", include_in_schema=False, redirect_slashes=False, dependencies=[public()])

COOKIE, LANGUAGE_COOKIE = "patron_desk", "patron_language"
HOST_ONLY = "__Host-"  # a browser takes such a cookie by TLS alone, for this very host, all of its paths
Role = Literal["agent", "manager", "head", "analyst", "auditor", "admin"]
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",  # with no-referrer, browsers hide the origin of our own forms as well
}
AREA = Path(__file__).parent
TEMPLATES = Environment(
    loader=FileSystemLoader(AREA / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
ChosenLanguage = Annotated[str | None, Query(alias="lang", max_length=2)]


@root.get("/", dependencies=[public()])
async def lead_to_the_desk() -> Response:
    """Whoever opens the address of the system finds its page."""
    return RedirectResponse("/desk", 307)


@router.get("")
async def show_desk(
    request: Request, q: Annotated[str, Query(max_length=200)] = "", lang: ChosenLanguage = None
) -> Response:
    """The dashboard, with what was searched for; the sign-in page to who has not signed in."""
    actor = await _actor(request)
    if actor is None:
        return _page(request, lang, "sign_in", None)
    search = q.strip()
    page = await load_dashboard(composer_of(request), actor, search, service_of(request).clock())
    return _page(request, lang, "dashboard", actor, page, search=search)


@router.get("/customers/{customer_id}")
async def show_customer(request: Request, customer_id: str, lang: ChosenLanguage = None) -> Response:
    """The page of one customer."""
    actor = await _actor(request)
    if actor is None:
        return _page(request, lang, "sign_in", None)
    id = uuid_in(customer_id)
    if id is None:
        return _page(request, lang, "not_found", actor, status=404)
    page = await load_customer_page(composer_of(request), actor, id, _language(request, lang))
    if page.not_found:
        return _page(request, lang, "not_found", actor, page, status=404)
    return _page(request, lang, "customer", actor, page)


@router.get("/messages")
async def show_outbox(request: Request, lang: ChosenLanguage = None) -> Response:
    """The outbox: messages that customers are to get, which somebody else sends."""
    actor = await _actor(request)
    if actor is None:
        return _page(request, lang, "sign_in", None)
    return _page(request, lang, "messages", actor, await load_outbox(composer_of(request), actor))


@router.get("/messages/{message_id}")
async def show_message(request: Request, message_id: str, lang: ChosenLanguage = None) -> Response:
    """One message of the outbox, with its text."""
    actor = await _actor(request)
    if actor is None:
        return _page(request, lang, "sign_in", None)
    id = uuid_in(message_id)
    if id is None:
        return _page(request, lang, "not_found", actor, status=404)
    page = await load_message_page(composer_of(request), actor, id)
    if page.not_found:
        return _page(request, lang, "not_found", actor, page, status=404)
    return _page(request, lang, "message", actor, page)


@router.get("/style.css")
async def show_style() -> Response:
    """The style sheet of all pages."""
    return Response(
        (AREA / "static" / "desk.css").read_bytes(), media_type="text/css", headers={"Cache-Control": "max-age=300"}
    )


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """With a development token. The cookie is SameSite=Strict: other sites cannot send it."""
    settings = settings_of(request)
    if not settings.dev_issuer:
        raise not_found("not_found")
    _refuse_other_sites(request)
    role = parse_qs((await request.body())[:1000].decode("ascii", "replace")).get("role", [""])[0]
    if role not in get_args(Role):
        raise Refused(422, "unknown_role", "There is no such role.")
    back = RedirectResponse("/desk", 303)
    token = development_token(settings, role, None, None)
    _set_cookie(request, back, COOKIE, token, max_age=settings.dev_token_minutes * 60)
    return back


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """Forget the cookie, and end its token: it opens nothing any more, wherever it was copied to."""
    _refuse_other_sites(request)
    await _end_session(request)
    back = RedirectResponse("/desk", 303)
    _set_cookie(request, back, COOKIE, "", max_age=0)
    back.headers["Clear-Site-Data"] = '"cache", "storage"'
    return back


def _set_cookie(request: Request, answer: Response, name: str, value: str, *, max_age: int) -> None:
    """No script reads it, no other site sends it; by TLS it is bound to this host, too."""
    by_tls = request.url.scheme == "https"
    answer.set_cookie(
        f"{HOST_ONLY}{name}" if by_tls else name,
        value,
        max_age=max_age,
        path="/" if by_tls else "/desk",
        httponly=True,
        samesite="strict",
        secure=by_tls,
    )


def _cookie(request: Request, name: str) -> str | None:
    return request.cookies.get(f"{HOST_ONLY}{name}" if request.url.scheme == "https" else name)


async def _end_session(request: Request) -> None:
    """End the token in the cookie; nothing when it is no person's any more."""
    token = _cookie(request, COOKIE)
    if not token:
        return
    authenticator, service = authenticator_of(request), service_of(request)
    try:
        credential = await authenticator.verified(token, address_of(request))
        await service.database.run(lambda tx: end_token(tx, credential, authenticator, service.security_log))
    except (Refused, DomainError) as refusal:
        if isinstance(refusal, Refused) and refusal.status_code == 503:
            raise  # it is still good: say that it could not be ended


def _refuse_other_sites(request: Request) -> None:
    """Browsers say where a form was sent from; a form of another site is nobody's wish."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Refused(403, "foreign_site", "This form was sent from another site.")


async def _actor(request: Request) -> Actor | None:
    """Who has signed in; nobody when the cookie is missing or its token has ended. Partners have no desk."""
    token = _cookie(request, COOKIE)
    if not token:
        return None
    try:
        actor = await authenticator_of(request).actor(token, address_of(request))
    except Refused:
        return None
    return None if actor.partner_id is not None or actor.kind != "person" else actor


def _language(request: Request, requested: str | None) -> Language:
    accepted = request.headers.get("accept-language", "")
    return preferred_language(requested, _cookie(request, LANGUAGE_COOKIE), accepted)


def _page(
    request: Request,
    lang: str | None,
    template: str,
    actor: Actor | None,
    page: PageParts | None = None,
    *,
    search: str = "",
    status: int = 200,
) -> Response:
    language = _language(request, lang)
    settings = settings_of(request)
    page = page or PageParts()
    levels = page.parts.get("pyramid", {}).get("levels", [])
    html = TEMPLATES.get_template(f"{template}.html").render(
        language=language,
        t=TEXTS[language],
        name_of=code_names(language),
        tier_name=tier_names(levels, language),
        actor=actor,
        shows_margin=actor is not None and may_read(actor, "margin"),
        roles=get_args(Role),
        can_sign_in=settings.dev_issuer,
        path=request.url.path,
        search=search,
        currency=settings.currency,
        parts=page.parts,
        missing=page.missing,
        names=page.parts.get("names", {}),
        pyramid_levels=views.pyramid_levels(levels),
        time=views.TimeFormatter(datetime.now(UTC), settings.zone, sentences(language)),
        money=views.money,
        count=views.count,
    )
    answer = HTMLResponse(html, status, headers=HEADERS)
    if lang in ("en", "zh"):
        _set_cookie(request, answer, LANGUAGE_COOKIE, lang, max_age=31_536_000)
    return answer
