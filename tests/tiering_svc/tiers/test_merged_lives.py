"""Customers who are one have the tiers that the facts of all give, from their merge on (P12, T10).

Each case is driven through tiering's own handlers and compared with a history worked out by hand, and with the brute
force of `merge_oracle`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.messaging import Database
from tests import harness
from tests.tiering_svc.events import placed, returned
from tests.tiering_svc.shorthand import bands_document
from tests.tiering_svc.tiers import tier_life_oracle as oracle
from tests.tiering_svc.tiers.random_lives import POLICIES, Player, Step
from tests.tiering_svc.tiers.recorded_life import utc
from tests.tiering_svc.tiers.recorded_merges import RecordedMerges
from tests.tiering_svc.tiers.tier_life_oracle import Row

SERVICE = "tiering"
ANN, BO, CY = (UUID(int=number) for number in (1, 2, 3))
CUSTOMERS = (ANN, BO, CY)
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
BANDS = bands_document(("silver", "200"), ("gold", "500"), ("platinum", "900"), lowest="basic", grace_months=0)
A_MONTH = bands_document(("silver", "200"), ("gold", "500"), lowest="basic", months=1, grace_months=1)
ONE = [(0,), (1,), (0, 1), (1, 0)]


async def merges(database: Database, document: dict[str, Any] = BANDS, now: str = "2026-03-01") -> RecordedMerges:
    recorded = RecordedMerges(database, BEGINNING, CUSTOMERS)
    await recorded.begin()
    await recorded.activate(document)
    recorded.now = utc(now)
    return recorded


def rows(*expected: tuple[datetime, str, str, str | None]) -> list[Row]:
    return [Row(*row) for row in expected]


@pytest.mark.parametrize("received", ONE)
async def test_P12_who_are_one_have_the_tier_of_all_their_orders_from_the_merge_on(
    database: Database, received: Sequence[int]
) -> None:
    recorded = await merges(database)
    await recorded.record(placed(ANN, utc("2026-02-01"), "300"), placed(BO, utc("2026-02-02"), "250"))
    await recorded.merge(ANN, BO, received=received)
    at = recorded.merges[0]["at"]
    assert await recorded.history(ANN) == rows(
        (utc("2026-02-01"), "silver", "first", None), (at, "gold", "upgrade", "silver")
    )
    assert await recorded.history(BO) == rows(
        (utc("2026-02-02"), "silver", "first", None), (at, "gold", "upgrade", "silver")
    )
    await recorded.hear()
    later = recorded.now.replace(microsecond=0)
    recorded.now = later + DAY
    await recorded.record(placed(BO, later + DAY, "400"))
    for customer in (ANN, BO):
        assert (await recorded.history(customer))[-1] == Row(later + DAY, "platinum", "upgrade", "gold")
    await recorded.agrees()


@pytest.mark.parametrize("received", ONE)
async def test_P12_after_an_undoing_everything_is_as_if_they_had_never_been_one(
    database: Database, received: Sequence[int]
) -> None:
    recorded = await merges(database)
    await recorded.record(placed(ANN, utc("2026-02-01"), "300"), placed(BO, utc("2026-02-02"), "250"))
    await recorded.merge(ANN, BO)
    known_at = recorded.now
    as_one = {customer: await recorded.history(customer) for customer in CUSTOMERS}
    recorded.now += DAY
    await recorded.record(placed(ANN, recorded.now - timedelta(hours=1), "10"))
    await recorded.undo(received=received)
    assert await recorded.history(ANN) == rows((utc("2026-02-01"), "silver", "first", None))
    assert await recorded.history(BO) == rows((utc("2026-02-02"), "silver", "first", None))
    for customer in CUSTOMERS:
        assert await recorded.history(customer, known_at) == as_one[customer]
    await recorded.hear()
    await recorded.agrees()


async def test_P12_a_file_without_orders_has_the_tier_of_the_other_and_none_after_the_undoing(
    database: Database,
) -> None:
    recorded = await merges(database)
    await recorded.register(*CUSTOMERS)
    await recorded.record(placed(BO, utc("2026-02-02"), "600"))
    await recorded.merge(ANN, BO)
    at = recorded.merges[0]["at"]
    assert await recorded.history(ANN) == rows((at, "gold", "first", None))
    await recorded.agrees()
    await recorded.undo()
    assert await recorded.history(ANN) == []
    await recorded.agrees()


async def test_P12_nobody_falls_by_a_merge_but_at_a_review(database: Database) -> None:
    recorded = await merges(database, A_MONTH, "2026-02-10")
    await recorded.record(placed(ANN, utc("2026-01-05"), "600"), placed(BO, utc("2026-02-01"), "250"))
    await recorded.merge(BO, ANN)
    at = recorded.merges[0]["at"]
    assert (await recorded.history(BO))[-1] == Row(at, "gold", "upgrade", "silver")
    assert await recorded.history(ANN) == rows((utc("2026-01-05"), "gold", "first", None))
    await recorded.pass_time(utc("2026-05-01"))
    await recorded.review(utc("2026-02-28"))
    await recorded.review(utc("2026-03-31"))
    for customer in (ANN, BO):
        assert (await recorded.history(customer))[-1] == Row(utc("2026-03-31"), "basic", "downgrade", "gold")
    await recorded.agrees()


async def test_K18_what_comes_back_after_a_merge_is_corrected_for_all_members(database: Database) -> None:
    recorded = await merges(database)
    order = placed(BO, utc("2026-02-02"), "600")
    await recorded.record(placed(ANN, utc("2026-02-01"), "250"), order)
    await recorded.merge(ANN, BO)
    at = recorded.merges[0]["at"]
    assert (await recorded.history(ANN))[-1] == Row(at, "gold", "upgrade", "silver")
    recorded.now += DAY
    await recorded.record(returned(order, recorded.now - timedelta(hours=1)))
    assert await recorded.history(ANN) == rows(
        (utc("2026-02-01"), "silver", "first", None), (at, "silver", "correction", "gold")
    )
    assert (await recorded.history(BO))[0] == Row(utc("2026-02-02"), "basic", "correction", "gold")
    await recorded.agrees()


async def test_P12_an_override_of_any_member_holds_for_all_until_its_end(database: Database) -> None:
    recorded = await merges(database)
    await recorded.record(placed(ANN, utc("2026-02-01"), "250"), placed(BO, utc("2026-02-02"), "10"))
    await recorded.override(BO, "platinum", recorded.now + 10 * DAY)
    await recorded.merge(ANN, BO)
    assert [row.tier for row in await recorded.history(ANN)] == ["silver", "platinum"]
    await recorded.agrees()
    await recorded.end_override(BO)
    assert [row.tier for row in await recorded.history(ANN)] == ["silver", "platinum", "silver"]
    await recorded.override(ANN, "gold", recorded.now + 10 * DAY)
    assert [row.tier for row in await recorded.history(BO)][-1] == "gold"
    await recorded.agrees()
    await recorded.undo()
    await recorded.agrees()


async def test_P12_an_override_goes_on_for_who_had_it_by_an_earlier_merge(database: Database) -> None:
    recorded = await merges(database)
    await recorded.register(*CUSTOMERS)
    await recorded.override(ANN, "gold", recorded.now + 10 * DAY)
    await recorded.merge(ANN, BO)
    await recorded.merge(ANN, CY)
    first, second = [merge["at"] for merge in recorded.merges]
    assert await recorded.history(BO) == rows((first, "gold", "override", None))
    assert await recorded.history(CY) == rows((second, "gold", "override", None))
    await recorded.agrees()
    await recorded.override(BO, "platinum", recorded.now + 10 * DAY)
    assert [row.tier for row in await recorded.history(CY)] == ["gold", "platinum"]
    await recorded.agrees()


async def test_P12_a_customer_absorbed_with_all_that_it_had_absorbed(database: Database) -> None:
    recorded = await merges(database)
    for customer in CUSTOMERS:
        await recorded.record(placed(customer, utc("2026-02-01"), "250"))
    await recorded.merge(BO, CY)
    recorded.now += DAY
    await recorded.merge(ANN, BO)
    assert [row.tier for row in await recorded.history(CY)] == ["silver", "gold"]
    await recorded.agrees()
    late = placed(CY, utc("2026-02-15"), "400")
    await recorded.record(late)
    assert [row.tier for row in await recorded.history(ANN)] == ["silver", "platinum"]
    await recorded.agrees()
    await recorded.undo()
    await recorded.agrees()


@pytest.mark.parametrize("arrival", list(permutations(range(4)))[::3])
async def test_P12_facts_and_merges_in_any_order_of_arrival_end_alike(
    database: Database, arrival: Sequence[int]
) -> None:
    recorded = await merges(database)
    order = placed(BO, utc("2026-02-02"), "400")
    await recorded.record(order)

    async def merge() -> None:
        await recorded.merge(ANN, BO)

    deeds = [
        merge, lambda: recorded.record(placed(ANN, utc("2026-02-05"), "150")),
        lambda: recorded.record(returned(order, utc("2026-02-20"), quantity=1)),
        lambda: recorded.record(placed(BO, utc("2026-01-05"), "70")),
    ]  # fmt: skip
    for number in arrival:
        await deeds[number]()
    await recorded.agrees()


# --- random lives ---

KINDS = ["order"] * 6 + ["back"] * 3 + ["review"] * 2 + ["merge"] * 4 + ["undo"] * 2
KINDS += ["override", "end_override", "promise", "end_promise", "policy"]
STEPS = st.builds(
    Step, st.sampled_from(KINDS), st.integers(0, 2), st.integers(1, 24), st.sampled_from([*range(6), 20, 45, 75]),
    st.booleans(), st.sampled_from([0, 0, 0, 1, 9, 40]),
)  # fmt: skip
SHUFFLES = st.lists(st.integers(0, 5), min_size=1, max_size=4)


class HistoriesKnown(NamedTuple):
    known_at: datetime
    histories: dict[UUID, list[Row]]


class MergePlayer(Player):
    """Plays lives of customers of whom some become one, and two again."""

    recorded: RecordedMerges

    def customer(self, step: Step) -> UUID:
        return CUSTOMERS[step.whose]

    async def act(self, step: Step) -> bool:
        recorded, customer = self.recorded, CUSTOMERS[step.whose]
        until = recorded.now + (step.days + 1) * DAY
        state = recorded.state_of(customer)
        if step.size % 3 == 0:
            await recorded.hear()
        own = [o for o in recorded.of(customer).overrides if o["ended_at"] is None and o["until"] > recorded.now + DAY]
        match step.kind:
            case "merge":
                other = CUSTOMERS[(step.whose + 1 + step.size % 2) % 3]
                return await recorded.merge(customer, other, received=[*ONE, ()][step.days % 5])
            case "undo":
                return await recorded.undo(received=[*ONE, ()][step.days % 5])
            case "end_override" if own:
                await recorded.end_override(customer)
            case "promise" if state.tier is not None and state.override is None:
                await recorded.promise(customer, until)
            case "end_override" | "promise":
                return False
            case "end_promise" if recorded.promised(customer):
                await recorded.end_promise(customer)
            case "override":
                levels = [code["code"] for code in recorded.policy["levels"]]
                await recorded.override(customer, levels[step.size % len(levels)], until)
            case "review" | "policy":
                return await super().act(step)
            case _:
                return False
        return True

    async def compare(self) -> None:
        await self.recorded.agrees()
        histories = {customer: await self.recorded.history(customer) for customer in CUSTOMERS}
        self.knowledge.append(HistoriesKnown(self.recorded.now, histories))  # type: ignore[arg-type]


async def play(
    databases: harness.Databases, steps: Sequence[Step], policy: int, shuffles: Sequence[int], *, undone: bool
) -> None:
    async with databases.open(SERVICE, harness.migrations_of(SERVICE)) as database:
        recorded = RecordedMerges(database, BEGINNING, CUSTOMERS)
        await recorded.register(*CUSTOMERS)
        player = MergePlayer(recorded, shuffles)
        await player.play(steps, policy)
        await recorded.hear()
        await player.compare()
        await player.compare_what_was_known()
        while undone and await recorded.undo(received=(0, 1)):
            await recorded.hear()
        if undone:  # each is what its own facts give, as if it had never been merged
            for customer in CUSTOMERS:
                assert await recorded.history(customer) == oracle.history(recorded.of(customer), recorded.now)
                assert await recorded.watch(customer) == oracle.watch(recorded.of(customer), recorded.now)
            await recorded.copies_are_kept()


HEALTH = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=8, deadline=None, suppress_health_check=HEALTH)
@given(st.lists(STEPS, min_size=4, max_size=14), st.integers(0, len(POLICIES) - 1), SHUFFLES)
def test_P12_random_lives_with_merges_equal_the_brute_force_and_undone_those_of_the_never_merged(
    run_in_loop: Any, databases: harness.Databases, steps: list[Step], policy: int, shuffles: list[int]
) -> None:
    run_in_loop(play(databases, steps, policy, shuffles, undone=True))


@pytest.mark.chaos
@pytest.mark.timeout(3600)
@settings(max_examples=60, deadline=None, suppress_health_check=HEALTH)
@given(st.lists(STEPS, min_size=8, max_size=30), st.integers(0, len(POLICIES) - 1), SHUFFLES)
def test_P12_many_random_lives_with_merges_equal_the_brute_force(
    run_in_loop: Any, databases: harness.Databases, steps: list[Step], policy: int, shuffles: list[int]
) -> None:
    run_in_loop(play(databases, steps, policy, shuffles, undone=True))
