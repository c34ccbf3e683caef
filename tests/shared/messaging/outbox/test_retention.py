"""Old months of the log: when they stay, what is written down when they go, and that everybody goes on counting."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest

from shared.messaging import Database, Transaction
from shared.messaging.database.failures import is_transient
from shared.messaging.inbox.positions import list_not_past
from shared.messaging.inbox.received import read_message
from shared.messaging.outbox.event_log import read_slice, renew_epoch
from shared.messaging.outbox.partitions import make_partitions
from shared.messaging.outbox.retention import drop_old_months
from shared.messaging.outbox.subscriber_positions import HttpSubscriberPositions
from tests.shared.messaging.world import RING, TOPIC, World, customer, seen, until

JANUARY, FEBRUARY = datetime(2025, 1, 20, tzinfo=UTC), datetime(2025, 2, 20, tzinfo=UTC)
JUNE = datetime(2025, 6, 1, tzinfo=UTC)


class DirectSubscriber:
    """Asks the subscriber's database without HTTP; counts how often, and can keep silent."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.questions = 0
        self.silent = False

    async def reason_to_keep(self, topic: str, epoch: UUID, last_seqs: Mapping[str, int]) -> str | None:
        self.questions += 1
        if self.silent:
            return "it does not answer"
        behind = await self.world.subscriber.run(lambda tx: list_not_past(tx, topic, epoch, last_seqs))
        return f"behind in {behind}" if behind else None


class Log:
    """The owner's log with two events of customer 1 and one of 2 in January, one of each in February, one in June."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.subscriber = DirectSubscriber(world)

    async def write(self) -> None:
        for month in (JANUARY, FEBRUARY, JUNE):
            await self.world.owner.run(lambda tx, month=month: make_partitions(tx.raw, month, months=1))  # type: ignore[misc]
        await self.world.write(seen(1, "1"), seen(1, "2"), seen(2, "1"), at=JANUARY)
        await self.world.write(seen(1, "3"), seen(2, "2"), at=FEBRUARY)
        await self.world.write(seen(1, "4"), at=JUNE)

    async def send(self) -> None:
        await self.run(self.world.owner, "delete from outbox_unsent")

    async def receive(self, many: int | None = None) -> None:
        await self.world.inbox.apply([read_message(m, RING) for m in (await self.world.messages())[:many]])

    async def drop(self, keep_days: int = 30, now: datetime = JUNE) -> list[str]:
        return await drop_old_months(self.world.owner, self.subscriber, keep_days, now)

    async def run(self, database: Database, sql: str) -> list[asyncpg.Record]:
        rows: list[asyncpg.Record] = await database.run(lambda tx: tx.raw.fetch(sql))
        return rows

    async def rewrite(self, sql: str) -> None:
        """Change the owner's log, which nobody else can: what was announced stands."""

        async def work(tx: Transaction) -> None:
            await tx.raw.execute("set local session_replication_role = replica")
            await tx.raw.execute(sql)

        await self.world.owner.run(work)

    async def numbers(self) -> list[tuple[str, int]]:
        rows = await self.run(self.world.owner, "select key, seq from outbox order by position")
        return [(row["key"], row["seq"]) for row in rows]

    async def holes(self) -> list[tuple[int, int, str, str]]:
        rows = await self.run(self.world.subscriber, "select first_seq, seq, reason, dropped_by from stream_hole")
        return [tuple(row) for row in rows]


@pytest.fixture
async def log(world: World) -> AsyncIterator[Log]:
    made = Log(world)
    await made.write()
    yield made
    for partition in ("outbox_2025_01", "outbox_2025_02", "outbox_2025_06"):
        await made.run(world.owner, f"drop table if exists {partition}")


async def test_what_is_sent_and_received_by_all_goes_and_where_each_stream_begins_is_written_down(log: Log) -> None:
    await log.send()
    await log.receive()
    ids = [row["event_id"] for row in await log.run(log.world.owner, "select event_id from outbox order by position")]
    assert await log.drop() == ["outbox_2025_01", "outbox_2025_02"]
    assert await log.numbers() == [(str(customer(1)), 4)]
    rows = await log.run(log.world.owner, "select key, seq, event_id, partition, recorded_before from outbox_cut")
    march = datetime(2025, 3, 1, tzinfo=UTC)
    assert {tuple(row) for row in rows} == {
        (str(customer(1)), 3, ids[3], "outbox_2025_02", march),
        (str(customer(2)), 2, ids[4], "outbox_2025_02", march),
    }
    assert await log.drop() == []


async def test_a_stream_goes_on_counting_and_is_received_after_a_cut(log: Log) -> None:
    await log.send()
    await log.receive()
    await log.drop()
    await log.world.write(seen(1, "5"), seen(2, "3"), at=JUNE)
    assert (await log.numbers())[1:] == [(str(customer(1)), 5), (str(customer(2)), 3)]
    assert await log.world.inbox.pull(TOPIC, str(customer(2))) == 1
    await log.receive()
    assert await log.world.refs(1) == ["1", "2", "3", "4", "5"]
    assert await log.world.refs(2) == ["1", "2", "3"]
    assert await log.holes() == []


async def test_nothing_goes_when_the_log_is_kept_for_ever_or_not_yet_old_enough(log: Log) -> None:
    await log.send()
    await log.receive()
    assert await log.drop(keep_days=0) == []
    assert await log.drop(keep_days=121) == []
    assert await log.drop(keep_days=120) == ["outbox_2025_01"]  # it ended so long before June began
    assert await log.drop(keep_days=1, now=FEBRUARY) == [], "the month that still runs"


async def test_nothing_goes_while_an_event_of_it_is_unsent(log: Log) -> None:
    await log.send()
    await log.receive()
    await log.run(
        log.world.owner,
        """insert into outbox_unsent select position, recorded_at, shard from outbox
           where seq = 2 and recorded_at < '2025-02-01'""",
    )
    assert await log.drop() == [], "February waits for January"
    assert log.subscriber.questions == 0
    assert len(await log.numbers()) == 6
    assert await log.run(log.world.owner, "select * from outbox_cut") == []


async def test_nothing_goes_while_a_subscriber_is_behind_and_later_months_do_not_go_before_earlier_ones(
    log: Log,
) -> None:
    await log.send()
    await log.receive(many=2)  # nothing of customer 2
    assert await log.drop() == []
    await log.receive(many=4)
    assert await log.drop() == ["outbox_2025_01"]
    await log.receive()
    assert await log.drop() == ["outbox_2025_02"]


async def test_nothing_goes_while_a_subscriber_keeps_silent(log: Log) -> None:
    await log.send()
    await log.receive()
    log.subscriber.silent = True
    assert await log.drop() == []
    log.subscriber.silent = False
    assert len(await log.drop()) == 2


async def test_nothing_goes_while_a_key_is_blocked(log: Log) -> None:
    await log.send()
    log.world.poisoned = {"3"}
    await log.receive()
    assert await log.drop() == []
    [parked] = await log.run(log.world.subscriber, "select parked_id from parked")
    log.world.poisoned = set()
    assert await log.world.inbox.retry(parked["parked_id"], "ann")
    assert len(await log.drop()) == 2


async def test_nothing_goes_while_a_position_is_of_an_epoch_before_a_restore(log: Log) -> None:
    """Its numbers are other facts than those of the owner's present epoch."""
    await log.send()
    await log.receive()
    connection = await log.world.owner.connect_raw()
    await renew_epoch(connection)
    await connection.close()
    assert await log.drop() == []
    for n in (1, 2):
        await log.world.inbox.pull(TOPIC, str(customer(n)))
    assert len(await log.drop()) == 2


async def test_K16_an_owner_that_comes_back_from_a_backup_made_after_a_cut_goes_on_from_there(log: Log) -> None:
    await log.send()
    await log.receive()
    await log.drop()
    await log.world.write(seen(1, "5-lost"), at=JUNE)
    await log.receive()
    await log.rewrite("delete from outbox where seq = 5")
    await log.run(log.world.owner, "update stream_head set seq = 4 where seq = 5")
    connection = await log.world.owner.connect_raw()
    await renew_epoch(connection)
    await connection.close()
    await log.world.write(seen(1, "5-new"), at=JUNE)
    for n in (1, 2):
        await log.world.inbox.pull(TOPIC, str(customer(n)))
    assert await log.world.refs(1) == ["1", "2", "3", "4", "5-lost", "5-new"]
    assert await log.world.refs(2) == ["1", "2"]
    assert await log.holes() == []
    differences = await log.run(log.world.subscriber, "select consumed_seq, owner_seq from epoch_difference")
    assert [tuple(row) for row in differences] == [(5, 4)]


async def test_what_no_month_holds_keeps_the_months_after_it(log: Log) -> None:
    await log.send()
    await log.receive()
    await log.rewrite("update outbox set recorded_at = '2024-12-31' where seq = 1")
    assert await log.run(log.world.owner, "select * from only outbox_default") != []
    assert await log.drop() == []


async def test_a_subscriber_that_comes_later_begins_where_the_log_does_and_the_rest_is_one_hole(log: Log) -> None:
    await log.send()
    await log.receive()
    await log.drop()
    await log.run(log.world.subscriber, "truncate stream_seen, effect")
    await log.world.write(seen(1, "5"), seen(2, "3"), at=JUNE)

    async def caught_up() -> bool:
        await log.world.consumer.reconcile()
        await log.world.consumer.until_pulled()
        return await log.world.positions() == {str(customer(1)): 5, str(customer(2)): 3}

    await until(caught_up, "all that the log still has is applied")
    assert await log.world.refs(1) == ["4", "5"]
    assert await log.world.refs(2) == ["3"]
    assert sorted(await log.holes()) == [(1, 2, "log_cut", "gateway"), (1, 3, "log_cut", "gateway")]
    questions = len(log.world.direct.questions)
    for _ in range(5):
        await log.world.consumer.reconcile()
    assert len(log.world.direct.questions) == questions, "nobody is behind any more"
    assert len(await log.holes()) == 2


async def test_a_stream_all_of_which_is_gone_is_stepped_over_too(log: Log) -> None:
    await log.send()
    await log.receive()
    await log.drop()
    await log.run(log.world.subscriber, "truncate stream_seen, effect")
    assert await log.world.inbox.pull(TOPIC, str(customer(2))) == 0
    assert await log.world.positions() == {str(customer(2)): 2}
    assert await log.holes() == [(1, 2, "log_cut", "gateway")]


async def test_a_slice_begins_after_the_cut_even_where_an_earlier_number_is_left(log: Log) -> None:
    """Two instances' clocks: number 3 may have been recorded a moment before number 2, in the month before."""
    await log.rewrite(f"update outbox set recorded_at = '2025-02-01' where seq = 2 and key = '{key_of_customer_1()}'")
    await log.rewrite("update outbox set recorded_at = '2025-01-31' where seq = 3")
    await log.send()
    await log.receive()
    assert await log.drop(keep_days=100) == ["outbox_2025_01"]
    log_slice = await log.world.owner.run(lambda tx: read_slice(tx, TOPIC, key_of_customer_1(), 1))
    assert (log_slice.first_available, [event.seq for event in log_slice.events]) == (4, [4])
    assert await log.drop() == ["outbox_2025_02"]
    log_slice = await log.world.owner.run(lambda tx: read_slice(tx, TOPIC, key_of_customer_1(), 1))
    assert (log_slice.first_available, [event.seq for event in log_slice.events]) == (4, [4])


def key_of_customer_1() -> str:
    return str(customer(1))


async def test_replicas_that_keep_house_at_once_cut_once(log: Log) -> None:
    await log.send()
    await log.receive()
    dropped = await asyncio.gather(*(log.drop() for _ in range(4)))
    assert sorted(name for names in dropped for name in names) == ["outbox_2025_01", "outbox_2025_02"]
    assert len(await log.run(log.world.owner, "select * from outbox_cut")) == 2


async def test_a_replica_that_was_slower_finds_the_month_gone(log: Log) -> None:
    await log.send()
    await log.receive()
    questions: list[list[str]] = []

    class Slow(DirectSubscriber):
        async def reason_to_keep(self, topic: str, epoch: UUID, last_seqs: Mapping[str, int]) -> str | None:
            if not questions:
                questions.append([])
                questions[0] += await log.drop()
            return await super().reason_to_keep(topic, epoch, last_seqs)

    assert await drop_old_months(log.world.owner, Slow(log.world), 30, JUNE) == []
    assert questions == [["outbox_2025_01", "outbox_2025_02"]]


async def test_a_month_in_which_something_is_recorded_after_all_stays(log: Log) -> None:
    await log.send()
    await log.receive()

    class Late(DirectSubscriber):
        async def reason_to_keep(self, topic: str, epoch: UUID, last_seqs: Mapping[str, int]) -> str | None:
            await log.world.write(seen(1, "late"), at=JANUARY)
            return None

    with pytest.raises(RuntimeError, match="outbox_2025_01"):
        await drop_old_months(log.world.owner, Late(log.world), 30, JUNE)
    assert len(await log.numbers()) == 7
    assert await log.run(log.world.owner, "select * from outbox_cut") == []


async def test_a_month_that_somebody_looks_at_stays_and_nobody_waits_long(log: Log) -> None:
    await log.send()
    await log.receive()
    async with log.world.owner.transaction() as tx:
        await tx.raw.execute("lock table outbox in access share mode")
        with pytest.raises(asyncpg.LockNotAvailableError) as refused:
            await log.drop()
    assert is_transient(refused.value)
    assert await log.run(log.world.owner, "select * from outbox_cut") == []
    assert len(await log.drop()) == 2


async def test_every_other_service_is_asked_until_one_objects() -> None:
    answers: dict[str, object] = {
        "a": {"subscribed": False, "not_past": []},
        "b": {"subscribed": True, "not_past": []},
        "c": {"subscribed": True, "not_past": ["k"]},
    }
    questions: list[tuple[str, str]] = []

    async def post(service: str, path: str, body: Mapping[str, object]) -> object:
        questions.append((service, path))
        return answers[service]

    epoch = UUID(int=7)
    assert await HttpSubscriberPositions(["a", "b"], post).reason_to_keep(TOPIC, epoch, {"k": 2}) is None
    assert questions == [(service, f"/internal/streams/{TOPIC}/passed") for service in ("a", "b")]
    reason = await HttpSubscriberPositions(["a", "b", "c"], post).reason_to_keep(TOPIC, epoch, {"k": 2})
    assert reason == f"c is not past 1 streams of {TOPIC}"
    reason = await HttpSubscriberPositions(["away", "a"], post).reason_to_keep(TOPIC, epoch, {"k": 2})
    assert reason == "away does not answer (KeyError)"
