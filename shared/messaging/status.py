"""How the backbone stands, for `patron status`, /metrics and people: depth, age, lag, gaps, parked keys."""

from contextlib import suppress
from dataclasses import asdict
from typing import Any

from shared.messaging.database.transaction import Transaction
from shared.messaging.epochs import number_of
from shared.messaging.inbox.consumer import ConsumerLoop
from shared.messaging.inbox.parked import list_parked


async def read_status(tx: Transaction, consumer: ConsumerLoop | None) -> dict[str, Any]:
    """Everything of this service's own database and process. Seconds, counts; no payloads.

    A lag of -1 is not known: there is no connection to the broker, or it does not answer. `parked` is the oldest of so
    many: of events whose keys wait (`parked_count`), and of messages that nobody waits for (`not_authentic_count`).
    """
    row = await tx.raw.fetchrow(
        """select (select epoch from stream_epoch) as epoch,
                  count(*) as outbox_depth,
                  coalesce(extract(epoch from clock_timestamp() - min(recorded_at)), 0)::float as outbox_oldest_seconds,
                  (select count(*) from parked where ended_at is null and reason <> 'not_authentic') as parked_count,
                  (select count(*) from parked where ended_at is null and reason = 'not_authentic')
                      as not_authentic_count,
                  (select count(*) from stream_hole) as holes,
                  (select count(*) from epoch_difference) as epoch_differences,
                  (select count(*) from timer where state = 'pending' and due_at < clock_timestamp()) as timers_due,
                  (select count(*) from timer where state = 'failed') as timers_failed
           from outbox_unsent"""
    )  # fmt: skip
    assert row is not None
    parked = [asdict(p) | {"id": p.parked_id} for p in await list_parked(tx)]
    return {
        **dict(row),
        "epoch": str(row["epoch"]),
        "epoch_number": number_of(row["epoch"]),
        "lag": {} if consumer is None else await _lag(consumer),
        "gaps": 0 if consumer is None else len(consumer.pulls.streams),
        "pulled": 0 if consumer is None else consumer.inbox.pulled,
        "applied": 0 if consumer is None else consumer.inbox.applied,
        "age_seconds": 0.0 if consumer is None else consumer.last_age_seconds,
        "consumer_rebuilt": 0 if consumer is None else consumer.restarts,
        "foreign_messages": 0 if consumer is None else consumer.foreign_messages,
        "not_authentic_messages": 0 if consumer is None else consumer.unverified.total,
        "parked": parked,
    }


async def _lag(loop: ConsumerLoop) -> dict[str, int]:
    if loop.consumer is not None:
        with suppress(Exception):
            return await loop.consumer.lag()
    return dict.fromkeys(loop.topics, -1)
