"""What left: every outbox empties, and every stream counts 1, 2, 3 … without a hole up to its head."""

from deploy.verify.invariant import ALL, Scan, Within
from deploy.verify.moments import Moments


async def _outboxes_empty(moments: Moments) -> tuple[int, list[str]]:
    """A row that was unsent when the check began is sent when the wait is over."""
    checked = 0
    found = []
    for service in ALL:
        checked += int(await moments.now[service].fetchval("select count(*) from outbox"))
        found += [f"{service}: position={position} is still unsent" for position in moments.unsent[service]]
    return checked, found


INVARIANTS = (
    Scan("outbox_empties", "every outbox empties: what was unsent at the start is sent", _outboxes_empty),
    Within(
        "stream_counts",
        "every stream (topic, key) counts 1, 2, 3 … without a hole and without a number twice",
        ALL,
        checked="select count(*) from outbox",
        offending="""
            select topic, key, min(seq) as first, max(seq) as last, count(*) as events, count(distinct seq) as numbers
            from outbox group by topic, key
            having min(seq) <> 1 or count(*) <> max(seq) or count(distinct seq) <> count(*)
            order by topic, key
        """,
    ),
    Within(
        "stream_heads",
        "every head is the last event of its stream",
        ALL,
        checked="select count(*) from stream_head",
        offending="""
            with ends as (
                select topic, key, h.seq as head, h.last_event_id, last.seq as last
                from stream_head h
                full join (select topic, key, max(seq) as seq from outbox group by topic, key) as last
                    using (topic, key)
            )
            select ends.*, event.event_id
            from ends left join outbox event on (event.topic, event.key, event.seq) = (ends.topic, ends.key, ends.head)
            where ends.head is distinct from ends.last or ends.last_event_id is distinct from event.event_id
            order by ends.topic, ends.key
        """,
    ),
    Within(
        "event_ids",
        "no event was written twice",
        ALL,
        checked="select count(*) from outbox",
        offending="select event_id, count(*) as times from outbox group by event_id having count(*) > 1",
    ),
)
