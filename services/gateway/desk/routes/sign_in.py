"""Signing in at the desk: at the identity provider by authorization code, or with a development token; and out."""

from typing import get_args
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.gateway.access.dependencies import address_of, authenticator_of
from services.gateway.access.domain.code_flow import SignInFailed
from services.gateway.access.handlers.development_tokens import development_token
from services.gateway.access.handlers.provider_sign_in import ATTEMPT_SECONDS
from services.gateway.access.handlers.sign_out import end_token
from services.gateway.dependencies import service_of, settings_of
from services.gateway.desk.routes.cookies import (
    ATTEMPT_COOKIE,
    SESSION_COOKIE,
    cookie_of,
    refuse_other_sites,
    set_cookie,
)
from services.gateway.desk.routes.rendering import ChosenLanguage, Role, show_page
from shared.chassis import Refused, passes_query_on, public
from shared.errors import DomainError, not_found

router = APIRouter(prefix="/desk", include_in_schema=False, redirect_slashes=False, dependencies=[public()])

CALLBACK = "/desk/sign-in/callback"
STATUS_OF_FAILURE = {"denied": 403, "no_role": 403, "left": 403, "unavailable": 503}  # else 400


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """With a development token. The cookie is SameSite=Strict: other sites cannot send it."""
    settings = settings_of(request)
    if not settings.dev_issuer:
        raise not_found("not_found")
    refuse_other_sites(request)
    form = parse_qs((await request.body())[:1000].decode("ascii", "replace"))
    role, employee_id = form.get("role", [""])[0], form.get("employee_id", [""])[0].strip()
    if role not in get_args(Role):
        raise Refused(422, "unknown_role", "There is no such role.")
    if employee_id:
        await authenticator_of(request).directory.load(employee_id)
    back = RedirectResponse("/desk", 303)
    token = development_token(settings, role, None, None, employee_id or None)
    set_cookie(request, back, SESSION_COOKIE, token, max_age=settings.dev_token_minutes * 60)
    return back


@router.get("/sign-in/provider")
async def sign_in_at_the_provider(request: Request, lang: ChosenLanguage = None) -> Response:
    """Send the browser to the identity provider. What it needs to come back with lies in a cookie, which the link from
    there must send, so it is SameSite=Lax."""
    flow = authenticator_of(request).provider_sign_in
    if not flow.is_configured:
        raise not_found("not_found")
    try:
        address, attempt = await flow.begin(_address(request, CALLBACK))
    except SignInFailed as failed:
        return _failed(request, lang, failed)
    there = RedirectResponse(address, 303, headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
    set_cookie(request, there, ATTEMPT_COOKIE, attempt, max_age=ATTEMPT_SECONDS, same_site="lax")
    return there


@router.get("/sign-in/callback", dependencies=[passes_query_on])
async def come_back_from_the_provider(request: Request) -> Response:
    """The provider sends the browser here. The page leads on by itself: a browser that was sent here by another site
    keeps the session's cookie from a redirect, but not from a page of ours."""
    authenticator = authenticator_of(request)
    flow = authenticator.provider_sign_in
    if not flow.is_configured:
        raise not_found("not_found")
    try:
        kept = cookie_of(request, ATTEMPT_COOKIE)
        session = await flow.complete(kept, dict(request.query_params), _address(request, CALLBACK))
        try:
            await authenticator.verified(session, address_of(request))
        except Refused as refused:
            raise SignInFailed("left" if refused.code == "no_longer_employed" else "failed", refused.code) from None
    except SignInFailed as failed:
        return _failed(request, None, failed)
    page = show_page(request, None, "signed_in", None)
    set_cookie(request, page, SESSION_COOKIE, session, max_age=settings_of(request).desk_session_minutes * 60)
    return _without_a_trace(request, page)


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """Forget the cookie, and end its token: it opens nothing any more, wherever it was copied to."""
    refuse_other_sites(request)
    await _end_session(request)
    flow = authenticator_of(request).provider_sign_in
    back = RedirectResponse("/desk/signed-out" if flow.is_configured else "/desk", 303)
    set_cookie(request, back, SESSION_COOKIE, "", max_age=0)
    back.headers["Clear-Site-Data"] = '"cache", "storage"'
    return back


@router.get("/signed-out")
async def show_signed_out(request: Request, lang: ChosenLanguage = None) -> Response:
    """Who signed out here is still signed in at the provider, until they sign out there as well."""
    address = await authenticator_of(request).provider_sign_in.end_address(_address(request, "/desk"))
    return show_page(request, lang, "sign_in", None, notice="signed_out", end_address=address)


async def _end_session(request: Request) -> None:
    """End the token in the cookie; nothing when it is no person's any more."""
    token = cookie_of(request, SESSION_COOKIE)
    if not token:
        return
    authenticator, service = authenticator_of(request), service_of(request)
    try:
        credential = await authenticator.verified(token, address_of(request))
        await service.database.run(lambda tx: end_token(tx, credential, authenticator, service.security_log))
    except (Refused, DomainError) as refusal:
        if isinstance(refusal, Refused) and refusal.status_code == 503:
            raise  # it is still good: say that it could not be ended


def _failed(request: Request, lang: str | None, failed: SignInFailed) -> Response:
    """The sign-in page, with what went wrong in words; the log gets the detail."""
    if failed.failure != "unavailable":
        log = service_of(request).security_log
        log.record("sign_in_failed", code=failed.failure, reason=failed.detail, address=address_of(request))
    status = STATUS_OF_FAILURE.get(failed.failure, 400)
    page = show_page(request, lang, "sign_in", None, notice=f"sign_in_{failed.failure}", status=status)
    return _without_a_trace(request, page)


def _without_a_trace(request: Request, page: Response) -> Response:
    """The address of this page holds a code: it is kept nowhere, and told nobody. The attempt is over."""
    page.headers["Cache-Control"] = "no-store"
    page.headers["Referrer-Policy"] = "no-referrer"
    set_cookie(request, page, ATTEMPT_COOKIE, "", max_age=0, same_site="lax")
    return page


def _address(request: Request, path: str) -> str:
    """An address of this very gateway, as the browser calls it."""
    return f"{request.url.scheme}://{request.url.netloc}{path}"
