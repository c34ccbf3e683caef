"""What a service holds of a customer, told to profile in pages, for a person's export (P13)."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from shared.chassis import Cursor, Id, Read, Tx, allow, read_cursor, service_router
from shared.chassis.http.pages import write_cursor
from shared.erasure.declaration import PersonalData
from shared.erasure.statements import PAGE, read_rows
from shared.messaging import Transaction


class HeldPage(Read):
    """A page of what a service holds of a customer."""

    rows: dict[str, list[str]] = Field(description="table -> rows, each a JSON text")
    next: str | None = Field(description="the cursor of the next page; null: it was the last one")


async def read_held(tx: Transaction, data: PersonalData, customer_id: UUID, cursor: str | None) -> HeldPage:
    """Up to 500 rows of what the service holds of a customer, table by table."""
    place, after = read_cursor(cursor, int, int) or (0, 0)
    rows: dict[str, list[str]] = {}
    count = 0
    tables = data.rows
    while place < len(tables):
        name, table = tables[place]
        page = await read_rows(tx, name, table, customer_id, after)
        if page:
            rows[name] = page
        count += len(page)
        place, after = (place, after + PAGE) if len(page) == PAGE else (place + 1, 0)
        if count >= PAGE:
            break
    return HeldPage(rows=rows, next=write_cursor((place, after)) if place < len(tables) else None)


def personal_data_routes(data: PersonalData) -> APIRouter:
    """The internal route by which profile asks a service what it holds."""
    router = service_router(prefix="/internal/personal-data", tags=["internal"])

    @router.get("/{customer_id}", dependencies=[allow("internal")])
    async def read_personal_data(customer_id: Id, tx: Tx, cursor: Cursor = None) -> HeldPage:
        """What the service holds of a customer, in pages."""
        return await read_held(tx, data, customer_id, cursor)

    return router
