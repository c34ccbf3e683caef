"""Strict queries: a parameter that a route does not have is refused, on every route, before anything is done.

A parameter that is ignored answers another question than the one that was asked: `as_of` for `at` would show today's
state with 200.
"""

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import ParamTypes
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.datastructures import QueryParams
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.chassis.access.identity import actor_of
from shared.chassis.access.policy import Policy, policies_in
from shared.chassis.problems import PLAIN_NAME, Refused

MOST_PARAMETERS = 300  # in one query; lists of ids have 200
MOST_NAMED = 20  # of the unknown ones, in one refusal


async def _declare_nothing() -> None:
    """Does nothing: the dependency is looked for when the service starts."""


passes_query_on: Any = Depends(_declare_nothing)
"""In `dependencies=[…]` of a route that hands its whole query to another service, which then refuses what it does not
know. Every other route declares what it reads, also where it reads `request.query_params` itself."""


class StrictQuery:
    """Pure ASGI around one route: 422 `unknown_parameter` for a parameter that is not among the route's `names`.

    Who may not use the route at all is told that first (401, 403).
    """

    def __init__(self, app: ASGIApp, *, names: Iterable[str], policies: Sequence[Policy]) -> None:
        self.app = app
        self.names = frozenset(names)
        self.policies = [policy for policy in policies if policy.scopes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["query_string"]:
            unknown = [name for name in QueryParams(scope["query_string"]) if name not in self.names]
            if unknown:
                await self._check_policies(Request(scope))
                raise unknown_parameter(unknown, self.names)
        await self.app(scope, receive, send)

    async def _check_policies(self, request: Request) -> None:
        for policy in self.policies:
            policy.check(await actor_of(request))


def refuse_unknown_parameters(app: FastAPI) -> None:
    """Every route of the application refuses parameters it does not have. Routes that already do stay as they are."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if not isinstance(route, APIRoute) or isinstance(route.app, StrictQuery):
            continue
        if passes_query_on not in route.dependencies:
            policies = policies_in(route.dependencies, route.dependant)
            route.app = StrictQuery(route.app, names=parameters_of(route), policies=policies)


def parameters_of(route: APIRoute) -> set[str]:
    """The names of all query parameters that the route or a dependency of it declares."""
    fields = get_flat_params(route.dependant)
    return {field.alias for field in fields if getattr(field.field_info, "in_", None) is ParamTypes.query}


def check_query(query: bytes) -> None:
    """Refused 422 `too_many_parameters`, before anything reads them."""
    if query.count(b"&") >= MOST_PARAMETERS:
        detail = f"A query has at most {MOST_PARAMETERS} parameters."
        raise Refused(422, "too_many_parameters", detail, limit=MOST_PARAMETERS)


def unknown_parameter(unknown: Sequence[str], known: Iterable[str]) -> Refused:
    """The refusal. It names a parameter only when it is a plain name: others may be personal data in a wrong place."""
    names = sorted(known)
    errors = [
        {"pointer": f"/{name}", "code": "unknown_parameter", "detail": _sentence(name, names)}
        for name in unknown[:MOST_NAMED]
        if PLAIN_NAME.fullmatch(name)
    ]
    facts: dict[str, Any] = {"known": names, "errors": errors}
    first = next((name for name in unknown if PLAIN_NAME.fullmatch(name)), None)
    if first is not None:
        facts |= {"parameter": first, "nearest": nearest(first, names)}
    return Refused(422, "unknown_parameter", _sentence(first, names), **facts)


def nearest(name: str, known: Sequence[str]) -> str | None:
    """The known name that is spelled most like this one; None where nothing is known."""
    return max(known, key=lambda other: SequenceMatcher(None, name, other).ratio(), default=None)


def _sentence(name: str | None, known: Sequence[str]) -> str:
    beginning = (
        "The query has a parameter that is not known here." if name is None else f"There is no parameter {name}."
    )
    if not known:
        return f"{beginning} This takes no query parameters."
    if name is None:
        return f"{beginning} Known are: {', '.join(known)}."
    return f"{beginning} The nearest one is {nearest(name, known)}."
