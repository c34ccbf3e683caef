"""How large a body may be: refused by its declared length, and by what really comes when it declares none."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.chassis.problems import Refused, problem_of


class BodyLimit:
    """Pure ASGI. `paths` gives single paths (`/v1/orders:batch`) a limit of their own."""

    def __init__(self, app: ASGIApp, *, limit: int, paths: Mapping[str, int]) -> None:
        self.app = app
        self.limit = limit
        self.paths = dict(paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.paths.get(scope["path"], self.limit)
        if _declared(scope) > limit:
            await problem_of(_too_large(limit))(scope, receive, send)
            return
        received = 0

        async def receive_within_limit() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > limit:
                    raise _too_large(limit)
            return message

        await self.app(scope, receive_within_limit, send)


def _declared(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0


def _too_large(limit: int) -> Refused:
    return Refused(413, "body_too_large", f"The body may have {limit} bytes at most.", limit=limit)
