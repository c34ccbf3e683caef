"""Where a position moves without an event: into an owner's new epoch, and over what its log no longer has."""

from uuid import UUID

import structlog

from shared.events import OWNERS
from shared.messaging.database.transaction import Transaction
from shared.messaging.epochs import is_same_life, number_of
from shared.messaging.inbox.positions import lock_positions
from shared.messaging.outbox.event_log import LogSlice

log = structlog.get_logger(__name__)


async def align_epoch(tx: Transaction, topic: str, key: str, log_slice: LogSlice, seen_epoch: UUID | None) -> bool:
    """Move one stream's position into the owner's present epoch. Returns whether the owner has to be asked again: it
    moved back, or is no longer in the epoch that the slice was asked for.

    What was consumed beyond where the log is still the same is unknown to the restored owner, and written down (K16).
    """
    position = (await lock_positions(tx, {(topic, key)}))[topic, key]
    if position.epoch == log_slice.epoch:
        return False
    if position.epoch != seen_epoch:
        return True
    if position.epoch is not None and is_same_life(position.epoch, log_slice.epoch):
        return await _renumber_epoch(tx, topic, key, log_slice.epoch)
    if is_outranked(log_slice.epoch, position.epoch):
        return False
    begins_at = (log_slice.epoch_seq or 0) if position.epoch is not None else position.last_seq
    if position.last_seq > begins_at:
        log.error("owner_lost_events", topic=topic, key=key, consumed=position.last_seq, owner=begins_at)
        await tx.raw.execute(
            """insert into epoch_difference (topic, key, epoch, previous_epoch, consumed_seq, owner_seq, found_at)
               values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing""",
            topic, key, log_slice.epoch, position.epoch, position.last_seq, begins_at, tx.at,
        )  # fmt: skip
    last = min(position.last_seq, begins_at)
    last_id = log_slice.epoch_event_id if last == begins_at else position.last_event_id
    await tx.raw.execute(
        "update stream_seen set epoch = $3, last_seq = $4, last_event_id = $5 where topic = $1 and key = $2",
        topic, key, log_slice.epoch, last, last_id if position.epoch is not None else position.last_event_id,
    )  # fmt: skip
    return position.last_seq > begins_at


async def _renumber_epoch(tx: Transaction, topic: str, key: str, epoch: UUID) -> bool:
    """The owner counts its present life anew (`outrank_epoch`); the position in it stays. Returns False: not moved."""
    await tx.raw.execute(
        "update stream_seen set epoch = $3 where topic = $1 and key = $2 and epoch < $3", topic, key, epoch
    )
    return False


def is_outranked(owners: UUID, seen: UUID | None) -> bool:
    """Whether an owner's present epoch is another one than was seen of it, and does not count beyond that one.

    Its database came back from a backup that knew of no such epoch: it has to be told, or its new facts would be taken
    for those of a life that is over.
    """
    return seen is not None and not is_same_life(owners, seen) and number_of(owners) <= number_of(seen)


async def skip_to_first_available(tx: Transaction, topic: str, key: str, log_slice: LogSlice) -> bool:
    """Move one stream's position to where the owner's log begins. Returns whether it moved.

    What the log no longer has is written down as one hole. Months are dropped only when every subscriber is past
    them, so this one subscribed later, or came back from a backup.
    """
    position = (await lock_positions(tx, {(topic, key)}))[topic, key]
    last_dropped = log_slice.first_available - 1
    if position.blocked or position.epoch != log_slice.epoch or position.last_seq >= last_dropped:
        return False
    log.error("log_begins_later", topic=topic, key=key, first=position.last_seq + 1, last=last_dropped)
    await tx.raw.execute(
        """insert into stream_hole (topic, key, first_seq, seq, event_id, type, reason, dropped_at, dropped_by)
           values ($1, $2, $3, $4, $5, '*', 'log_cut', $6, $7) on conflict do nothing""",
        topic, key, position.last_seq + 1, last_dropped, log_slice.last_dropped_id, tx.at, OWNERS[topic],
    )  # fmt: skip
    await tx.raw.execute(
        "update stream_seen set last_seq = $3, last_event_id = $4 where topic = $1 and key = $2",
        topic, key, last_dropped, log_slice.last_dropped_id,
    )  # fmt: skip
    return True
