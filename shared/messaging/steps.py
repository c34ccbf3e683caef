"""Where a mark steps without an event: into an owner's new epoch, and over what its log no longer has."""

import structlog

from shared.events import OWNERS
from shared.messaging.marks import lock_marks
from shared.messaging.streams import Stretch
from shared.messaging.transaction import Transaction

log = structlog.get_logger(__name__)


async def align_epoch(tx: Transaction, topic: str, key: str, stretch: Stretch) -> bool:
    """Step into the owner's present epoch. What was consumed beyond its beginning is a difference, and listed (K16).

    Returns whether the mark moved back.
    """
    mark = (await lock_marks(tx, {(topic, key)}))[topic, key]
    if mark.epoch == stretch.epoch or (mark.epoch is not None and mark.epoch > stretch.epoch):
        return False
    begins_at = (stretch.epoch_seq or 0) if mark.epoch is not None else mark.last_seq
    if mark.last_seq > begins_at:
        log.error("owner_lost_events", topic=topic, key=key, consumed=mark.last_seq, owner=begins_at)
        await tx.raw.execute(
            """insert into epoch_difference (topic, key, epoch, previous_epoch, consumed_seq, owner_seq, found_at)
               values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing""",
            topic, key, stretch.epoch, mark.epoch, mark.last_seq, begins_at, tx.at,
        )  # fmt: skip
    last = min(mark.last_seq, begins_at)
    last_id = stretch.epoch_event_id if last == begins_at else mark.last_event_id
    await tx.raw.execute(
        "update stream_seen set epoch = $3, last_seq = $4, last_event_id = $5 where topic = $1 and key = $2",
        topic, key, stretch.epoch, last, last_id if mark.epoch is not None else mark.last_event_id,
    )  # fmt: skip
    return mark.last_seq > begins_at


async def step_to_beginning(tx: Transaction, topic: str, key: str, stretch: Stretch) -> bool:
    """Step to where the owner's log begins; what it no longer has is one hole. Returns whether the mark moved.

    Months go only when every subscriber is past them. So this one subscribed later, or came back from a backup.
    """
    mark = (await lock_marks(tx, {(topic, key)}))[topic, key]
    last_gone = stretch.begins - 1
    if mark.blocked or mark.epoch != stretch.epoch or mark.last_seq >= last_gone:
        return False
    log.error("log_begins_later", topic=topic, key=key, first=mark.last_seq + 1, last=last_gone)
    await tx.raw.execute(
        """insert into stream_hole (topic, key, first_seq, seq, event_id, type, reason, dropped_at, dropped_by)
           values ($1, $2, $3, $4, $5, '*', 'log_cut', $6, $7) on conflict do nothing""",
        topic, key, mark.last_seq + 1, last_gone, stretch.last_gone_id, tx.at, OWNERS[topic],
    )  # fmt: skip
    await tx.raw.execute(
        "update stream_seen set last_seq = $3, last_event_id = $4 where topic = $1 and key = $2",
        topic, key, last_gone, stretch.last_gone_id,
    )  # fmt: skip
    return True
