"""The outermost layer of every service: request id, trace, unwritable text, the last catch, lines, metrics."""

import re
import time
from urllib.parse import unquote_to_bytes
from uuid import uuid4

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.chassis.access import purpose as purposes
from shared.chassis.access.identity import ACTOR, Actor
from shared.chassis.access.purpose import purpose_of_request
from shared.chassis.http.idempotency import invalid_key
from shared.chassis.observability.logs import REQUEST_ID_FORM, request_id
from shared.chassis.observability.metrics import Metrics
from shared.chassis.observability.security_log import SecurityLog
from shared.chassis.observability.tracing import continue_trace, traceparent
from shared.chassis.problems import PROBLEM_CODE, Refused, problem_of
from shared.messaging.tracing import Attributes, Span, SpanCollector

log = structlog.get_logger(__name__)

SLOW_SECONDS = 1.0
PURPOSE = purposes.HEADER.encode()
GAVE_UP = 499  # the caller went away, or the server is stopping: nobody was answered
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
KEY_ID = "patron.key_id"  # where a scope keeps the id of the partner's key that a refused credential named
# Headers that are read here or handed on. Those of them that cannot be understood are refused; all others may hold
# whatever their senders put into them. (`x-request-id` and `traceparent` are replaced, `authorization` is no token.)
READ_HEADERS = frozenset(
    {
        *(b"accept", b"accept-language", b"content-type", b"content-encoding", b"host", b"idempotency-key"),
        *(b"if-match", b"if-none-match", b"if-modified-since", b"prefer", b"range"),
    }
)
NOT_TEXT = re.compile(rb"[^\t\x20-\x7e]")  # in a field value (RFC 9110), without the bytes above ASCII it tolerates
ALWAYS = ((b"x-content-type-options", b"nosniff"),)
# What a browser makes of an answer that says nothing of its own: no page, of no other site, with no address told on.
UNLESS_SAID = (
    (b"cache-control", b"no-store"),  # answers hold personal data
    (b"content-security-policy", b"default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
# Sent where the request came by TLS, to this process or to a trusted proxy before it; by http browsers ignore it.
BY_TLS_FROM_NOW_ON = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


class RequestContextMiddleware:
    """Pure ASGI. Catches what no handler expected, so that every error is a problem with a code."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, security_log: SecurityLog, verbose: bool = False) -> None:
        self.app = app
        self.verbose = verbose  # a line for every request, not only for slow and failed ones
        self.metrics = metrics
        self.security_log = security_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, began_at = time.perf_counter(), time.time_ns()
        given, trace, purpose = _headers_of(scope)
        identifier = given if given is not None and REQUEST_ID_FORM.fullmatch(given) else uuid4().hex
        own_trace, parent = continue_trace(trace)
        tokens = request_id.set(identifier), traceparent.set(own_trace)
        for_what = purpose_of_request.set(purpose)
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = list(message.get("headers", ()))
                own = {name.lower() for name, _ in headers}
                headers += [(b"x-request-id", identifier.encode()), *ALWAYS]
                headers += [default for default in UNLESS_SAID if default[0] not in own]
                if scope["scheme"] == "https":
                    headers.append(BY_TLS_FROM_NOW_ON)
                message = {**message, "headers": headers}
            await send(message)

        try:
            refusal = unwritable(scope)
            if refusal is not None:
                await problem_of(refusal)(scope, receive, send_with_headers)
            else:
                await self.app(scope, receive, send_with_headers)
        except Exception as error:
            if status:
                raise  # the answer has begun: all that is left is to break the connection
            await problem_of(error)(scope, receive, send_with_headers)
        finally:
            self._account(scope, status, time.perf_counter() - began)
            if SpanCollector.collect is not None:
                SpanCollector.collect(_span_of(scope, status or GAVE_UP, own_trace, parent, began_at))
            request_id.reset(tokens[0])
            traceparent.reset(tokens[1])
            purpose_of_request.reset(for_what)

    def _account(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in METHODS else "OTHER"
        route = getattr(scope.get("route"), "path", None) or "(none)"
        status = status or GAVE_UP
        self.metrics.answered(method, route, status, seconds)
        if 400 <= status < 500 and status != GAVE_UP:
            self._log_refusal(scope, method, route, status)
        if status >= 500 or seconds > SLOW_SECONDS:
            log.warning("answered", method=method, route=route, status=status, seconds=round(seconds, 4))
        elif self.verbose:
            log.debug("answered", method=method, route=route, status=status, seconds=round(seconds, 4))

    def _log_refusal(self, scope: Scope, method: str, route: str, status: int) -> None:
        """Whoever refuses logs it; what a service behind refused is logged there."""
        code, actor = scope.get(PROBLEM_CODE), scope.get(ACTOR)
        if code is None:
            return
        self.security_log.refused(
            status,
            code,
            presented=any(name == b"authorization" and value for name, value in scope["headers"]),
            partner=isinstance(actor, Actor) and actor.partner_id is not None,
            method=method,
            route=route,
            client=actor.client if isinstance(actor, Actor) else None,
            caller=actor.subject if isinstance(actor, Actor) else None,
            key_id=scope.get(KEY_ID),
            address=scope["client"][0] if scope.get("client") else None,
        )


def _headers_of(scope: Scope) -> tuple[str | None, str | None, str | None]:
    identifier = trace = purpose = None
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            identifier = value.decode("latin-1")
        elif name == b"traceparent":
            trace = value.decode("latin-1")
        elif name == PURPOSE:
            purpose = value.decode("latin-1")
    return identifier, trace, purpose


def _span_of(scope: Scope, status: int, own: str, parent: str | None, began_at: int) -> Span:
    method = scope["method"] if scope["method"] in METHODS else "OTHER"
    route = getattr(scope.get("route"), "path", None) or "(none)"
    attributes: Attributes = {"http.request.method": method, "http.route": route, "http.response.status_code": status}
    return Span(f"{method} {route}", "server", own, parent, began_at, time.time_ns(), status >= 500, attributes)


def unwritable(scope: Scope) -> Refused | None:
    """Path, query and headers must be text a database can keep: UTF-8 once decoded, and no NUL anywhere."""
    raw_path: bytes = (scope.get("raw_path") or scope["path"].encode("utf-8", "surrogateescape")).partition(b"?")[0]
    if fault := _fault_of(raw_path):
        return Refused(422, "invalid_text", f"The path {fault}")
    if _fault_of(scope["query_string"]):
        for part in scope["query_string"].split(b"&"):
            if fault := _fault_of(part):
                return Refused(422, "invalid_text", f"The query {fault}").at(_name_in(part))
    for name, value in scope["headers"]:
        if b"\0" in value:
            return Refused(422, "invalid_text", "A header must not hold NUL.").at(name.decode("latin-1"))
        if name == PURPOSE and not purposes.FORM.fullmatch(value.decode("latin-1")):
            return Refused(
                422, "purpose_not_a_code", "A purpose is a code: letters, digits and . _ : / - up to 64 characters."
            ).at("Patron-Purpose")
        if name in READ_HEADERS and NOT_TEXT.search(value):
            if name == b"idempotency-key":
                return invalid_key()
            detail = "This header holds visible ASCII characters only."
            return Refused(422, "invalid_text", detail).at(name.decode("latin-1"))
    return None


def _fault_of(part: bytes) -> str | None:
    if b"%" in part or not part.isascii():
        part = unquote_to_bytes(part)
        try:
            part.decode("utf-8")
        except UnicodeDecodeError:
            return "is not UTF-8."
    return "must not hold NUL." if b"\0" in part else None


def _name_in(part: bytes) -> str:
    return unquote_to_bytes(part.partition(b"=")[0]).decode("utf-8", "replace")
