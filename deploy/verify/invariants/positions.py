"""Every consumer's position is at the owner's head. What waits for an operator has lines of its own."""

from deploy.verify.invariant import ALL_SERVICES, Scan, Within
from deploy.verify.snapshots import Snapshots, read_heads


async def _positions_reach_heads(snapshots: Snapshots) -> tuple[int, list[str]]:
    """Each stream a service listens to was read up to the head taken at the start (blocked ones: see `parked`)."""
    heads = await read_heads(snapshots.before)
    checked = sum(topic in snapshots.topics[service] for service in ALL_SERVICES for topic, _ in heads)
    return checked, list(snapshots.lagging)


async def _positions_agree(snapshots: Snapshots) -> tuple[int, list[str]]:
    """A position beyond the head, or with another event's id at the same number, is of a fact unknown to the owner."""
    checked = 0
    offending = []
    latest = {
        (r["topic"], r["key"]): (r["seq"], r["last_event_id"])
        for service in ALL_SERVICES
        for r in await snapshots.after[service].fetch("select topic, key, seq, last_event_id from stream_head")
    }
    for service in ALL_SERVICES:
        for position in await snapshots.now[service].fetch(
            "select topic, key, last_seq, last_event_id from stream_seen"
        ):
            checked += 1
            seq, event_id = latest.get((position["topic"], position["key"]), (0, None))
            stream = f"{position['topic']} {position['key']}"
            if position["last_seq"] > seq:
                offending.append(f"{service} has seen {position['last_seq']} of {stream}, whose head is {seq}")
            elif seq and position["last_seq"] == seq and position["last_event_id"] not in (None, event_id):
                offending.append(f"{service} has another event than the owner at {seq} of {stream}")
    return checked, offending


INVARIANTS = (
    Scan("positions_reach_heads", "every consumer's position reaches the owner's head", _positions_reach_heads),
    Scan("positions_agree", "no consumer took an event that its owner does not know", _positions_agree),
    Within(
        "parked",
        "no event is parked and no stream is blocked",
        ALL_SERVICES,
        checked="select count(*) from stream_seen",
        offending="""
            select topic, key, p.seq, p.type, p.reason, p.parked_at, s.blocked_at
            from (select * from parked where ended_at is null and reason <> 'not_authentic') as p
            full join (select * from stream_seen where blocked_at is not null) as s using (topic, key)
            order by topic, key
        """,
    ),
    Within(
        "not_authentic",
        "no message was found that no service had sealed, or all that were have been looked at and dropped",
        ALL_SERVICES,
        checked="select count(*) from stream_seen",
        offending="""
            select topic, key, seq, type, detail, parked_at from parked
            where ended_at is null and reason = 'not_authentic' order by parked_at, topic, key
        """,
        noted=True,
    ),
    Within(
        "holes",
        "no event was gone past: dropped by an operator, or gone from its owner's log before it was read",
        ALL_SERVICES,
        checked="select count(*) from stream_seen",
        offending="""
            select topic, key, coalesce(first_seq, seq) as first, seq as last, type, reason, dropped_by, dropped_at
            from stream_hole order by dropped_at, topic, key
        """,
        noted=True,
    ),
    Within(
        "epoch_differences",
        "no owner came back from a backup knowing less than was read from it",
        ALL_SERVICES,
        checked="select count(*) from stream_seen",
        offending="""
            select topic, key, consumed_seq, owner_seq, found_at from epoch_difference order by found_at, topic, key
        """,
        noted=True,
    ),
)
