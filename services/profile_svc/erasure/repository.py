"""SQL of erasures, of their receipts, and of persons in profile's tables who are no customers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.profile_svc.erasure.domain import Person, PersonKind, Receipt
from services.profile_svc.erasure.tables import erasure, erasure_receipt
from shared.errors import not_found
from shared.messaging import Transaction
from shared.sql import Upsert, insert_many


@dataclass(frozen=True, slots=True)
class ErasureRow:
    """An erasure with whose data it erases, and the receipts that have come."""

    id: UUID
    person_kind: PersonKind | None
    reason: str
    requested_by: str
    requested_at: datetime
    finished_at: datetime | None
    customer_ids: tuple[UUID, ...]
    receipts: tuple[Receipt, ...]


ROWS = """
select e.id, e.person_kind, e.reason, e.requested_by, e.requested_at, e.finished_at,
       array(select customer_id from erased_customer m where m.erasure_id = e.id order by 1) as customer_ids,
       array(select r from erasure_receipt r where r.erasure_id = e.id order by erased_at, service) as receipts
from erasure e
"""


async def add_erasure(
    tx: Transaction, id: UUID, customer_id: UUID | None, person: Person | None, reason: str, by: str
) -> None:
    """Keep who asked for what; again changes nothing."""
    identified = None if person is None else {
        "kind": person.kind,
        "customer_id": None if person.customer_id is None else str(person.customer_id),
        "name": person.name,
        "number": person.number,
        "case_id": None if person.case_id is None else str(person.case_id),
    }  # fmt: skip
    row = {
        "id": id, "customer_id": customer_id, "person_kind": None if person is None else person.kind,
        "person": identified, "reason": reason, "requested_by": by, "requested_at": tx.at,
    }  # fmt: skip
    await insert_many(tx, erasure, [row], on_conflict="nothing")


async def load_erasure(tx: Transaction, id: UUID) -> ErasureRow:
    """An erasure with its receipts; 404 when there is none."""
    row = await tx.raw.fetchrow(f"{ROWS} where e.id = $1", id)
    if row is None:
        raise not_found("erasure_not_found", "There is no such erasure.")
    return _erasure(row)


async def list_erasures(
    tx: Transaction, after: tuple[datetime, UUID] | None, limit: int, *, finished: bool | None
) -> list[ErasureRow]:
    """Newest first; those that have ended, or that have not, if asked so."""
    rows = await tx.raw.fetch(
        f"""{ROWS} where ($1::timestamptz is null or (e.requested_at, e.id) < ($1, $2::uuid))
              and ($4::bool is null or (e.finished_at is not null) = $4)
            order by e.requested_at desc, e.id desc limit $3""",
        *(after or (None, None)), limit, finished,
    )  # fmt: skip
    return [_erasure(row) for row in rows]


async def lock_erasures(tx: Transaction, ids: Iterable[UUID]) -> set[UUID]:
    """Those of the ids that are erasures here, locked in order: their receipts come in turn."""
    rows = await tx.raw.fetch(
        "select id from erasure where id = any($1::uuid[]) order by id for update", sorted(set(ids))
    )
    return {row["id"] for row in rows}


async def add_receipts(tx: Transaction, receipts: Sequence[Receipt]) -> None:
    """Keep receipts, each once; one that comes again after a backup says when it was erased last."""
    await insert_many(tx, erasure_receipt, receipts, on_conflict=Upsert(replace=("erased_at", "stores")))


async def finish_erasures(tx: Transaction, ids: Iterable[UUID], services: int) -> None:
    """End those of the erasures for which all have told, and forget who the person was."""
    await tx.raw.execute(
        """update erasure e set finished_at = $3, person = null
           where id = any($1::uuid[]) and finished_at is null and not exists (
               select from erased_customer m where m.erasure_id = e.id and $2 > (
                   select count(*) from erasure_receipt r
                   where r.erasure_id = e.id and r.customer_id = m.customer_id))""",
        sorted(set(ids)), services, tx.at,
    )  # fmt: skip


async def count_open_cases(tx: Transaction, customer_ids: Sequence[UUID]) -> int:
    """Cases of these customers that are open, as far as profile has heard."""
    count = await tx.raw.fetchval(
        "select coalesce(sum(open_cases), 0) from overview where customer_id = any($1::uuid[])", customer_ids
    )
    return int(count)


async def find_customer_of_case(tx: Transaction, case_id: UUID) -> tuple[bool, UUID | None]:
    """Whether there is such a case, and whose it is."""
    row = await tx.raw.fetchrow("select customer_id from case_copy where case_id = $1", case_id)
    return row is not None, None if row is None else row["customer_id"]


async def find_person(tx: Transaction, erasure_id: UUID) -> Mapping[str, Any] | None:
    """What identifies the person of an erasure that has not ended."""
    person: Mapping[str, Any] | None = await tx.raw.fetchval("select person from erasure where id = $1", erasure_id)
    return person


async def list_calls_of_number(tx: Transaction, number: str) -> list[str]:
    """The ids of the calls from this number, as the exchange gave them."""
    return [row["call_id"] for row in await tx.raw.fetch("select call_id from call where number = $1", number)]


async def erase_calls_of_number(tx: Transaction, number: str) -> None:
    """Calls from this number keep their instants."""
    await tx.raw.execute(
        "update call set number = '', call_id = 'erased-' || gen_random_uuid(), agent = null where number = $1", number
    )


async def erase_contacts_by_name(tx: Transaction, customer_id: UUID, name: str) -> int:
    """Conversations with somebody of this name keep when they were and by which channel; how many there were."""
    status = await tx.raw.execute(
        """update contact_log set summary = '', partner = null, position = null, outcome = null,
                  next_step = case when next_step is not null then '' end
           where customer_id = $1 and lower(partner) = lower($2)""",
        customer_id, name,
    )  # fmt: skip
    return int(status.rpartition(" ")[2])


async def erase_family_member(tx: Transaction, customer_id: UUID, name: str) -> int:
    """Take the members of this name off the family in a customer's file; how many files there were."""
    status = await tx.raw.execute(
        """update customer set version = version + 1, updated_at = $3, facts = jsonb_set(facts, '{family}', coalesce((
               select jsonb_agg(member) from jsonb_array_elements(facts -> 'family') as member
               where lower(member ->> 'name') is distinct from lower($2)), '[]'))
           where id = $1 and exists (
               select from jsonb_array_elements(facts -> 'family') as member where lower(member ->> 'name') = lower($2))
        """,
        customer_id, name, tx.at,
    )  # fmt: skip
    return int(status.rpartition(" ")[2])


def _erasure(row: Mapping[str, Any]) -> ErasureRow:
    receipts = tuple(
        Receipt(r["erasure_id"], r["customer_id"], r["service"], r["erased_at"], tuple(r["stores"]))
        for r in row["receipts"]
    )
    return ErasureRow(
        row["id"], row["person_kind"], row["reason"], row["requested_by"], row["requested_at"], row["finished_at"],
        tuple(row["customer_ids"]), receipts,
    )  # fmt: skip
