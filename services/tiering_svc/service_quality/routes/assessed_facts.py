"""Submissions and spot checks (T15): recorded by those who may run evaluations; everybody reads what is about them."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query

from services.tiering_svc.core.dependencies import KnownAt, instant_or_now
from services.tiering_svc.core.domain.calendar import shift, start_of
from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.customers.dependencies import employee_of
from services.tiering_svc.customers.repository import list_sources
from services.tiering_svc.service_quality.handlers.spot_checks import record_spot_check
from services.tiering_svc.service_quality.handlers.submissions import record_submission
from services.tiering_svc.service_quality.repository import spot_checks, submissions
from services.tiering_svc.service_quality.repository.spot_checks import SpotCheckRow
from services.tiering_svc.service_quality.repository.submissions import SubmissionRow
from services.tiering_svc.service_quality.schemas.assessed_facts import (
    SpotCheckRead,
    SpotCheckWrite,
    SubmissionRead,
    SubmissionWrite,
)
from shared.chassis import (
    Actor,
    Code,
    CurrentActor,
    Cursor,
    Day,
    Id,
    Limit,
    Page,
    Tx,
    allow,
    data_scope,
    page_of,
    read_cursor,
    service_router,
    staff_only,
    visible_customer,
)
from shared.chassis.http.instants import refuse_future
from shared.errors import invalid
from shared.messaging import new_id

router = service_router(prefix="/v1", tags=["assessments"], dependencies=[staff_only])

FactMonth = Annotated[Day, Query(alias="month", description="any day of the month")]
SubmitterKind = Annotated[Literal["manager", "centre"] | None, Query(alias="of", description="whose; of all without")]
Submitter = Annotated[Code | None, Query(description="the manager's employee id, or the centre's code")]
CheckedCustomer = Annotated[Id | None, Query(description="only of this customer")]


@router.post("/submissions", status_code=201, dependencies=[allow("evaluations:run")])
async def write_submission(body: SubmissionWrite, tx: Tx, actor: CurrentActor) -> SubmissionRead:
    """Record what is known of a submission: that it is due, that it came, that it was wrong. Written again, the last
    entry counts. Nobody records their own, nor one of the centre they worked at (403 `own_work`)."""
    if body.received_at is not None:
        refuse_future(body.received_at, tx.at, "/received_at")
    elif body.wrong:
        raise invalid("not_received", "What has not come is not wrong.", pointer="/wrong")
    row = SubmissionRow(new_id(), **dict(body), recorded_by=actor.subject, recorded_at=tx.at)
    return _submission(await record_submission(tx, row, employee_of(actor)))


@router.get("/submissions", dependencies=[allow("tiers:read")])
async def list_submissions(
    tx: Tx, actor: CurrentActor, month: FactMonth, of: SubmitterKind = None, subject: Submitter = None,
    known_at: KnownAt = None, cursor: Cursor = None, limit: Limit = 50,
) -> Page[SubmissionRead]:  # fmt: skip
    """The submissions due in a month: everybody's for those who may run evaluations, for all others their own."""
    if not _reads_all(actor):
        of, subject = "manager", employee_of(actor)
    rows = await submissions.list_submissions(
        tx, await _ends_of(tx, month), instant_or_now(known_at, tx, "/known_at"), of, subject,
        _position(cursor), limit + 1,
    )  # fmt: skip
    page = page_of(rows, limit, lambda row: (row.due_at, row.submission_id))
    return Page(items=[_submission(row) for row in page.items], next=page.next)


@router.post("/spot-checks", status_code=201, dependencies=[allow("evaluations:run")])
async def write_spot_check(body: SpotCheckWrite, tx: Tx, actor: CurrentActor) -> SpotCheckRead:
    """Record what a check of a customer's file or equipment found. Written again, the last entry counts. Whoever looked
    after the customer then does not record it (403 `own_work`)."""
    await visible_customer(tx, actor, body.customer_id, list_sources)
    refuse_future(body.checked_at, tx.at, "/checked_at")
    if body.about == "file" and body.finding == "not_recorded":
        raise invalid("finding_not_possible", "A file there is none of is incomplete.", pointer="/finding")
    row = SpotCheckRow(new_id(), **dict(body), recorded_by=actor.subject, recorded_at=tx.at)
    return _spot_check(await record_spot_check(tx, row, employee_of(actor)))


@router.get("/spot-checks", dependencies=[allow("tiers:read")])
async def list_spot_checks(
    tx: Tx, actor: CurrentActor, month: FactMonth, customer_id: CheckedCustomer = None, known_at: KnownAt = None,
    cursor: Cursor = None, limit: Limit = 50,
) -> Page[SpotCheckRead]:  # fmt: skip
    """The checks made in a month: all for those who may run evaluations, for others those of the customers they looked
    after then."""
    rows = await spot_checks.list_spot_checks(
        tx, await _ends_of(tx, month), instant_or_now(known_at, tx, "/known_at"), customer_id,
        None if _reads_all(actor) else employee_of(actor), _position(cursor), limit + 1,
        data_scope(tx, actor),
    )  # fmt: skip
    page = page_of(rows, limit, lambda row: (row.checked_at, row.check_id))
    return Page(items=[_spot_check(row) for row in page.items], next=page.next)


def _reads_all(actor: Actor) -> bool:
    return "evaluations:run" in actor.scopes


def _position(cursor: str | None) -> tuple[datetime, UUID] | None:
    after = read_cursor(cursor, datetime, UUID)
    return None if after is None else (after[0], after[1])


async def _ends_of(tx: Tx, day: Day) -> tuple[datetime, datetime]:
    """The instants that the day's month begins and ends at where the business is."""
    zone, month = (await find_business(tx)).zone, day.replace(day=1)
    return start_of(month, zone), start_of(shift(month, 1), zone)


def _submission(row: SubmissionRow) -> SubmissionRead:
    return SubmissionRead.model_validate(asdict(row), extra="ignore")


def _spot_check(row: SpotCheckRow) -> SpotCheckRead:
    return SpotCheckRead.model_validate(asdict(row), extra="ignore")
