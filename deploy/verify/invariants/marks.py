"""What arrived: every consumer's mark is at the owner's head. What waits for an operator has lines of its own."""

from deploy.verify.invariant import ALL, Scan, Within
from deploy.verify.moments import Moments, read_heads


async def _marks_reach_heads(moments: Moments) -> tuple[int, list[str]]:
    """Each stream a service listens to was seen up to the head taken at the start (blocked ones: see `parked`)."""
    heads = await read_heads(moments.before)
    checked = sum(topic in moments.topics[service] for service in ALL for topic, _ in heads)
    return checked, list(moments.behind)


async def _marks_name_the_same_event(moments: Moments) -> tuple[int, list[str]]:
    """A mark beyond the head, or with another event's id at the same number, is of a fact unknown to the owner."""
    checked = 0
    found = []
    latest = {
        (r["topic"], r["key"]): (r["seq"], r["last_event_id"])
        for service in ALL
        for r in await moments.after[service].fetch("select topic, key, seq, last_event_id from stream_head")
    }
    for service in ALL:
        for mark in await moments.now[service].fetch("select topic, key, last_seq, last_event_id from stream_seen"):
            checked += 1
            seq, event_id = latest.get((mark["topic"], mark["key"]), (0, None))
            stream = f"{mark['topic']} {mark['key']}"
            if mark["last_seq"] > seq:
                found.append(f"{service} has seen {mark['last_seq']} of {stream}, whose head is {seq}")
            elif seq and mark["last_seq"] == seq and mark["last_event_id"] not in (None, event_id):
                found.append(f"{service} has another event than the owner at {seq} of {stream}")
    return checked, found


INVARIANTS = (
    Scan("marks_reach_heads", "every consumer's mark reaches the owner's head", _marks_reach_heads),
    Scan("marks_agree", "no consumer took an event that its owner does not know", _marks_name_the_same_event),
    Within(
        "parked",
        "no event is parked and no stream is blocked",
        ALL,
        checked="select count(*) from stream_seen",
        offending="""
            select topic, key, p.seq, p.type, p.reason, p.parked_at, s.blocked_at
            from (select * from parked where ended_at is null) as p
            full join (select * from stream_seen where blocked_at is not null) as s using (topic, key)
            order by topic, key
        """,
    ),
    Within(
        "holes",
        "no event was gone past: dropped by an operator, or gone from its owner's log before it was heard",
        ALL,
        checked="select count(*) from stream_seen",
        offending="""
            select topic, key, coalesce(first_seq, seq) as first, seq as last, type, reason, dropped_by, dropped_at
            from stream_hole order by dropped_at, topic, key
        """,
        noted=True,
    ),
    Within(
        "epoch_differences",
        "no owner came back from a backup knowing less than was heard from it",
        ALL,
        checked="select count(*) from stream_seen",
        offending="""
            select topic, key, consumed_seq, owner_seq, found_at from epoch_difference order by found_at, topic, key
        """,
        noted=True,
    ),
)
