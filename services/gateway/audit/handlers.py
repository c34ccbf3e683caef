"""The trails of all services are read and checked: each service's by itself, the gateway's own beside them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.gateway.audit.domain import Place, ServiceLine, before_in, newest_first
from services.gateway.forwarding.handlers.composition import Composer, PartRequest
from shared.chassis import Actor
from shared.chassis.audit.routes import TrailLineRead, check_the_trail
from shared.chassis.audit.trail import TrailFilter, list_lines
from shared.chassis.http.pages import write_cursor
from shared.messaging import Transaction

OWN = "gateway"
OTHERS = ("complaint", "loyalty", "profile", "tiering")


async def list_accesses(
    tx: Transaction, composer: Composer, actor: Actor, wanted: TrailFilter, place: Place | None, limit: int
) -> tuple[list[ServiceLine], list[str]]:
    """The lines of all trails after a place, one more than the limit if there are; and who did not answer."""
    own = [
        TrailLineRead.model_validate(line).model_dump()
        for line in await list_lines(tx, wanted, before_in(OWN, place), limit + 1)
    ]
    query = _query_of(wanted) | {"limit": str(limit + 1)}
    parts = {name: PartRequest(name, "/v1/audit", query | _cursor_of(before_in(name, place))) for name in OTHERS}
    composed = await composer.load(actor, parts)
    trails = {OWN: own} | {
        name: answer.json()["items"] for name, answer in composed.answers.items() if answer.succeeded
    }
    lines = [_line(name, content) for name, items in trails.items() for content in items]
    return newest_first(lines, limit), [name for name in OTHERS if name not in trails]


async def check_trails(tx: Transaction, composer: Composer, actor: Actor) -> tuple[dict[str, Any], list[str]]:
    """What the check of each trail says, by service; and who did not answer."""
    checks: dict[str, Any] = {OWN: (await check_the_trail(tx)).model_dump()}
    composed = await composer.load(actor, {name: PartRequest(name, "/v1/audit/check") for name in OTHERS})
    checks |= {name: answer.json() for name, answer in composed.answers.items() if answer.succeeded}
    return checks, [name for name in OTHERS if name not in checks]


def _line(service: str, content: Mapping[str, Any]) -> ServiceLine:
    at = content["at"]
    instant = at if isinstance(at, datetime) else datetime.fromisoformat(at)
    return ServiceLine(Place(instant, service, content["id"]), {**content, "service": service})


def _query_of(wanted: TrailFilter) -> dict[str, str | Sequence[str]]:
    given = {
        "customer_id": None if wanted.customers is None else [str(customer) for customer in wanted.customers],
        "actor": wanted.actor,
        "action": wanted.action,
        "subject": wanted.subject,
        "from": None if wanted.since is None else wanted.since.isoformat(),
        "to": None if wanted.until is None else wanted.until.isoformat(),
    }
    return {name: value for name, value in given.items() if value is not None}


def _cursor_of(before: tuple[datetime, int] | None) -> dict[str, str]:
    return {} if before is None else {"cursor": write_cursor(before)}
