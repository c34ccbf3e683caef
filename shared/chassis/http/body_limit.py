"""How large a body may be: one table for all services, which the contract repeats at each operation (`x-max-bytes`).

Refused by its declared length before anything is read, and by what really comes when it declares none. What is refused
ends the connection: nobody reads the rest. A single body stays so small that reading it never holds the others up;
where megabytes are taken, they are lines, each no larger than a single body (`ndjson.py`).
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.chassis.http.query_parameters import check_query
from shared.chassis.problems import Refused, problem_of

KIB = 1024
OTHERS = 64 * KIB
RECORD = 256 * KIB  # an order of 500 lines, a customer's whole file
DOCUMENT = 512 * KIB  # a rule set: a thousand rates, the working days of ten years
BATCH = 8 * KIB * KIB  # a thousand lines
UPLOAD = 2 * KIB * KIB * KIB  # streamed, never held; how large one may be is also a setting of who keeps it
SMALLEST = 4 * KIB

TABLE: tuple[tuple[str, int], ...] = (
    (r"/dev/token|/desk/.*", SMALLEST),
    (r"/v1/orders|/v1/customers(/[^/]+)?", RECORD),
    (r"/v1/(orders|customers):batch", BATCH),
    (r"/v1/([a-z-]+-(rules|policies|indexes|targets|schedules)|programmes)(/[^/]+/versions)?", DOCUMENT),
    (r"/v1/uploads/[^/]+", UPLOAD),
    (r"/internal/.*", RECORD),
)
FORMS = [(re.compile(form), limit) for form, limit in TABLE]


@lru_cache(maxsize=1024)
def body_limit(path: str) -> int:
    """The most bytes that a body sent to this path, or to such a template of paths, may have."""
    return next((limit for form, limit in FORMS if form.fullmatch(path)), OTHERS)


class BodyLimit:
    """Pure ASGI. `paths` gives single paths another limit than the table. Queries are bounded here too."""

    def __init__(self, app: ASGIApp, *, paths: Mapping[str, int]) -> None:
        self.app = app
        self._limit_of: Callable[[str], int] = lambda path: paths.get(path) or body_limit(path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        check_query(scope["query_string"])
        declared, is_streamed = _declared(scope)
        if declared > SMALLEST and declared > (limit := self._limit_of(scope["path"])):
            await problem_of(_too_large(limit))(scope, receive, send)
            return
        if is_streamed:
            receive = _counted(receive, self._limit_of(scope["path"]))
        try:
            await self.app(scope, receive, send)
        except ClientDisconnect:
            return  # nobody is left to be answered


def _counted(receive: Receive, limit: int) -> Receive:
    received = 0

    async def receive_within_limit() -> Message:
        nonlocal received
        message = await receive()
        if message["type"] == "http.request":
            received += len(message.get("body", b""))
            if received > limit:
                raise _too_large(limit)
        return message

    return receive_within_limit


def _declared(scope: Scope) -> tuple[int, bool]:
    """The declared length, and whether there is a body that declares none. What is declared is all that the server
    lets through."""
    is_streamed = False
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0, False
        if name == b"transfer-encoding":
            is_streamed = True
    return 0, is_streamed


def _too_large(limit: int) -> Refused:
    headers = {"Connection": "close"}
    return Refused(413, "body_too_large", f"The body may have {limit} bytes at most.", headers=headers, limit=limit)
