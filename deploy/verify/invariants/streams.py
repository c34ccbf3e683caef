"""Event logs: every outbox empties, and every stream counts 1, 2, 3 … without a hole up to its head.

Where old months of a log were dropped, a stream counts from where it was cut.
"""

from hashlib import blake2b

from deploy.verify.invariant import ALL_SERVICES, PAGE, Scan, Within
from deploy.verify.snapshots import Snapshots


async def _outboxes_empty(snapshots: Snapshots) -> tuple[int, list[str]]:
    """A row that was unsent when the check began is sent when the wait is over."""
    checked = 0
    offending = []
    for service in ALL_SERVICES:
        checked += int(await snapshots.now[service].fetchval("select count(*) from outbox"))
        offending += [f"{service}: position={position} is still unsent" for position in snapshots.unsent[service]]
    return checked, offending


async def _payloads_match_digests(snapshots: Snapshots) -> tuple[int, list[str]]:
    """The digest is BLAKE2b-128 of type, key and payload, divided by NUL, made by the process that announced the event.

    Postgres has no BLAKE2b, so all rows pass by here: 2 us each.
    """
    checked = 0
    offending: list[str] = []
    for service in ALL_SERVICES:
        async for page in snapshots.now[service].pages(
            "select type, key, payload, digest, topic, seq from outbox", PAGE
        ):
            checked += len(page)
            snapshots.progress("payload_digests", checked, checked)
            offending += [
                f"{service}: {topic} {key} {seq} is not what was announced"
                for type_, key, payload, digest, topic, seq in page
                if blake2b(f"{type_}\0{key}\0{payload}".encode(), digest_size=16).digest() != digest
            ]
    return checked, offending


# The log with the last event of what was cut off each stream.
LOG = """(select topic, key, seq, event_id from outbox union all select topic, key, seq, event_id from outbox_cut)"""

INVARIANTS = (
    Scan("outbox_empties", "every outbox empties: what was unsent at the start is sent", _outboxes_empty),
    Within(
        "stream_counts",
        "every stream (topic, key) counts 1, 2, 3 …, or on from its cut, without a hole and without a number twice",
        ALL_SERVICES,
        checked="select count(*) from outbox",
        offending="""
            select topic, key, cut.seq as cut, min(o.seq) as first, max(o.seq) as last, count(*) as events,
                   count(distinct o.seq) as numbers
            from outbox o left join outbox_cut cut using (topic, key)
            where o.seq > coalesce(cut.seq, 0) group by topic, key, cut.seq
            having min(o.seq) <> coalesce(cut.seq, 0) + 1 or count(*) <> max(o.seq) - coalesce(cut.seq, 0)
                or count(distinct o.seq) <> count(*)
            order by topic, key
        """,
    ),
    Within(
        "stream_heads",
        "every head is the last event of its stream",
        ALL_SERVICES,
        checked="select count(*) from stream_head",
        offending=f"""
            with ends as (
                select topic, key, h.seq as head, h.last_event_id, last.seq as last
                from stream_head h
                full join (select topic, key, max(seq) as seq from {LOG} as log group by topic, key) as last
                    using (topic, key)
            )
            select ends.*, event.event_id
            from ends left join {LOG} as event
                on (event.topic, event.key, event.seq) = (ends.topic, ends.key, ends.head)
            where ends.head is distinct from ends.last or ends.last_event_id is distinct from event.event_id
            order by ends.topic, ends.key
        """,
    ),
    Scan(
        "payload_digests",
        "every event in a log is what was announced: type, key and payload have the digest written with them",
        _payloads_match_digests,
    ),
    Within(
        "event_ids",
        "no event was written twice",
        ALL_SERVICES,
        checked="select count(*) from outbox",
        offending="select event_id, count(*) as times from outbox group by event_id having count(*) > 1",
    ),
)
