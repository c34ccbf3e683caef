"""The access trail of all services over HTTP (P13). For auditors, heads and administrators."""

from datetime import datetime
from typing import Annotated

from fastapi import Query, Request

from services.gateway.audit.domain import Place
from services.gateway.audit.handlers import check_trails, list_accesses
from services.gateway.audit.schemas import AccessPage, AccessRead, TrailRead, TrailsRead
from services.gateway.forwarding.dependencies import composer_of
from shared.chassis import Code, CurrentActor, Cursor, Id, Limit, Tx, allow, page_of, read_cursor, service_router
from shared.chassis.audit.trail import TrailFilter
from shared.chassis.http.pages import DEFAULT_LIMIT
from shared.chassis.http.shapes import Instant

router = service_router(prefix="/v1", tags=["audit"])

MOST_CUSTOMERS = 50
ActorName = Annotated[
    str | None,
    Query(min_length=1, max_length=200, description="`person:` and who signed in, `partner:` and the key"),
]


@router.get("/audit", dependencies=[allow("audit:read")])
async def list_who_saw_what(
    request: Request,
    tx: Tx,
    actor: CurrentActor,
    customer_id: Annotated[list[Id] | None, Query(max_length=MOST_CUSTOMERS, description="whose data it was")] = None,
    by: ActorName = None,
    action: Annotated[Code | None, Query(description="what was done")] = None,
    subject: Annotated[Code | None, Query(description="what of the customer, or who else: `case:` and an id …")] = None,
    since: Annotated[Instant | None, Query(alias="from", description="accesses from this instant on")] = None,
    until: Annotated[Instant | None, Query(alias="to", description="accesses before this instant")] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> AccessPage:
    """Every read and write of personal data in every service, the newest first: who, whose, what, when and why. A line
    holds no personal data itself. `missing` names services that did not answer, whose lines are not in the page."""
    after = read_cursor(cursor, datetime, str, int)
    wanted = TrailFilter(customer_id, by, action, subject, since, until)
    place = None if after is None else Place(*after)
    lines, missing = await list_accesses(tx, composer_of(request), actor, wanted, place, limit)
    page = page_of(lines, limit, lambda line: line.place)
    items = [AccessRead.model_validate(line.line) for line in page.items]
    return AccessPage(items=items, next=page.next, missing=missing)


@router.get("/audit/check", dependencies=[allow("audit:read")])
async def check_that_nobody_altered_it(request: Request, tx: Tx, actor: CurrentActor) -> TrailsRead:
    """Recompute the chain of seals of every service's trail: a line that was altered, taken out or moved shows, a seal
    too. `patron verify` also holds the last seals against those that were announced."""
    checks, missing = await check_trails(tx, composer_of(request), actor)
    trails = [TrailRead(service=service, **check) for service, check in sorted(checks.items())]
    return TrailsRead(intact=not missing and not any(t.broken for t in trails), trails=trails, missing=missing)
