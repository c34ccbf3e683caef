"""The desk: pages to look at (G7): the pyramid, movers, search, a customer with the reasons for its tier, my work.

It only reads. Everything is escaped, nothing is loaded from elsewhere, no script runs. Signing in puts a token into a
cookie that scripts cannot read and other sites cannot send.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from services.gateway.core.domain import uuid_in
from services.gateway.dependencies import service_of
from services.gateway.desk.handlers import (
    PageParts,
    load_customer_page,
    load_dashboard,
    load_message_page,
    load_my_work,
    load_outbox,
)
from services.gateway.desk.routes.rendering import AREA, ChosenLanguage, language_of, show_page, signed_in_actor
from services.gateway.forwarding.dependencies import composer_of
from shared.chassis import Actor, public

root = APIRouter(include_in_schema=False, redirect_slashes=False)
router = APIRouter(prefix="/desk", include_in_schema=False, redirect_slashes=False, dependencies=[public()])


@root.get("/", dependencies=[public()])
async def lead_to_the_desk() -> Response:
    """Whoever opens the address of the system finds its page."""
    return RedirectResponse("/desk", 307)


@router.get("")
async def show_desk(
    request: Request, q: Annotated[str, Query(max_length=200)] = "", lang: ChosenLanguage = None
) -> Response:
    """The dashboard, with what was searched for; the sign-in page to who has not signed in."""
    actor = await signed_in_actor(request)
    if actor is None:
        return show_page(request, lang, "sign_in", None)
    search = q.strip()
    page = await load_dashboard(composer_of(request), actor, search, service_of(request).clock())
    return show_page(request, lang, "dashboard", actor, page, search=search)


@router.get("/customers/{customer_id}")
async def show_customer(request: Request, customer_id: str, lang: ChosenLanguage = None) -> Response:
    """The page of one customer."""
    language = language_of(request, lang)
    return await _show_thing(
        request, lang, "customer", customer_id,
        lambda actor, id: load_customer_page(composer_of(request), actor, id, language),
    )  # fmt: skip


@router.get("/my-work")
async def show_my_work(request: Request, lang: ChosenLanguage = None) -> Response:
    """The tasks, cases and customers of the employee who looks."""
    actor = await signed_in_actor(request)
    if actor is None:
        return show_page(request, lang, "sign_in", None)
    return show_page(request, lang, "my_work", actor, await load_my_work(composer_of(request), actor))


@router.get("/messages")
async def show_outbox(request: Request, lang: ChosenLanguage = None) -> Response:
    """The outbox: messages that customers are to get, which somebody else sends."""
    actor = await signed_in_actor(request)
    if actor is None:
        return show_page(request, lang, "sign_in", None)
    return show_page(request, lang, "messages", actor, await load_outbox(composer_of(request), actor))


@router.get("/messages/{message_id}")
async def show_message(request: Request, message_id: str, lang: ChosenLanguage = None) -> Response:
    """One message of the outbox, with its text."""
    return await _show_thing(
        request, lang, "message", message_id, lambda actor, id: load_message_page(composer_of(request), actor, id)
    )


async def _show_thing(
    request: Request, lang: str | None, template: str, text: str, load: Callable[[Actor, UUID], Awaitable[PageParts]]
) -> Response:
    """The page of the one thing that an id in the path names: for who has signed in, and where there is such a one."""
    actor = await signed_in_actor(request)
    if actor is None:
        return show_page(request, lang, "sign_in", None)
    thing_id = uuid_in(text)
    if thing_id is None:
        return show_page(request, lang, "not_found", actor, status=404)
    page = await load(actor, thing_id)
    if page.not_found:
        return show_page(request, lang, "not_found", actor, page, status=404)
    return show_page(request, lang, template, actor, page)


@router.get("/style.css")
async def show_style() -> Response:
    """The style sheet of all pages."""
    return Response(
        (AREA / "static" / "desk.css").read_bytes(), media_type="text/css", headers={"Cache-Control": "max-age=300"}
    )
