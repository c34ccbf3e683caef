"""Pages from templates: in the reader's language, everything escaped, nothing loaded from elsewhere, no script."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, get_args

from fastapi import Query, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.gateway.access.dependencies import address_of, authenticator_of
from services.gateway.dependencies import settings_of
from services.gateway.desk import domain as views
from services.gateway.desk.handlers import PageParts
from services.gateway.desk.routes.cookies import LANGUAGE_COOKIE, SESSION_COOKIE, cookie_of, set_cookie
from services.gateway.desk.texts import TEXTS, code_names, preferred_language, sentences, tier_names
from shared.chassis import Actor, Refused
from shared.chassis.audience import may_read
from shared.texts import Language

Role = Literal["agent", "manager", "head", "analyst", "auditor", "admin"]
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",  # with no-referrer, browsers hide the origin of our own forms as well
}
AREA = Path(__file__).parent.parent
TEMPLATES = Environment(
    loader=FileSystemLoader(AREA / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
ChosenLanguage = Annotated[str | None, Query(alias="lang", max_length=2)]


async def signed_in_actor(request: Request) -> Actor | None:
    """Who has signed in; nobody when the cookie is missing or its token has ended. Partners have no desk."""
    token = cookie_of(request, SESSION_COOKIE)
    if not token:
        return None
    try:
        actor = await authenticator_of(request).actor(token, address_of(request))
    except Refused:
        return None
    return None if actor.partner_id is not None or actor.kind != "person" else actor


def language_of(request: Request, requested: str | None) -> Language:
    """The reader's language: chosen in the address, before, or in the browser."""
    accepted = request.headers.get("accept-language", "")
    return preferred_language(requested, cookie_of(request, LANGUAGE_COOKIE), accepted)


def show_page(
    request: Request,
    lang: str | None,
    template: str,
    actor: Actor | None,
    page: PageParts | None = None,
    *,
    search: str = "",
    status: int = 200,
    **more: object,
) -> Response:
    """A page of the desk; `more` is what one template alone shows."""
    language = language_of(request, lang)
    settings = settings_of(request)
    page = page or PageParts()
    levels = page.parts.get("pyramid", {}).get("levels", [])
    given = {"notice": None, "end_address": None} | more
    html = TEMPLATES.get_template(f"{template}.html").render(
        language=language,
        t=TEXTS[language],
        name_of=code_names(language),
        tier_name=tier_names(levels, language),
        actor=actor,
        shows_margin=actor is not None and may_read(actor, "margin"),
        roles=get_args(Role),
        development=settings.dev_issuer,
        provider=authenticator_of(request).provider_sign_in.is_configured,
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
        **given,
    )
    answer = HTMLResponse(html, status, headers=HEADERS)
    if lang in ("en", "zh"):
        set_cookie(request, answer, LANGUAGE_COOKIE, lang, max_age=31_536_000)
    return answer
