"""Random lives of tiers in any order of arrival equal the oracle after every arrival, and as known at every earlier
instant (T10, K20). The quick tier is part of the suite; the long one is of `make chaos` and prints its steps."""

from collections.abc import Sequence
from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests import harness
from tests.tiering_svc.tiers.life_in_memory import LifeInMemory
from tests.tiering_svc.tiers.random_lives import BEGINNING, CUSTOMERS, POLICIES, Player, Step, lives
from tests.tiering_svc.tiers.recorded_life import RecordedLife

SERVICE = "tiering"
WHICH = st.one_of(st.none(), st.integers(0, len(POLICIES) - 1))
ZONES = st.sampled_from([UTC, ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")])
SHUFFLES = st.lists(st.integers(0, 5), min_size=1, max_size=4)
HEALTH = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


async def play_on_a_database(
    databases: harness.Databases, steps: Sequence[Step], policy: int | None, shuffles: Sequence[int]
) -> int:
    async with databases.open(SERVICE, harness.migrations_of(SERVICE)) as database:
        recorded = RecordedLife(database, BEGINNING)
        await recorded.register(*CUSTOMERS)
        player = Player(recorded, shuffles)
        await player.play(steps, policy)
        await player.compare_what_was_known()
        return player.steps


@settings(max_examples=15, deadline=None, suppress_health_check=HEALTH)
@given(lives(3, 12), WHICH, SHUFFLES)
def test_K20_random_lives_in_the_database_equal_the_oracle(
    run_in_loop: Any, databases: harness.Databases, steps: list[Step], policy: int | None, shuffles: list[int]
) -> None:
    run_in_loop(play_on_a_database(databases, steps, policy, shuffles))


@pytest.mark.chaos
@pytest.mark.timeout(3600)
def test_K20_many_random_lives_in_the_database_equal_the_oracle(
    run_in_loop: Any, databases: harness.Databases, capsys: pytest.CaptureFixture[str]
) -> None:
    done = 0

    @settings(max_examples=250, deadline=None, suppress_health_check=HEALTH, phases=[Phase.generate, Phase.shrink])
    @given(lives(10, 30), WHICH, SHUFFLES)
    def play(steps: list[Step], policy: int | None, shuffles: list[int]) -> None:
        nonlocal done
        done += run_in_loop(play_on_a_database(databases, steps, policy, shuffles))

    play()
    with capsys.disabled():
        print(f"\nrandom lives in the database: {done} steps")


def play_in_memory(run_in_loop: Any, steps: Sequence[Step], policy: int | None, zone: tzinfo) -> Player:
    in_memory = LifeInMemory(BEGINNING)
    in_memory.zone = zone
    player = Player(in_memory)
    run_in_loop(player.play(steps, policy))
    return player


@settings(max_examples=60, deadline=None, suppress_health_check=HEALTH)
@given(lives(3, 40), WHICH, ZONES)
def test_K20_random_lives_in_memory_equal_the_oracle(
    run_in_loop: Any, steps: list[Step], policy: int | None, zone: tzinfo
) -> None:
    play_in_memory(run_in_loop, steps, policy, zone)


@pytest.mark.chaos
@pytest.mark.timeout(7200)
def test_K20_a_hundred_thousand_steps_in_memory_equal_the_oracle(
    run_in_loop: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    done, fast = 0, 0

    @settings(max_examples=3_000, deadline=None, suppress_health_check=HEALTH, phases=[Phase.generate, Phase.shrink])
    @given(lives(25, 60), WHICH, ZONES)
    def play(steps: list[Step], policy: int | None, zone: tzinfo) -> None:
        nonlocal done, fast
        player = play_in_memory(run_in_loop, steps, policy, zone)
        done, fast = done + player.steps, fast + player.recorded.on_the_fast_path

    play()
    with capsys.disabled():
        print(f"\nrandom lives in memory: {done} steps, {fast} batches of orders by the fast path")
    assert done >= 100_000
