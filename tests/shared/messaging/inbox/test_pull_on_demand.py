"""A key that is not known yet is pulled while its caller waits: what the owners have takes effect, once, in bounds."""

import asyncio
from uuid import UUID, uuid4

import pytest

from shared.messaging.inbox import pull_on_demand
from shared.messaging.inbox.pull_on_demand import Answer, PullOnDemand
from shared.messaging.outbox.event_log import LogSlice
from tests.shared.messaging.world import TOPIC, Running, World, customer, seen, until


@pytest.fixture
def on_demand(world: World) -> PullOnDemand:
    return PullOnDemand(world.inbox, [TOPIC])


async def test_what_the_owner_has_takes_effect_at_once_and_only_once(world: World, on_demand: PullOnDemand) -> None:
    await world.write(seen(1, "a"), seen(1, "b"))
    assert await on_demand.pull(str(customer(1))) is Answer.CAUGHT_UP
    assert await world.refs(1) == ["a", "b"]
    async with Running(world):  # the broker brings them too
        await world.write(seen(1, "c"))
        await until(lambda: has_refs(world, 3), "what came later")
    assert await world.refs(1) == ["a", "b", "c"]


async def has_refs(world: World, count: int) -> bool:
    return len(await world.refs(1)) >= count


async def test_a_key_that_nobody_has_leaves_nothing_behind(world: World, on_demand: PullOnDemand) -> None:
    keys = [str(uuid4()) for _ in range(20)]
    assert {await on_demand.pull(key) for key in keys} == {Answer.ABSENT}
    assert await world.positions() == {}
    assert await world.inbox.pull(TOPIC, keys[0]) == 0
    assert await world.positions() == {}


async def test_that_nobody_has_a_key_is_asked_once_a_moment(
    world: World, on_demand: PullOnDemand, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = str(customer(1))
    for _ in range(10):
        assert await on_demand.pull(key) is Answer.ABSENT
    assert world.direct.questions == [key]
    monkeypatch.setattr(pull_on_demand, "REMEMBER_SECONDS", 0.0)
    other = str(customer(2))
    assert await on_demand.pull(other) is Answer.ABSENT
    await world.write(seen(2, "a"))
    assert await on_demand.pull(other) is Answer.CAUGHT_UP


async def test_of_many_made_up_keys_only_some_are_remembered(
    world: World, on_demand: PullOnDemand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull_on_demand, "MAX_REMEMBERED", 5)
    for _ in range(20):
        await on_demand.pull(str(uuid4()))
    assert len(on_demand._absent_until) == 5


async def test_an_owner_that_is_away_is_no_proof_that_a_customer_is_not_there(
    world: World, on_demand: PullOnDemand
) -> None:
    world.direct.down = True
    assert await on_demand.pull(str(customer(1))) is Answer.UNKNOWN
    world.direct.down = False
    await world.write(seen(1, "a"))
    assert await on_demand.pull(str(customer(1))) is Answer.CAUGHT_UP, "it is asked again at once"


class SlowOwner:
    """Answers when it is let, and counts how many ask at once."""

    def __init__(self, world: World) -> None:
        self.direct, self.may_answer, self.asking, self.most_asking = world.direct, asyncio.Event(), 0, 0
        world.inbox.log_client = self  # type: ignore[assignment]

    async def read_slice(self, topic: str, key: str, first: int, seen_epoch: UUID | None = None) -> LogSlice:
        self.asking += 1
        self.most_asking = max(self.most_asking, self.asking)
        try:
            await self.may_answer.wait()
            return await self.direct.read_slice(topic, key, first, seen_epoch)
        finally:
            self.asking -= 1


async def test_nobody_waits_longer_than_the_budget(world: World) -> None:
    owner = SlowOwner(world)
    on_demand = PullOnDemand(world.inbox, [TOPIC], budget_seconds=0.1)
    await world.write(seen(1, "a"))
    async with asyncio.timeout(5):
        assert await on_demand.pull(str(customer(1))) is Answer.UNKNOWN
    owner.may_answer.set()  # what was begun ends, for whoever comes next
    assert await on_demand.pull(str(customer(1))) is Answer.CAUGHT_UP
    assert await world.refs(1) == ["a"]
    await on_demand.stop(grace_seconds=1)


async def test_many_keys_ask_an_owner_a_few_at_a_time_and_too_many_are_not_made_to_wait(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull_on_demand, "MAX_WAITING", 50)
    owner = SlowOwner(world)
    on_demand = PullOnDemand(world.inbox, [TOPIC], budget_seconds=30)
    keys = [str(uuid4()) for _ in range(60)]
    pulls = [asyncio.create_task(on_demand.pull(key)) for key in keys]
    await until(lambda: done_at_least(pulls, 10), "those that are too many")
    assert {pull.result() for pull in pulls if pull.done()} == {Answer.UNKNOWN}
    await until(lambda: is_asked(owner, pull_on_demand.CONCURRENT_KEYS), "as many as may ask at once")
    owner.may_answer.set()
    answers = await asyncio.gather(*pulls)
    assert (answers.count(Answer.UNKNOWN), answers.count(Answer.ABSENT)) == (10, 50)
    assert owner.most_asking == pull_on_demand.CONCURRENT_KEYS
    assert not on_demand._running


async def done_at_least(pulls: "list[asyncio.Task[Answer]]", count: int) -> bool:
    return sum(pull.done() for pull in pulls) >= count


async def test_of_one_key_there_is_one_pull_however_many_ask(world: World) -> None:
    owner = SlowOwner(world)
    on_demand = PullOnDemand(world.inbox, [TOPIC], budget_seconds=30)
    await world.write(seen(1, "a"))
    pulls = [asyncio.create_task(on_demand.pull(str(customer(1)))) for _ in range(30)]
    await until(lambda: is_asked(owner), "the owner")
    pulls.pop().cancel()  # one who gives up does not take it away from the others
    owner.may_answer.set()
    assert set(await asyncio.gather(*pulls)) == {Answer.CAUGHT_UP}
    assert owner.most_asking == 1
    assert world.direct.questions == [str(customer(1))]
    assert await world.refs(1) == ["a"]


async def is_asked(owner: SlowOwner, at_once: int = 1) -> bool:
    return owner.asking >= at_once


async def test_a_stream_that_waits_for_an_operator_is_not_an_absent_one(world: World, on_demand: PullOnDemand) -> None:
    world.poisoned.add("bad")
    await world.write(seen(1, "bad"), seen(1, "b"))
    assert await on_demand.pull(str(customer(1))) is Answer.UNKNOWN
    assert await on_demand.pull(str(customer(1))) is Answer.UNKNOWN
    assert await world.refs(1) == []


async def test_with_the_consumer_at_the_same_keys_each_event_takes_effect_once(
    world: World, on_demand: PullOnDemand
) -> None:
    async with Running(world):
        for round_ in range(10):
            await world.write(*(seen(n, f"{round_}") for n in range(20)))
            answers = await asyncio.gather(*(on_demand.pull(str(customer(n))) for n in range(20)))
            assert set(answers) == {Answer.CAUGHT_UP}
    for n in range(20):
        assert await world.refs(n) == [str(round_) for round_ in range(10)]


async def test_a_stop_in_the_middle_leaves_a_whole_stream(world: World) -> None:
    owner = SlowOwner(world)
    on_demand = PullOnDemand(world.inbox, [TOPIC])
    await world.write(seen(1, "a"))
    pull = asyncio.create_task(on_demand.pull(str(customer(1))))
    await until(lambda: is_asked(owner), "the owner")
    await on_demand.stop(grace_seconds=0)
    assert await pull is Answer.UNKNOWN
    assert await world.refs(1) == []
    owner.may_answer.set()
    assert await on_demand.pull(str(customer(1))) is Answer.CAUGHT_UP
    assert await world.refs(1) == ["a"]
