"""Timers: each fires once or is cancelled, never both; a failing effect is tried again and then said to have failed."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

from shared.errors import invalid
from shared.messaging import Timer, Timers, Transaction, announce, cancel_timers, set_timer
from shared.messaging.timers import Effect
from shared.messaging.tracing import FORM, Span, SpanCollector, current_traceparent
from tests.shared.messaging.clocks import with_clock
from tests.shared.messaging.world import World, seen

PAST = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2100, 1, 1, tzinfo=UTC)


def noting() -> Timers:
    async def when_due_note_it(tx: Transaction, due: Sequence[Timer]) -> None:
        for timer in due:
            await tx.raw.execute("insert into effect (type, ref) values ($1, $2)", timer.kind, timer.aggregate)

    timers = Timers()
    timers.on("note", when_due_note_it)
    return timers


async def arm(world: World, aggregate: str, generation: int, due_at: datetime) -> None:
    await world.owner.run(lambda tx: set_timer(tx, aggregate, "note", generation, due_at))


async def noted(world: World) -> list[str]:
    rows = await world.owner.run(lambda tx: tx.raw.fetch("select ref from effect order by n"))
    return [row["ref"] for row in rows]


async def states(world: World) -> list[tuple[int, str]]:
    rows = await world.owner.run(lambda tx: tx.raw.fetch("select generation, state from timer order by generation"))
    return [(row["generation"], row["state"]) for row in rows]


async def test_what_is_due_fires_and_what_is_not_waits(world: World) -> None:
    timers = noting()
    await arm(world, "a", 1, PAST)
    await arm(world, "b", 1, LATER)
    assert await timers.fire_due(world.owner) == 1
    assert await noted(world) == ["a"]
    assert await timers.fire_due(world.owner, until=LATER + timedelta(days=1)) == 1
    assert await noted(world) == ["a", "b"]


async def test_many_processes_fire_each_once(world: World) -> None:
    for i in range(60):
        await arm(world, str(i), 1, PAST)
    fired = await asyncio.gather(*(noting().fire_due(world.owner) for _ in range(6)))
    assert sum(fired) == 60
    assert sorted(await noted(world)) == sorted(map(str, range(60)))


async def test_a_newer_generation_replaces_and_an_older_one_is_ignored(world: World) -> None:
    await arm(world, "a", 1, PAST)
    await arm(world, "a", 2, LATER)
    await arm(world, "a", 1, PAST)
    assert await states(world) == [(1, "cancelled"), (2, "pending")]
    assert await noting().fire_due(world.owner) == 0


async def test_a_cancelled_timer_never_fires(world: World) -> None:
    await arm(world, "a", 1, PAST)
    assert await world.owner.run(lambda tx: cancel_timers(tx, "a")) == 1
    assert await noting().fire_due(world.owner) == 0
    assert await world.owner.run(lambda tx: cancel_timers(tx, "a")) == 0


async def test_cancelling_and_firing_at_once_end_in_one_of_the_two(world: World) -> None:
    for i in range(30):
        await arm(world, str(i), 1, PAST)

    async def cancel_all() -> int:
        return sum([await world.owner.run(lambda tx, i=i: cancel_timers(tx, str(i))) for i in range(30)])  # type: ignore[misc]

    fired, cancelled = await asyncio.gather(noting().fire_due(world.owner), cancel_all())
    assert fired + cancelled == 30
    assert len(await noted(world)) == fired


async def test_a_failing_effect_leaves_nothing_and_is_tried_five_times(world: World) -> None:
    async def when_due_fail(tx: Transaction, due: Sequence[Timer]) -> None:
        await tx.raw.execute("insert into effect (ref) values ('half done')")
        raise invalid("no_good")

    timers = Timers()
    timers.on("note", when_due_fail)
    await arm(world, "a", 1, PAST)
    for _ in range(5):
        await timers.fire_due(world.owner)
        await world.owner.run(lambda tx: tx.raw.execute("update timer set retry_at = null"))
    assert await states(world) == [(1, "failed")]
    assert await noted(world) == []


async def test_one_that_fails_is_cornered_and_the_others_of_its_batch_fire(world: World) -> None:
    async def when_due_note_all_but_the_bad(tx: Transaction, due: Sequence[Timer]) -> None:
        await tx.raw.executemany("insert into effect (ref) values ($1)", [(timer.aggregate,) for timer in due])
        if any(timer.aggregate == "13" for timer in due):
            raise invalid("no_good")

    timers = Timers()
    timers.on("note", when_due_note_all_but_the_bad)
    for i in range(40):
        await arm(world, str(i), 1, PAST)
    await timers.fire_due(world.owner)
    assert sorted(await noted(world)) == sorted(str(i) for i in range(40) if i != 13)
    assert [state for _, state in await states(world)].count("pending") == 1


async def test_a_batch_has_one_timer_of_a_subject_so_none_overtakes_another(world: World) -> None:
    batches: list[list[str]] = []

    async def when_due_keep_the_batch(tx: Transaction, due: Sequence[Timer]) -> None:
        batches.append([timer.aggregate for timer in due])

    timers = Timers()
    for kind in ("note", "ring"):
        timers.on(kind, when_due_keep_the_batch)
    for number, (aggregate, kind) in enumerate([("a/1", "note"), ("a/2", "ring"), ("b/1", "note"), ("a/3", "note")]):
        due_at = PAST + timedelta(hours=number)
        await world.owner.run(lambda tx, a=aggregate, k=kind, d=due_at: set_timer(tx, a, k, 1, d))  # type: ignore[misc]
    assert await timers.fire_due(world.owner) == 4
    assert batches == [["a/1", "b/1"], ["a/2"], ["a/3"]]


async def test_what_an_effect_leaves_alone_comes_again(world: World) -> None:
    busy = {"a"}
    fired: list[str] = []

    async def when_due_skip_the_busy(tx: Transaction, due: Sequence[Timer]) -> Collection[Timer]:
        fired.extend(timer.aggregate for timer in due if timer.aggregate not in busy)
        return [timer for timer in due if timer.aggregate in busy]

    timers = Timers()
    timers.on("note", when_due_skip_the_busy)
    for aggregate in ("a", "b"):
        await arm(world, aggregate, 1, PAST)
    await timers.fire_due(world.owner)
    assert fired == ["b"]
    busy.clear()
    await world.owner.run(lambda tx: tx.raw.execute("update timer set retry_at = null"))
    assert await timers.fire_due(world.owner) == 1
    assert fired == ["b", "a"]


async def test_a_clock_that_jumps_fires_each_timer_once(world: World) -> None:
    timers = noting()
    async with with_clock(world.owner, timedelta(0)) as clock:
        database = clock.database
        now = datetime.now(UTC)

        async def set_both(tx: Transaction) -> None:
            await set_timer(tx, "due", "note", 1, now - timedelta(minutes=1))
            await set_timer(tx, "tomorrow", "note", 1, now + timedelta(hours=20))

        await database.run(set_both)
        await timers.fire_due(database)
        assert await noted(world) == ["due"]
        await clock.jump(timedelta(days=1))
        await timers.fire_due(database)
        await clock.jump(timedelta(days=-1))
        await timers.fire_due(database)
        await clock.jump(timedelta(0))
        await timers.fire_due(database)
        assert await noted(world) == ["due", "tomorrow"]


async def test_a_next_try_that_a_fast_clock_set_is_not_waited_for_when_the_clock_is_mended(world: World) -> None:
    """The pause between two tries is minutes at most: what lies an hour ahead is of another time."""
    timers, fired = Timers(), list[str]()
    timers.on("ring", fails_once(fired))
    async with with_clock(world.owner, timedelta(hours=1)) as clock:
        due = datetime.now(UTC) - timedelta(minutes=5)
        await clock.database.run(lambda tx: set_timer(tx, "bell", "ring", 1, due))
        await timers.fire_due(clock.database)
        assert fired == []
        await clock.jump(timedelta(0))
        await timers.fire_due(clock.database)
        assert fired == ["bell"]


def fails_once(fired: list[str]) -> Effect:
    tries = []

    async def effect(tx: Transaction, due: Sequence[Timer]) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise RuntimeError("the first time")
        fired.extend(timer.aggregate for timer in due)

    return effect


async def test_what_is_due_together_begins_a_trace_that_its_events_carry(world: World) -> None:
    async def announce_it(tx: Transaction, due: Sequence[Timer]) -> None:
        announce(tx, [seen(int(timer.aggregate), "demo") for timer in due])

    timers = Timers()
    timers.on("note", announce_it)
    spans: list[Span] = []
    SpanCollector.collect = spans.append
    traces = set()
    try:
        for number in (1, 2):
            await arm(world, str(number), 1, PAST)
            await timers.fire_due(world.owner)
            [span] = spans
            spans.clear()
            assert (span.name, span.kind, span.parent, span.failed) == ("timers note", "internal", None, False)
            traces.add(span.traceparent)
    finally:
        SpanCollector.collect = None
    rows = await world.owner.run(lambda tx: tx.raw.fetch("select traceparent from outbox"))
    assert {row["traceparent"] for row in rows} == traces
    assert len(traces) == 2
    assert all(FORM.match(trace) for trace in traces)
    assert current_traceparent.get() is None
