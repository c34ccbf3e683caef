"""The operator's units over HTTP (P5)."""

from typing import Annotated

from fastapi import Path, Response

from services.profile_svc.units import repository as units
from services.profile_svc.units.domain import Unit
from services.profile_svc.units.handlers import amend_unit, enter_unit
from services.profile_svc.units.schemas import UnitCreate, UnitRead, UnitTreeRead, UnitUpdate, show_tree, show_unit
from shared.chassis import (
    Code,
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
from shared.chassis.http.pages import DEFAULT_LIMIT
from shared.errors import not_found

router = service_router(prefix="/v1/units", tags=["people"])

UnitCode = Annotated[Code, Path(description="the company's code of the unit")]


@router.post(
    "", status_code=201, dependencies=[allow("people:admin"), staff_only], responses={201: sends("Location", "ETag")}
)
async def enter_a_unit(body: UnitCreate, response: Response, tx: Tx) -> UnitRead:
    """Enter a unit of the company's own tree; the same one again gets the same answer."""
    unit = await enter_unit(tx, Unit(body.unit, body.name, body.kind, body.parent))
    response.headers["Location"] = f"/v1/units/{unit.code}"
    show_etag(response, unit.version)
    return show_unit(unit)


@router.get("", dependencies=[allow("customers:read"), staff_only])
async def list_units(tx: Tx, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> Page[UnitRead]:
    """All units, closed ones too, in the order of their codes. Not for partners."""
    after = read_cursor(cursor, str)
    listed = await units.list_units(tx, after[0] if after else None, limit + 1)
    page = page_of(listed, limit, lambda unit: (unit.code,))
    return Page(items=[show_unit(unit) for unit in page.items], next=page.next)


@router.get("/{unit}", dependencies=[allow("customers:read"), staff_only], responses={200: sends("ETag")})
async def read_unit(unit: UnitCode, response: Response, tx: Tx) -> UnitRead:
    """One unit. Not for partners."""
    known = await units.load_unit(tx, unit)
    show_etag(response, known.version)
    return show_unit(known)


@router.get("/{unit}/tree", dependencies=[allow("customers:read"), staff_only])
async def read_unit_tree(unit: UnitCode, tx: Tx) -> UnitTreeRead:
    """A unit with all that stand below it. Not for partners."""
    listed = await units.list_tree(tx, unit)
    if not listed:
        raise not_found("unit_not_found", "There is no such unit.")
    return show_tree(listed)


@router.patch("/{unit}", dependencies=[allow("people:admin"), staff_only], responses={200: sends("ETag")})
async def amend_a_unit(
    unit: UnitCode, body: UnitUpdate, response: Response, tx: Tx, if_match: IfMatch = None
) -> UnitRead:
    """Rename a unit, move it with all that is below it, close it or open it again, under If-Match."""

    def amend(known: Unit) -> Unit:
        require_unchanged(if_match, known.version, demanded=True)
        return body.amended(known, tx.at)

    amended = await amend_unit(tx, unit, amend)
    show_etag(response, amended.version)
    return show_unit(amended)
