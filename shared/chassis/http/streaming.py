"""Routes for bytes: a body is read as it comes, an answer is sent as it is made, and nothing is held meanwhile.

No transaction is open and no connection is kept while bytes flow: a route asks `service.database.run` for short ones.
What is sent is not read twice, so nothing is tried again here and an `Idempotency-Key` has no meaning: uploads say by
their offset what they bring.
"""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from shared.chassis.access.identity import actor_of
from shared.chassis.access.policy import Policy


class StreamingRoute(APIRoute):
    """The route class of `streaming_router`: policies first, then the handler, whose body nobody has read."""

    policies: Sequence[Policy] = ()  # told at start (`access.py`)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's hook. A handler takes the `Request` itself; declared bodies would be read whole."""
        if self.body_field is not None:
            raise TypeError("a streaming route reads its body itself")
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            if any(policy.scopes for policy in self.policies):
                actor = await actor_of(request)
                for policy in self.policies:
                    if policy.scopes:
                        policy.check(actor)
            return await handle(request)

        return answer


def streaming_router(prefix: str = "", tags: Sequence[str] = (), dependencies: Sequence[Any] = ()) -> APIRouter:
    """An APIRouter of StreamingRoutes. Each route carries `dependencies=[allow("…")]`."""
    return APIRouter(
        prefix=prefix,
        tags=list(tags),
        dependencies=list(dependencies),
        route_class=StreamingRoute,
        redirect_slashes=False,
    )
