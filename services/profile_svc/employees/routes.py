"""The employees' directory over HTTP (P5)."""

from datetime import timedelta
from typing import Annotated

from fastapi import Path, Query

from services.profile_svc.employees import repository
from services.profile_svc.employees.domain import Employee
from services.profile_svc.employees.handlers import enter_employee, place_employee_at_centre, record_absence
from services.profile_svc.employees.schemas import (
    AbsenceWrite,
    CentreUpdate,
    EmployeeCreate,
    EmployeeEntryRead,
    show_entry,
)
from shared.chassis import (
    Code,
    CurrentActor,
    Cursor,
    Limit,
    Page,
    Tx,
    allow,
    page_of,
    read_cursor,
    service_router,
    staff_only,
)
from shared.chassis.http.instants import refuse_backdating, refuse_future
from shared.chassis.http.pages import DEFAULT_LIMIT, MOST

router = service_router(prefix="/v1", tags=["team"])

BACKDATING_GRACE = timedelta(days=1)  # a placement of yesterday is still entered by whoever made it
EmployeeId = Annotated[Code, Path()]
EmployeeIds = Annotated[list[Code] | None, Query(max_length=MOST, description="these employees only")]


@router.post("/employees", status_code=201, dependencies=[allow("team:write"), staff_only])
async def enter_an_employee(body: EmployeeCreate, tx: Tx) -> EmployeeEntryRead:
    """Enter somebody into the directory; the same person again gets the same answer."""
    return show_entry(await enter_employee(tx, Employee(body.employee_id, body.name, body.phone_extension)))


@router.put("/employees/{employee_id}/centre", dependencies=[allow("team:write"), staff_only])
async def place_an_employee(
    employee_id: EmployeeId, body: CentreUpdate, tx: Tx, actor: CurrentActor
) -> EmployeeEntryRead:
    """The service centre the employee works at from an instant on: now, or a past one, which needs the scope
    `history`. A placement of the past holds until the next one, and the answer shows where the employee works today."""
    since = body.since or tx.at
    refuse_future(since, tx.at, "/from")
    refuse_backdating(since, tx.at, actor, allowed=BACKDATING_GRACE)
    return show_entry(await place_employee_at_centre(tx, employee_id, body.centre, since))


@router.put("/employees/{employee_id}/absence", dependencies=[allow("team:write"), staff_only])
async def record_an_absence(employee_id: EmployeeId, body: AbsenceWrite, tx: Tx) -> EmployeeEntryRead:
    """When the employee is away, and who stands in meanwhile. It takes the place of the absence known so far."""
    return show_entry(await record_absence(tx, employee_id, body.absence()))


@router.delete("/employees/{employee_id}/absence", dependencies=[allow("team:write"), staff_only])
async def end_an_absence(employee_id: EmployeeId, tx: Tx) -> EmployeeEntryRead:
    """The employee is there again, or will not be away."""
    return show_entry(await record_absence(tx, employee_id, None))


@router.get("/employees", dependencies=[allow("customers:read"), staff_only])
async def list_employees(
    tx: Tx, ids: EmployeeIds = None, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> Page[EmployeeEntryRead]:
    """The directory, or these employees of it, in the order of ids. Not for partners."""
    after = read_cursor(cursor, str)
    employees = await repository.list_employees(tx, after[0] if after else None, limit + 1, ids)
    page = page_of(employees, limit, lambda employee: (employee.employee_id,))
    return Page(items=[show_entry(employee) for employee in page.items], next=page.next)
