"""Routes with one transaction a request: begun when `Tx` is asked for, committed before the answer leaves.

A deadlock or serialisation error runs the handler again from the start; the body is read once. So does a customer that
was not known, once it was looked for at its owners. An error leaves nothing behind, also no idempotency row.
"""

from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.params import Form
from fastapi.routing import APIRoute

from shared.chassis.access.identity import ACTOR, Actor, actor_of
from shared.chassis.access.policy import Policy
from shared.chassis.http import idempotency
from shared.chassis.http.strict_json import parse_json
from shared.chassis.http.unknown_customers import CustomerLookup
from shared.chassis.problems import Refused
from shared.chassis.service import Service
from shared.errors import DomainError
from shared.messaging import Transaction
from shared.messaging.backoff import sleep_after_conflict
from shared.messaging.database.failures import is_conflict
from shared.messaging.database.transaction import MAX_CONFLICT_TRIES

ATTEMPT = "patron.attempt"


class StrictRequest(Request):
    """A request whose JSON is read strictly (`strict_json.py`)."""

    async def json(self) -> Any:
        """The body as JSON, parsed once."""
        if not hasattr(self, "_parsed"):
            self._parsed = parse_json(await self.body())
        return self._parsed


class RolledBack(Exception):
    """Not an error: the handler answered with one, so its changes go."""

    def __init__(self, response: Response) -> None:
        super().__init__("rolled back")
        self.response = response


class Attempt:
    """One try at a request: at most one transaction, entered lazily so that who may not pass costs no connection."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.tx: Transaction | None = None
        self._claim: idempotency.Claim | None = None
        self._stack = AsyncExitStack()

    async def begin(self) -> Transaction:
        """The request's transaction, begun at the first call; it claims the Idempotency-Key when there is one."""
        if self.tx is None:
            service: Service = self.request.app.state.service
            key = idempotency.key_of(self.request)
            self.tx = await self._stack.enter_async_context(service.database.transaction())
            if key is not None:
                actor: Actor | None = self.request.scope.get(ACTOR)
                client = "public" if actor is None else actor.client
                self._claim = await idempotency.claim(self.tx, self.request, key, client)
        return self.tx

    async def settle(self, response: Response) -> None:
        """The handler answered: keep its reply, or drop its changes when the answer is an error."""
        if self.tx is None:
            return
        if response.status_code >= 400:
            raise RolledBack(response)
        if self._claim is not None:
            if not hasattr(response, "body"):
                raise TypeError("a streamed answer can not be kept for an Idempotency-Key")
            await idempotency.remember(self.tx, self._claim, response)

    async def __aenter__(self) -> "Attempt":
        await self._stack.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return await self._stack.__aexit__(kind, error, trace)


class TransactionRoute(APIRoute):
    """The route class of `service_router`."""

    policies: Sequence[Policy] = ()  # told at start (`access.py`), so that it is checked before the body is read

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's hook: policies first, then the media type, then the handler in a transaction."""
        handle = super().get_route_handler()
        takes_json = self.body_field is not None and not isinstance(self.body_field.field_info, Form)

        async def answer(received: Request) -> Response:
            request = StrictRequest(received.scope, received.receive)
            if any(policy.scopes for policy in self.policies):
                actor = await actor_of(request)
                for policy in self.policies:
                    if policy.scopes:
                        policy.check(actor)
            if takes_json:
                await _require_json(request)
            return await _answer_in_a_transaction(handle, request)

        return answer


async def _answer_in_a_transaction(
    handle: Callable[[Request], Coroutine[Any, Any, Response]], request: Request
) -> Response:
    lookup = CustomerLookup(request.app.state.service)
    for attempt_number in range(MAX_CONFLICT_TRIES):
        attempt = Attempt(request)
        request.scope[ATTEMPT] = attempt
        try:
            async with attempt:
                response = await handle(request)
                await attempt.settle(response)
        except (idempotency.Replayed, RolledBack) as end:
            return end.response
        except DomainError as refusal:
            if not await lookup.may_be_known_now(refusal):
                raise lookup.answer_to(refusal) from None
        except Exception as error:
            if not is_conflict(error) or attempt_number == MAX_CONFLICT_TRIES - 1:
                raise
            await sleep_after_conflict(attempt_number)
        else:
            return response
    raise AssertionError("unreachable")


async def _require_json(request: Request) -> None:
    """415 for a body that is not said to be JSON. A missing body is missing, whatever its type would have been."""
    if not await request.body():
        return
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    main, _, sub = media_type.partition("/")
    if main != "application" or (sub != "json" and not sub.endswith("+json")):
        raise Refused(415, "unsupported_media_type", "Send application/json.")


async def current_transaction(request: Request) -> Transaction:
    """The transaction of the request that is answered here, begun when it is first asked for."""
    attempt: Attempt | None = request.scope.get(ATTEMPT)
    if attempt is None:
        raise RuntimeError("Tx works in routes of a service_router only")
    return await attempt.begin()


Tx = Annotated[Transaction, Depends(current_transaction)]
"""The request's transaction. Asking for it opens it; nobody but the route ends it. Not for streamed answers."""


def service_router(prefix: str = "", tags: Sequence[str] = (), dependencies: Sequence[Any] = ()) -> APIRouter:
    """An APIRouter of TransactionRoutes. Each route carries `dependencies=[allow("…")]` or `[public()]`."""
    return APIRouter(
        prefix=prefix,
        tags=list(tags),
        dependencies=list(dependencies),
        route_class=TransactionRoute,
        redirect_slashes=False,
    )
