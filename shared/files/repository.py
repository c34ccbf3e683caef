"""SQL of files: their rows, their parts, and the keys of bytes that are to go."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from uuid import UUID

from shared.errors import DomainError, conflict, not_found
from shared.files.stored_file import PartRow, StoredFile
from shared.messaging import Transaction

FIELDS = ", ".join(field.name for field in fields(StoredFile))


async def add_file(
    tx: Transaction, file_id: UUID, *, area: str, owner: str, expires_at: datetime, name: str | None = None,
    declared_type: str | None = None, media_type: str | None = None, size: int | None = None,
    customer_id: UUID | None = None,
) -> StoredFile:  # fmt: skip
    """A file of which no byte is there yet."""
    row = await tx.raw.fetchrow(
        f"""insert into stored_file (id, area, owner, customer_id, name, declared_type, media_type, size, state,
                created_at, expires_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, 'open', $9, $10) returning {FIELDS}""",
        file_id, area, owner, customer_id, name, declared_type, media_type, size, tx.at, expires_at,
    )  # fmt: skip
    assert row is not None
    return StoredFile(**row)


async def find_file(tx: Transaction, file_id: UUID, *, area: str | None = None) -> StoredFile | None:
    """The file that has not expired; None when there is none (of that area)."""
    row = await tx.raw.fetchrow(
        f"""select {FIELDS} from stored_file
            where id = $1 and expires_at > $2 and ($3::text is null or area = $3)""",
        file_id, tx.at, area,
    )  # fmt: skip
    return None if row is None else StoredFile(**row)


async def load_ready_file(tx: Transaction, file_id: UUID, *, lock: bool = False) -> StoredFile:
    """The file with all of its bytes; 404 `file_not_found`. `lock` keeps it from being deleted meanwhile."""
    row = await tx.raw.fetchrow(
        f"""select {FIELDS} from stored_file where id = $1 and expires_at > $2 and state = 'ready'
            {"for share" if lock else ""}""",
        file_id, tx.at,
    )  # fmt: skip
    if row is None:
        raise not_found("file_not_found", "The file is not there any more.")
    return StoredFile(**row)


async def count_open_files(tx: Transaction, owner: str, area: str) -> int:
    """How many files of the owner wait for their bytes."""
    count: int = await tx.raw.fetchval(
        "select count(*) from stored_file where owner = $1 and state = 'open' and area = $2", owner, area
    )
    return count


async def add_part_row(
    tx: Transaction, file_id: UUID, part: PartRow, digest: bytes, media_type: str | None = None
) -> StoredFile:
    """The file with one part more. 409 `offset_mismatch` when somebody else added one there before."""
    row = await tx.raw.fetchrow(
        f"""update stored_file set received = received + $3, media_type = coalesce($4, media_type)
            where id = $1 and received = $2 and state = 'open' returning {FIELDS}""",
        file_id, part.starts_at, part.size, media_type,
    )  # fmt: skip
    if row is None:
        raise offset_mismatch()
    await tx.raw.execute(
        "insert into stored_part (file_id, starts_at, size, sha256, key) values ($1, $2, $3, $4, $5)",
        file_id, part.starts_at, part.size, digest, part.key,
    )  # fmt: skip
    return StoredFile(**row)


async def list_parts(tx: Transaction, file_id: UUID) -> list[PartRow]:
    """All parts of a file, in order."""
    rows = await tx.raw.fetch(
        "select key, starts_at, size from stored_part where file_id = $1 order by starts_at", file_id
    )
    return [PartRow(**row) for row in rows]


async def save_complete(tx: Transaction, file_id: UUID, sha256: bytes) -> StoredFile:
    """The file is ready: its size is what was received. Done again, it changes nothing."""
    row = await tx.raw.fetchrow(
        f"""update stored_file set state = 'ready', sha256 = $2, completed_at = coalesce(completed_at, $3),
                size = received
            where id = $1 returning {FIELDS}""",
        file_id, sha256, tx.at,
    )  # fmt: skip
    if row is None:
        raise not_found("file_not_found", "The file is not there any more.")
    return StoredFile(**row)


async def delete_files(tx: Transaction, file_ids: Sequence[UUID]) -> int:
    """Delete rows; a trigger keeps the keys of their bytes until the bytes are gone too. Returns how many files."""
    await tx.raw.execute("select from stored_file where id = any($1::uuid[]) order by id for update", list(file_ids))
    status = await tx.raw.execute("delete from stored_file where id = any($1::uuid[])", list(file_ids))
    return int(status.rpartition(" ")[2])


async def list_files_of(tx: Transaction, customer_id: UUID) -> list[UUID]:
    """Files that are about a customer."""
    rows = await tx.raw.fetch("select id from stored_file where customer_id = $1", customer_id)
    return [row["id"] for row in rows]


async def list_expired(tx: Transaction, limit: int = 100) -> list[UUID]:
    """Files whose time has come."""
    rows = await tx.raw.fetch("select id from stored_file where expires_at <= $1 limit $2", tx.at, limit)
    return [row["id"] for row in rows]


async def list_removed(tx: Transaction, limit: int = 1000) -> list[str]:
    """Keys of bytes that are to go."""
    return [row["key"] for row in await tx.raw.fetch("select key from removed_part limit $1", limit)]


async def forget_removed(tx: Transaction, keys: Sequence[str]) -> None:
    """These bytes are gone."""
    await tx.raw.execute("delete from removed_part where key = any($1::text[])", list(keys))


async def list_known_keys(tx: Transaction, keys: Sequence[str]) -> set[str]:
    """Those of the keys that a part's row names, or that are to be removed anyway."""
    rows = await tx.raw.fetch(
        """select key from stored_part where key = any($1::text[])
           union all select key from removed_part where key = any($1::text[])""",
        list(keys),
    )
    return {row["key"] for row in rows}


def offset_mismatch(received: int | None = None) -> DomainError:
    """409: the upload is at another offset than the request says."""
    facts = {} if received is None else {"received": received}
    return conflict("offset_mismatch", "The upload is at another offset: ask for it with HEAD.", **facts)
