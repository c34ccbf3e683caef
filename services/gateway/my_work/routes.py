"""What concerns the person who asks, over HTTP (P5). For the company's people."""

from fastapi import Request

from services.gateway.forwarding.dependencies import composer_of
from services.gateway.my_work.handlers import load_me, load_my_cases, load_my_page
from services.gateway.my_work.schemas import (
    MeRead,
    MyCaseRead,
    MyCasesRead,
    MyCustomerRead,
    MyCustomersRead,
    MyTaskRead,
    MyTasksRead,
)
from shared.chassis import CurrentActor, Cursor, Limit, allow, service_router, staff_only
from shared.chassis.http.pages import DEFAULT_LIMIT

router = service_router(prefix="/v1/me", tags=["my work"])


@router.get("", dependencies=[allow("customers:read"), staff_only])
async def read_me(request: Request, actor: CurrentActor) -> MeRead:
    """Who is signed in: subject and roles by the sign-in, employee and units by the directory."""
    return MeRead.model_validate(await load_me(composer_of(request), actor))


@router.get("/customers", dependencies=[allow("customers:read"), staff_only])
async def list_my_customers(
    request: Request, actor: CurrentActor, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> MyCustomersRead:
    """Whom the employee looks after now, with those of whom they stand in for today."""
    page = await load_my_page(composer_of(request), actor, "accounts", _query(cursor, limit))
    items = [MyCustomerRead.model_validate(item) for item in page.items]
    return MyCustomersRead(items=items, next=page.next, missing=page.missing)


@router.get("/tasks", dependencies=[allow("customers:read"), staff_only])
async def list_my_tasks(
    request: Request, actor: CurrentActor, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> MyTasksRead:
    """Next steps that were agreed with customers and that the employee owes, or whom they stand in for; due soonest
    first."""
    page = await load_my_page(composer_of(request), actor, "tasks", _query(cursor, limit))
    items = [MyTaskRead.model_validate(item) for item in page.items]
    return MyTasksRead(items=items, next=page.next, missing=page.missing)


@router.get("/cases", dependencies=[allow("complaints:read"), staff_only])
async def list_my_cases(request: Request, actor: CurrentActor, limit: Limit = DEFAULT_LIMIT) -> MyCasesRead:
    """Open cases of the customers whom the employee looks after, or whom they stand in for; the most urgent first."""
    page = await load_my_cases(composer_of(request), actor, limit)
    return MyCasesRead(items=[MyCaseRead.model_validate(item) for item in page.items], missing=page.missing)


def _query(cursor: str | None, limit: int) -> dict[str, str]:
    return {"limit": str(limit)} | ({} if cursor is None else {"cursor": cursor})
