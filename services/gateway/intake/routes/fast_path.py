"""The fast path of one route: a body read by a fast parser where that knows it, an answer that is bytes already.

FastAPI still writes its contract from the signature. Left out is its own work on each request: matching through
included routers, exit stacks, JSON to Python, solving dependencies, a response model (together more than everything
intake itself does). Policies are checked as on every other route, errors become problems in the same place.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, get_type_hints

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.types import Receive, Scope, Send

from services.gateway.dependencies import require_media_type
from shared.chassis.access import Policy, actor_of
from shared.chassis.http.strict_json import parse_json
from shared.chassis.problems import invalid_body


class FastPathRoute(APIRoute):
    """For endpoints of the form `(body: Model, request: Request) -> Response`.

    `fast_path` is tried first and answers bodies in their usual spelling; when it returns None, the endpoint reads the
    body exactly, or says what is wrong with it.
    """

    policies: Sequence[Policy] = ()  # set at the start by the chassis

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Awaitable[Response]],
        *,
        fast_path: Callable[[bytes, Request], Awaitable[Response | None]],
        **more: Any,
    ) -> None:
        super().__init__(path, endpoint, **more)
        self._model = next(hint for hint in get_type_hints(endpoint).values() if issubclass(hint, BaseModel))
        self._exact_path = endpoint
        self._fast_path = fast_path
        self.app = self.serve

    def put_first(self, app: FastAPI) -> None:
        """Put the route before all others, so that it is matched first."""
        app.router.routes.insert(0, self)

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: policies, media type, body, fast path, exact path."""
        request = Request(scope, receive, send)
        if not self.policies:
            raise RuntimeError("a fast path without a policy")
        actor = await actor_of(request)
        for policy in self.policies:
            policy.check(actor)
        require_media_type(request, "application/json")
        body = await request.body()
        response = await self._fast_path(body, request)
        if response is None:
            response = await self._exact_path(read_body(self._model, body), request)
        await response(scope, receive, send)


def read_body(model: type[BaseModel], body: bytes) -> Any:
    """The body as the model, or the same problem that FastAPI's reading would give."""
    parse_json(body)  # first, as on every other route: it names what pydantic calls malformed, or lets pass
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise invalid_body(error) from None
