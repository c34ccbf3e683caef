"""SQL of messages: requests, and what senders reported of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any
from uuid import UUID

import orjson

from services.profile_svc.files.domain.customer_file import CustomerFile
from services.profile_svc.files.repository.customer_files import file_of_row
from services.profile_svc.files.tables import customer
from services.profile_svc.messages.domain.message import Message, MessageReport
from services.profile_svc.messages.tables import message_report, message_request
from shared.chassis import DataScope
from shared.errors import not_found
from shared.messaging import Transaction
from shared.sql import Upsert, insert_many

FIELDS = ", ".join(
    "data::text as data" if field.name == "data" else field.name for field in fields(Message)
)  # fmt: skip
ONCE = Upsert(key=("occasion",), expressions={"occasion": "message_request.occasion"}, where="false")


async def find_files(tx: Transaction, customer_ids: Iterable[UUID]) -> dict[UUID, CustomerFile]:
    """The files of these customers; who has none yet is left out."""
    rows = await tx.sql.execute(customer.select().where(customer.c.id.in_(sorted(set(customer_ids)))))
    return {row.id: file_of_row(row) for row in rows}


async def add_messages(tx: Transaction, messages: Sequence[Message]) -> set[UUID]:
    """Insert the requests whose occasion has none yet; the ids of these."""
    rows = await insert_many(tx, message_request, messages, on_conflict=ONCE, returning=("id",))
    return {row["id"] for row in rows}


async def load_message(tx: Transaction, message_id: UUID) -> Message:
    """A request, locked; 404 `message_not_found`."""
    return await _find_message(tx, message_id, "for update")


async def get_message(tx: Transaction, message_id: UUID) -> Message:
    """A request; 404 `message_not_found`."""
    return await _find_message(tx, message_id, "")


async def _find_message(tx: Transaction, message_id: UUID, lock: str) -> Message:
    row = await tx.raw.fetchrow(f"select {FIELDS} from message_request where id = $1 {lock}", message_id)
    if row is None:
        raise not_found("message_not_found", "There is no such message request.")
    return _message(row)


async def list_messages(
    tx: Transaction, state: str | None, customer_id: UUID | None, after: UUID | None, limit: int, *, newest_first: bool,
    scope: DataScope,
) -> list[Message]:  # fmt: skip
    """Requests to customers of a scope, in the order of their ids, which is that in which they were made, or the other
    way, after the given one."""
    values: list[Any] = [state, customer_id, after, limit]
    beyond, order = ("<", "desc") if newest_first else (">", "asc")
    rows = await tx.raw.fetch(
        f"""select {FIELDS} from message_request
            where ($1::text is null or state = $1) and ($2::uuid is null or customer_id = $2)
              and ($3::uuid is null or id {beyond} $3)
              and {scope.where("message_request.customer_id", values)}
            order by id {order} limit $4""",
        *values,
    )
    return [_message(row) for row in rows]


async def add_report(tx: Transaction, message: Message, report: MessageReport, by: str) -> bool:
    """Keep a report and the state that follows from it. False: it was there already."""
    row = {
        "message_id": message.id, "state": report.state, "at": report.at, "recorded_at": tx.at, "recorded_by": by,
    }  # fmt: skip
    if not await insert_many(tx, message_report, [row], on_conflict="nothing"):
        return False
    await tx.raw.execute(
        "update message_request set state = $2, state_at = $3 where id = $1",
        message.id, message.state, message.state_at,
    )  # fmt: skip
    return True


def _message(row: Mapping[str, Any]) -> Message:
    return Message(**dict(row) | {"data": orjson.loads(row["data"])})
