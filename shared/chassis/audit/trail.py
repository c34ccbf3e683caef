"""Lines of the access trail, and the seals over them (P13)."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from shared.chassis.access.identity import Actor
from shared.chassis.access.purpose import purpose_of_request
from shared.chassis.tables import access_trail
from shared.messaging import Transaction
from shared.sql import insert_columns


def name_in_trail(actor: Actor) -> str:
    """Who it was, as the access trail writes it: `person:ann`, `partner:<its key>`."""
    return f"{actor.kind}:{actor.subject}"


async def add_access(
    tx: Transaction,
    actor: Actor,
    action: str,
    customer_ids: Sequence[UUID | None],
    *,
    subject: str | None = None,
    fields: Collection[str] = (),
) -> None:
    """The access trail: a plain row for every customer whose data somebody saw or changed.

    `action` is a code of what was done. `subject` names what it was of the customer, or who it was that is no customer
    (then the customer is None); `fields` which kinds of content, where it was not all that the action shows.
    """
    access = {
        "at": tx.at, "actor": name_in_trail(actor), "action": action, "subject": subject, "fields": sorted(fields),
        "purpose": purpose_of_request.get(),
    }  # fmt: skip
    await insert_columns(tx, access_trail, {"customer_id": customer_ids}, shared=access)


LINES_PER_SEAL = 5000

LINE = """jsonb_build_array(id, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), actor, customer_id,
    action, subject, to_jsonb(fields), purpose)::text"""
"""A line as it is sealed: a JSON array of its columns, instants in UTC to the microsecond."""

# The digest of a seal: SHA-256 over the digest of the one before it and its lines, in the order of their numbers.
ADD_SEAL = f"""
with last as (
    select coalesce(max(number), 0) as number, coalesce(max(last_id), 0) as id,
           coalesce((select digest from access_trail_seal order by number desc limit 1), '') as digest
    from access_trail_seal
), settled as (
    select least($1::timestamptz, min(xact_start) - $2::interval) as before
    from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
      and backend_type = 'client backend'  -- a vacuum adds no line
), lines as (
    select * from access_trail a
    where a.id > (select id from last)
      and a.id <= (select max(b.id) from access_trail b where b.id > (select id from last)
                   and b.at < (select before from settled))
    order by a.id limit $3
)
insert into access_trail_seal (number, last_id, lines, digest, sealed_at)
select (select number from last) + 1, max(id), count(*),
       sha256((select digest from last) || convert_to(string_agg({LINE}, e'\\n' order by id), 'UTF8')), $4
from lines having count(*) > 0
returning number, last_id, lines, digest, sealed_at
"""


class Seal(NamedTuple):
    """A seal over the lines after those of the one before it, up to `last_id`."""

    number: int
    last_id: int
    lines: int
    digest: bytes
    sealed_at: datetime


async def add_seal(tx: Transaction, settled_before: datetime, margin: timedelta) -> Seal | None:
    """Seal the next lines of before an instant, and of a margin before whatever transaction is under way; None when
    there are none."""
    await tx.raw.execute("lock table access_trail_seal in share row exclusive mode")  # one after the other
    row = await tx.raw.fetchrow(ADD_SEAL, settled_before, margin, LINES_PER_SEAL, tx.at)
    return None if row is None else Seal(*row)


# A seal is broken when its lines are others than it was made over; also when a number is missing before it.
BROKEN_SEALS = f"""
with seals as (
    select *, lag(number, 1, 0::bigint) over w as number_before, lag(last_id, 1, 0::bigint) over w as after_id,
           lag(digest, 1, ''::bytea) over w as digest_before
    from access_trail_seal window w as (order by number)
), recomputed as (
    select s.number, count(a.id) as lines, sha256(s.digest_before || convert_to(coalesce(
               string_agg(a.line, e'\\n' order by a.id), ''), 'UTF8')) as digest
    from seals s left join (select id, {LINE} as line from access_trail) a on a.id > s.after_id and a.id <= s.last_id
    group by s.number, s.digest_before
)
select s.number, s.lines, r.lines as lines_there from seals s join recomputed r using (number)
where s.number <> s.number_before + 1 or s.lines <> r.lines or s.digest <> r.digest
order by s.number
"""


class TrailLine(NamedTuple):
    """A line of the trail; `sealed` says whether a seal is over it already."""

    id: int
    at: datetime
    actor: str
    customer_id: UUID | None
    action: str
    subject: str | None
    fields: list[str]
    purpose: str | None
    sealed: bool


LIST = """
select id, at, actor, customer_id, action, subject, fields, purpose,
       id <= (select coalesce(max(last_id), 0) from access_trail_seal) as sealed
from access_trail
where ($1::uuid[] is null or customer_id = any($1)) and ($2::text is null or actor = $2)
  and ($3::text is null or action = $3) and ($4::text is null or subject = $4)
  and ($5::timestamptz is null or at >= $5) and ($6::timestamptz is null or at < $6)
  and ($7::timestamptz is null or (at, id) < ($7, $8::bigint))
order by at desc, id desc limit $9
"""


class TrailFilter(NamedTuple):
    """Which lines are asked for; None: of any. `since` counts, `until` does not any more."""

    customers: Sequence[UUID] | None = None
    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def list_lines(
    tx: Transaction, wanted: TrailFilter, before: tuple[datetime, int] | None, limit: int
) -> list[TrailLine]:
    """Lines of the trail, the newest first; `before` is where the last page ended."""
    at, line_id = before or (None, None)
    return [TrailLine(*row) for row in await tx.raw.fetch(LIST, *wanted, at, line_id, limit)]


async def list_broken_seals(tx: Transaction) -> list[int]:
    """The numbers of the seals that do not fit their lines any more."""
    return [row["number"] for row in await tx.raw.fetch(BROKEN_SEALS)]


async def find_last_seal(tx: Transaction) -> Seal | None:
    """The newest seal; None: nothing was sealed yet."""
    row = await tx.raw.fetchrow(
        "select number, last_id, lines, digest, sealed_at from access_trail_seal order by number desc limit 1"
    )
    return None if row is None else Seal(*row)
