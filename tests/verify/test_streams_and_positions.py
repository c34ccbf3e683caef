"""Each invariant of the backbone is shown to catch its fault, made by hand in an otherwise sound system."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from shared.events import CustomerReferenceRegistered
from tests.verify.conftest import Five

CUSTOMER = UUID("0192f000-0000-7000-8000-000000000001")
TOPIC = "patron.intake"


def seen(ref: str, customer: UUID = CUSTOMER) -> CustomerReferenceRegistered:
    return CustomerReferenceRegistered(customer_id=customer, source=ref, registered_at=datetime(2026, 3, 1, tzinfo=UTC))


@pytest.fixture
async def five_with_events(five: Five) -> Five:
    for ref in ("1", "2", "3"):
        await five.announce(seen(ref))
    return five


async def test_an_empty_system_and_one_that_has_announced_everything_hold(five: Five):
    assert await five.broken() == set()
    await five.announce(seen("1"))
    assert await five.broken() == set()


async def test_an_event_that_is_not_sent_is_found(five_with_events: Five):
    await five_with_events.run(
        "gateway", "insert into outbox_unsent select position, recorded_at, shard from outbox where seq = 2"
    )
    result = await five_with_events.result("outbox_empties")
    assert (result.outcome, result.offending, result.checked) == ("broken", 1, 3)


async def test_a_number_that_is_missing_is_found(five_with_events: Five):
    await five_with_events.run("gateway", "delete from outbox where seq = 2")
    assert await five_with_events.broken() == {"stream_counts"}


async def test_a_number_that_is_there_twice_is_found(five_with_events: Five):
    await five_with_events.run("gateway", "update outbox set seq = 1 where seq = 2")
    assert await five_with_events.broken() == {"stream_counts"}


async def test_an_event_that_is_there_twice_is_found(five_with_events: Five):
    await five_with_events.run(
        "gateway",
        """insert into outbox (recorded_at, event_id, topic, key, seq, type, payload, digest, occurred_at, shard)
           select recorded_at, event_id, topic, key, seq, type, payload, digest, occurred_at, shard
           from outbox where seq = 3""",
    )
    assert await five_with_events.broken() == {"stream_counts", "event_ids"}


@pytest.mark.parametrize(
    "change",
    [
        'payload = replace(payload, \'"source":"2"\', \'"source":"4"\')',
        "payload = replace(payload, '2026-03-01', '2026-03-02')",
        "type = 'intake.order_placed.v1'",
        "digest = decode(md5('x'), 'hex')",
        "digest = ''",
    ],
)
async def test_an_event_that_was_altered_after_it_was_announced_is_found(five_with_events: Five, change: str):
    await five_with_events.run("gateway", f"update outbox set {change} where seq = 2")
    assert await five_with_events.broken() == {"payload_digests"}
    result = await five_with_events.result("payload_digests")
    assert (result.offending, result.checked) == (1, 3)
    assert f"{TOPIC} {CUSTOMER} 2" in result.examples[0]


async def test_a_message_that_is_not_authentic_is_noted_until_it_is_dropped(five_with_events: Five):
    await five_with_events.run(
        "loyalty",
        """insert into parked (parked_id, topic, key, seq, type, payload, reason, detail, tries, recorded_at,
                               parked_at)
           values (gen_random_uuid(), $1, $2, 9, '', '', 'not_authentic', '', 0, now(), now())""",
        TOPIC,
        str(CUSTOMER),
    )
    assert (await five_with_events.result("not_authentic")).outcome == "noted"
    assert await five_with_events.broken() == {"not_authentic"}
    await five_with_events.run("loyalty", "update parked set ended_at = now()")
    assert await five_with_events.broken() == set()


async def test_a_head_without_its_event_is_found(five_with_events: Five):
    await five_with_events.run("gateway", "delete from outbox where seq = 3")
    assert "stream_heads" in await five_with_events.broken()
    await five_with_events.run("gateway", "delete from outbox")
    assert "stream_heads" in await five_with_events.broken()


async def test_a_head_that_was_forgotten_is_found(five_with_events: Five):
    await five_with_events.run("gateway", "delete from stream_head")
    result = await five_with_events.result("stream_heads")
    assert (result.outcome, result.offending) == ("broken", 1)


async def test_a_consumer_that_is_behind_is_found(five_with_events: Five):
    await five_with_events.run("loyalty", "update stream_seen set last_seq = 2")
    result = await five_with_events.result("positions_reach_heads")
    assert (result.outcome, result.offending) == ("broken", 1)
    assert "loyalty has seen 2 of 3" in result.examples[0]


async def test_a_consumer_that_never_read_a_stream_is_found(five_with_events: Five):
    """A customer's very last event was lost, and no later one shows the gap (K15)."""
    await five_with_events.run("profile", "delete from stream_seen")
    result = await five_with_events.result("positions_reach_heads")
    assert result.outcome == "broken"
    assert "profile has seen 0 of 3" in result.examples[0]


async def test_a_consumer_that_knows_more_than_the_owner_is_found(five_with_events: Five):
    await five_with_events.run("loyalty", "update stream_seen set last_seq = 9")
    assert "positions_agree" in await five_with_events.broken()


async def test_a_consumer_that_took_another_event_under_the_same_number_is_found(five_with_events: Five):
    await five_with_events.run("loyalty", "update stream_seen set last_event_id = $1", uuid4())
    assert await five_with_events.broken() == {"positions_agree"}


async def test_a_parked_event_and_its_blocked_stream_are_found(five_with_events: Five):
    await five_with_events.run("loyalty", "update stream_seen set last_seq = 1, blocked_at = now()")
    await five_with_events.run(
        "loyalty",
        """insert into parked (parked_id, topic, key, seq, type, payload, reason, detail, tries, recorded_at,
                               parked_at)
           select $1, topic, key, 2, 'intake.customer_reference_registered.v1', '', 'unreadable', '', 5, now(), now()
           from stream_seen""",
        uuid4(),
    )
    result = await five_with_events.result("parked")
    assert (result.outcome, result.offending) == ("broken", 1)
    assert (await five_with_events.result("positions_reach_heads")).outcome == "holds"  # it has its own line


async def test_a_stream_that_is_blocked_without_a_parked_event_is_found(five_with_events: Five):
    await five_with_events.run("loyalty", "update stream_seen set blocked_at = now()")
    assert await five_with_events.broken() == {"parked"}


async def test_holes_and_differences_are_noted_and_break_nothing(five_with_events: Five):
    await five_with_events.run(
        "loyalty",
        """insert into stream_hole (topic, key, seq, type, reason, dropped_at, dropped_by)
           values ('patron.intake', 'k', 2, 'intake.customer_reference_registered.v1', 'unreadable', now(), 'ann')""",
    )
    await five_with_events.run(
        "tiering",
        """insert into epoch_difference (topic, key, epoch, consumed_seq, owner_seq, found_at)
           values ('patron.intake', 'k', $1, 9, 7, now())""",
        uuid4(),
    )
    assert (await five_with_events.result("holes")).outcome == "noted"
    assert (await five_with_events.result("epoch_differences")).outcome == "noted"
    assert await five_with_events.broken() == {"holes", "epoch_differences"}


@pytest.mark.parametrize(
    ("state", "ended", "due"),
    [("failed", "null", "-1 minute"), ("pending", "null", "-1 hour"), ("fired", "null", "-1 minute"),
     ("cancelled", "null", "-1 minute"), ("pending", "now()", "1 hour")],
)  # fmt: skip
async def test_a_timer_that_did_not_end_as_it_should_is_found(five: Five, state: str, ended: str, due: str):
    await five.run(
        "complaint",
        f"""insert into timer (aggregate, kind, generation, due_at, state, ended_at)
            values ('a', 'x', 1, now() + interval '{due}', '{state}', {ended})""",
    )
    assert await five.broken() == {"timers_end_once"}


async def test_timers_that_fired_or_were_cancelled_or_are_to_come_are_sound(five: Five):
    await five.run(
        "complaint",
        """insert into timer (aggregate, kind, generation, due_at, state, ended_at)
           values ('a', 'x', 1, now() - interval '1 day', 'fired', now()),
                  ('a', 'x', 2, now() + interval '1 day', 'cancelled', now()),
                  ('a', 'x', 3, now() + interval '1 day', 'pending', null)""",
    )
    assert await five.broken() == set()


async def test_what_happens_while_verify_looks_is_not_a_fault(five_with_events: Five):
    """Heads are taken first; an event that comes later need not have arrived."""
    await five_with_events.announce(seen("4"), received=False)
    result = await five_with_events.result("positions_reach_heads")
    assert result.outcome == "broken"  # it was there before the heads were taken
    five_with_events.wait_seconds = 5
    await five_with_events.run("gateway", "update stream_head set seq = 3")
    await five_with_events.run("gateway", "delete from outbox where seq = 4")
    assert (await five_with_events.result("positions_reach_heads")).outcome == "holds"
