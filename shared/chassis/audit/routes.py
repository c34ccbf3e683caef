"""The access trail as the gateway asks for it: its lines, and whether they are as they were sealed."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query

from shared.chassis.access.policy import allow
from shared.chassis.audit import trail
from shared.chassis.http.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor
from shared.chassis.http.routing import Tx, service_router
from shared.chassis.http.shapes import Code, Id, Instant, Read

router = service_router(prefix="/v1", tags=["audit"])

MOST_CUSTOMERS = 200


class TrailLineRead(Read):
    """Somebody saw or changed personal data."""

    id: int
    at: datetime
    actor: str
    customer_id: UUID | None
    action: str
    subject: str | None
    fields: list[str]
    purpose: str | None
    sealed: bool


class TrailCheckRead(Read):
    """Whether the trail is as it was sealed. `broken` are the numbers of seals that no longer fit."""

    seals: int
    sealed_at: datetime | None
    broken: list[int]


@router.get("/audit", dependencies=[allow("audit:read")], include_in_schema=False)
async def list_the_trail(
    tx: Tx,
    customer_id: Annotated[list[Id] | None, Query(max_length=MOST_CUSTOMERS)] = None,
    actor: Annotated[str | None, Query(max_length=200)] = None,
    action: Code | None = None,
    subject: Code | None = None,
    since: Annotated[Instant | None, Query(alias="from")] = None,
    until: Annotated[Instant | None, Query(alias="to")] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[TrailLineRead]:
    """Lines of the trail, the newest first."""
    after = read_cursor(cursor, datetime, int)
    wanted = trail.TrailFilter(customer_id, actor, action, subject, since, until)
    lines = await trail.list_lines(tx, wanted, after, limit + 1)
    page = page_of(lines, limit, lambda line: (line.at, line.id))
    return Page(items=[TrailLineRead.model_validate(line) for line in page.items], next=page.next)


@router.get("/audit/check", dependencies=[allow("audit:read")], include_in_schema=False)
async def check_the_trail(tx: Tx) -> TrailCheckRead:
    """Recompute the whole chain of seals."""
    last = await trail.find_last_seal(tx)
    return TrailCheckRead(
        seals=0 if last is None else last.number,
        sealed_at=None if last is None else last.sealed_at,
        broken=await trail.list_broken_seals(tx),
    )
