"""Erasures over HTTP (P13). The company's own, and of them who answers for privacy."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from services.profile_svc.dependencies import CurrentSettings
from services.profile_svc.erasure import handlers, repository
from services.profile_svc.erasure.schemas import ErasureCreate, ErasureRead, show_erasure
from shared.chassis import (
    AnnouncedCode,
    CurrentActor,
    Cursor,
    Id,
    Limit,
    Page,
    Tx,
    allow,
    page_of,
    read_cursor,
    service_router,
    staff_only,
)
from shared.chassis.http.pages import DEFAULT_LIMIT

router = service_router(prefix="/v1", tags=["privacy"])
internal_router = service_router(prefix="/internal", tags=["internal"])

WRITE = [allow("privacy:write"), staff_only]


@router.delete("/customers/{customer_id}", status_code=202, dependencies=WRITE)
async def erase_customer(
    customer_id: Id,
    tx: Tx,
    actor: CurrentActor,
    reason: Annotated[AnnouncedCode, Query(description="why, as a code of the company: asked_by_person …")],
) -> ErasureRead:
    """Erase the personal data of a customer everywhere, and of all it is one with. It can not be undone: from now on
    the customer is not found; figures without a person stay. Follow it at `/v1/erasures/{id}`."""
    erasure_id = await handlers.erase_customer(tx, actor, customer_id, reason)
    return show_erasure(await repository.load_erasure(tx, erasure_id))


@router.post("/erasures", status_code=202, dependencies=WRITE)
async def erase_person(body: ErasureCreate, tx: Tx, actor: CurrentActor, settings: CurrentSettings) -> ErasureRead:
    """Erase a person who is no customer: a contact, a family member, a caller, whom to reach about a case."""
    erasure_id = await handlers.erase_person(
        tx, actor, body.person.person(), body.reason, regions=settings.phone_regions
    )
    return show_erasure(await repository.load_erasure(tx, erasure_id))


@router.get("/erasures", dependencies=[allow("customers:read"), staff_only])
async def list_erasures(
    tx: Tx,
    finished: Annotated[bool | None, Query(description="only those that have ended, or have not")] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ErasureRead]:
    """Erasures, newest first."""
    place = read_cursor(cursor, datetime, UUID)
    rows = await repository.list_erasures(tx, (place[0], place[1]) if place else None, limit + 1, finished=finished)
    return page_of([show_erasure(row) for row in rows], limit, lambda read: (read.requested_at, read.id))


@router.get("/erasures/{erasure_id}", dependencies=[allow("customers:read"), staff_only])
async def read_erasure(erasure_id: Id, tx: Tx) -> ErasureRead:
    """An erasure: which service has told that it erased, in which stores there was something, and who still owes it."""
    return show_erasure(await repository.load_erasure(tx, erasure_id))


@internal_router.get("/erasures/{erasure_id}/person", dependencies=[allow("internal")])
async def find_person(erasure_id: Id, tx: Tx) -> dict[str, Any] | None:
    """What identifies the person of an erasure that has not ended, for a service that erases it."""
    person = await repository.find_person(tx, erasure_id)
    return None if person is None else dict(person)
