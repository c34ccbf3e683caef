"""The employees' directory over HTTP (P5)."""

from datetime import timedelta
from typing import Annotated

from fastapi import Query, Response

from services.profile_svc.employees import repository
from services.profile_svc.employees.dependencies import EmployeeId
from services.profile_svc.employees.domain import Absence, Employee
from services.profile_svc.employees.handlers import (
    amend_employee,
    enter_employee,
    place_employee_at_centre,
    record_absence,
)
from services.profile_svc.employees.schemas import (
    AbsenceWrite,
    CentreUpdate,
    EmployeeCreate,
    EmployeeEntryRead,
    EmployeeUpdate,
    show_entry,
)
from shared.chassis import (
    Actor,
    Code,
    CurrentActor,
    Cursor,
    IfMatch,
    Limit,
    Page,
    Tx,
    allow,
    page_of,
    read_cursor,
    require_unchanged,
    sends,
    service_router,
    show_etag,
    staff_only,
)
from shared.chassis.http.instants import refuse_backdating, refuse_future
from shared.chassis.http.pages import DEFAULT_LIMIT, MOST
from shared.errors import forbidden

router = service_router(prefix="/v1", tags=["people"])

BACKDATING_GRACE = timedelta(days=1)  # a placement of yesterday is still entered by whoever made it
EmployeeIds = Annotated[list[Code] | None, Query(max_length=MOST, description="these employees only")]
OfUnit = Annotated[Code | None, Query(description="who belongs to this unit itself, not to those below it")]


@router.post(
    "/employees", status_code=201, dependencies=[allow("people:admin"), staff_only],
    responses={201: sends("Location", "ETag")},
)  # fmt: skip
async def enter_an_employee(body: EmployeeCreate, response: Response, tx: Tx) -> EmployeeEntryRead:
    """Enter somebody into the directory; the same person again gets the same answer."""
    response.headers["Location"] = f"/v1/employees/{body.employee_id}"
    return _show(response, tx, await enter_employee(tx, body.employee()))


@router.patch(
    "/employees/{employee_id}", dependencies=[allow("people:admin"), staff_only], responses={200: sends("ETag")}
)
async def amend_an_employee(
    employee_id: EmployeeId, body: EmployeeUpdate, response: Response, tx: Tx, if_match: IfMatch = None
) -> EmployeeEntryRead:
    """Change what the directory says of somebody, under If-Match: name, extension, subject of the sign-in, unit,
    skills, languages, capacity, since when they are there."""

    def amend(known: Employee) -> Employee:
        require_unchanged(if_match, known.version, demanded=True)
        return body.amended(known)

    return _show(response, tx, await amend_employee(tx, employee_id, amend))


@router.put("/employees/{employee_id}/centre", dependencies=[allow("team:write"), staff_only])
async def place_an_employee(
    employee_id: EmployeeId, body: CentreUpdate, tx: Tx, actor: CurrentActor
) -> EmployeeEntryRead:
    """The service centre the employee works at from an instant on: now, or a past one, which needs the scope
    `history`. A placement of the past holds until the next one, and the answer shows where the employee works today."""
    since = body.since or tx.at
    refuse_future(since, tx.at, "/from")
    refuse_backdating(since, tx.at, actor, allowed=BACKDATING_GRACE)
    return show_entry(await place_employee_at_centre(tx, employee_id, body.centre, since), tx.at)


@router.put("/employees/{employee_id}/absence", dependencies=[allow("team:write"), staff_only])
async def record_an_absence(
    employee_id: EmployeeId, body: AbsenceWrite, tx: Tx, actor: CurrentActor
) -> EmployeeEntryRead:
    """When the employee is away, and who stands in meanwhile. It takes the place of the absence known so far. Who sees
    only accounts of their own records only their own absences: a deputy sees what the absent one sees."""
    return show_entry(await _record_absence(tx, actor, employee_id, body.absence()), tx.at)


@router.delete("/employees/{employee_id}/absence", dependencies=[allow("team:write"), staff_only])
async def end_an_absence(employee_id: EmployeeId, tx: Tx, actor: CurrentActor) -> EmployeeEntryRead:
    """The employee is there again, or will not be away."""
    return show_entry(await _record_absence(tx, actor, employee_id, None), tx.at)


@router.get("/employees", dependencies=[allow("customers:read"), staff_only])
async def list_employees(
    tx: Tx, ids: EmployeeIds = None, unit: OfUnit = None, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> Page[EmployeeEntryRead]:
    """The directory, or these employees of it, in the order of ids, those who left too. Not for partners."""
    after = read_cursor(cursor, str)
    employees = await repository.list_employees(tx, after[0] if after else None, limit + 1, ids, unit)
    page = page_of(employees, limit, lambda employee: (employee.employee_id,))
    return Page(items=[show_entry(employee, tx.at) for employee in page.items], next=page.next)


@router.get(
    "/employees/{employee_id}", dependencies=[allow("customers:read"), staff_only], responses={200: sends("ETag")}
)
async def read_employee(employee_id: EmployeeId, response: Response, tx: Tx) -> EmployeeEntryRead:
    """One employee of the directory. Not for partners."""
    return _show(response, tx, await repository.load_employee(tx, employee_id))


async def _record_absence(tx: Tx, actor: Actor, employee_id: str, absence: Absence | None) -> Employee:
    if not actor.sees_every_customer and actor.employee_id != employee_id:
        raise forbidden("not_own_absence", "Who looks after accounts of their own records their own absences only.")
    return await record_absence(tx, employee_id, absence)


def _show(response: Response, tx: Tx, employee: Employee) -> EmployeeEntryRead:
    show_etag(response, employee.version)
    return show_entry(employee, tx.at)
