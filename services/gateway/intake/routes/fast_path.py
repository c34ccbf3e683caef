"""The hot path: one body, read the quick way where that knows it, and an answer that is bytes already.

FastAPI still writes its contract from the signature. Left out is its own work on each request: matching through
included routers, exit stacks, JSON to Python, solving dependencies, a response model (together more than everything
intake itself does). Policies are checked as on every other route, errors become problems in the same place.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, get_type_hints

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.types import Receive, Scope, Send

from services.gateway.dependencies import require_media_type
from shared.chassis.access import Policy, actor_of
from shared.chassis.strict_json import parse_json


class HotRoute(APIRoute):
    """For endpoints of the form `(body: Model, request: Request) -> Response`.

    `quick` is asked first and answers bodies in their usual spelling; None leaves it to the endpoint, to say what is
    wrong with it or to read it all the same.
    """

    policies: Sequence[Policy] = ()  # told at the start by the chassis

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Awaitable[Response]],
        *,
        quick: Callable[[bytes, Request], Awaitable[Response | None]],
        **more: Any,
    ) -> None:
        super().__init__(path, endpoint, **more)
        self._model = next(hint for hint in get_type_hints(endpoint).values() if issubclass(hint, BaseModel))
        self._report = endpoint
        self._quick = quick
        self.app = self.serve

    def put_first(self, app: FastAPI) -> None:
        """Before all included routers, so that it is found at the first look."""
        app.router.routes.insert(0, self)

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        if not self.policies:
            raise RuntimeError("a hot route without a policy")
        actor = await actor_of(request)
        for policy in self.policies:
            policy.check(actor)
        require_media_type(request, "application/json")
        body = await request.body()
        response = await self._quick(body, request)
        if response is None:
            response = await self._report(read_body(self._model, body), request)
        await response(scope, receive, send)


def read_body(model: type[BaseModel], body: bytes) -> Any:
    """The body as the model, or the same problem that FastAPI's reading would give."""
    parse_json(body)  # first, as on every other route: it names what pydantic calls malformed, or lets pass
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        found = [{**one, "loc": ("body", *one["loc"])} for one in error.errors(include_url=False, include_input=False)]
        raise RequestValidationError(found) from None
