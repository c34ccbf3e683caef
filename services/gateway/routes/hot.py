"""The hot path: one body, read and checked by pydantic's core in one go, and an answer that is bytes already.

FastAPI still writes its contract from the signature; its own reading (JSON to Python, dependencies, a response model)
is what is left out. Policies are checked as on every other route.
"""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, get_type_hints

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError

from shared.chassis import Refused
from shared.chassis.access import Policy, actor_of


class HotRoute(APIRoute):
    """For endpoints of the form `(body: Model, request: Request) -> Response`."""

    policies: Sequence[Policy] = ()  # told at the start by the chassis

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        endpoint: Any = self.endpoint
        model: type[BaseModel] = get_type_hints(endpoint)["order"]

        async def answer(request: Request) -> Response:
            if not self.policies:
                raise RuntimeError("a hot route without a policy")
            actor = await actor_of(request)
            for policy in self.policies:
                policy.check(actor)
            require_media_type(request, "application/json")
            body = read_body(model, await request.body())
            response: Response = await endpoint(body, request)
            return response

        return answer


def read_body(model: type[BaseModel], body: bytes) -> Any:
    """The body as the model, or the same problem that FastAPI's reading would give."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        found = [{**one, "loc": ("body", *one["loc"])} for one in error.errors(include_url=False, include_input=False)]
        raise RequestValidationError(found) from None


def require_media_type(request: Request, *wanted: str) -> None:
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent not in wanted:
        raise Refused(415, "unsupported_media_type", f"Send {' or '.join(wanted)}.")
