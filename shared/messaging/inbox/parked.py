"""Parked events: stored with a reason while their stream is blocked, until an operator has them retried or dropped.

Beside them lie messages that are no events (`unverified`): reason `not_authentic`, they block nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.errors import conflict, not_found
from shared.messaging.database.transaction import Transaction
from shared.messaging.ids import new_id
from shared.messaging.inbox.received import ReceivedEvent

NOT_AUTHENTIC = "not_authentic"  # the reason of a message that is no event of ours: see `unverified`


@dataclass(frozen=True, slots=True)
class Parked:
    """An event, or a message that is not authentic, that is parked now.

    `reason` is a stable code; `detail` never holds the payload or personal data. `tries` counts how
    often it was applied in vain.
    """

    parked_id: UUID
    topic: str
    key: str
    seq: int
    type: str
    reason: str
    detail: str
    tries: int
    parked_at: datetime


async def park(tx: Transaction, event: ReceivedEvent, reason: str, detail: str, tries: int) -> None:
    """Store the event and block its stream. What is parked of the stream already stays, and nothing is added."""
    await tx.raw.execute(
        """insert into parked (parked_id, topic, key, seq, epoch, event_id, type, payload, reason, detail, recorded_at,
                               tries, parked_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
           on conflict (topic, key) where ended_at is null and reason <> 'not_authentic' do nothing""",
        new_id(), event.topic, event.key, event.seq, event.epoch, event.event_id, event.type,
        event.payload, reason, detail, event.recorded_at, tries, tx.at,
    )  # fmt: skip
    await tx.raw.execute(
        "update stream_seen set blocked_at = $3 where topic = $1 and key = $2", event.topic, event.key, tx.at
    )


async def list_parked(tx: Transaction, limit: int = 200) -> Sequence[Parked]:
    """What is parked now, the oldest first; after all events, messages that are none (`unverified`)."""
    rows = await tx.raw.fetch(
        """select parked_id, topic, key, seq, type, reason, detail, tries, parked_at from parked
           where ended_at is null order by reason = 'not_authentic', parked_at limit $1""",
        limit,
    )  # fmt: skip
    return [Parked(**dict(row)) for row in rows]


async def load_parked(tx: Transaction, parked_id: UUID) -> ReceivedEvent:
    """Lock a parked event and return it as it was received.

    DomainError parked_not_found when it is not parked now, not_authentic when its seal did not verify: what is kept of
    such a message is no event.
    """
    row = await tx.raw.fetchrow(
        "select * from parked where parked_id = $1 and ended_at is null for update", parked_id
    )  # fmt: skip
    if row is None:
        raise not_found("parked_not_found", "No such event is parked now.")
    if row["reason"] == NOT_AUTHENTIC:
        raise conflict("not_authentic", "Its seal does not verify: this message can only be dropped.")
    return ReceivedEvent(
        row["topic"], row["key"], row["seq"], row["epoch"], row["event_id"], row["type"], row["payload"],
        row["recorded_at"],
    )  # fmt: skip


async def record_failed_retry(tx: Transaction, parked_id: UUID, reason: str, detail: str) -> None:
    """Count one more try in vain, with why it was the last time."""
    await tx.raw.execute(
        "update parked set tries = tries + 1, reason = $2, detail = $3 where parked_id = $1", parked_id, reason, detail
    )


async def record_hole(tx: Transaction, parked_id: UUID, by: str) -> None:
    """Write down that the stream goes past this event without its effect, and who decided so."""
    await tx.raw.execute(
        """insert into stream_hole (topic, key, seq, event_id, type, reason, dropped_at, dropped_by)
           select topic, key, seq, event_id, type, reason, $2, $3 from parked where parked_id = $1
           on conflict do nothing""",
        parked_id, tx.at, by,
    )  # fmt: skip


async def end_not_authentic(tx: Transaction, parked_id: UUID, by: str) -> bool:
    """Drop a message whose seal did not verify. Returns whether there was one of this id."""
    dropped = await tx.raw.fetchval(
        """update parked set ended_at = $2, ended_by = $3 where parked_id = $1 and reason = $4 and ended_at is null
           returning true""",
        parked_id, tx.at, by, NOT_AUTHENTIC,
    )  # fmt: skip
    return bool(dropped)


async def end(tx: Transaction, parked_id: UUID, by: str) -> None:
    """The event is parked no longer: it took effect, or was dropped. `by` is an operator, or `release`."""
    await tx.raw.execute("update parked set ended_at = $2, ended_by = $3 where parked_id = $1", parked_id, tx.at, by)
