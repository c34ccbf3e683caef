"""Faults of customers who are one (P12), planted into a system in which tiering recorded their lives."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from shared.messaging.database.transaction import system_clock
from tests import harness
from tests.tiering_svc.events import placed
from tests.tiering_svc.shorthand import bands_document
from tests.tiering_svc.tiers.recorded_life import utc
from tests.tiering_svc.tiers.recorded_merges import RecordedMerges
from tests.verify.conftest import Five

ANN, BO, CY = (UUID(int=number) for number in (1, 2, 3))
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
BANDS = bands_document(("silver", "200"), ("gold", "500"), lowest="basic", grace_months=0)
OF_MERGES = (
    "tier_history",
    "tier_lives",
    "tier_grades",
    "tiers_announced",
    "watches",
    "merged_tiers",
    "warnings_of_roots",
)
A_MERGE = """
insert into customer_merge (merge_id, absorbed_id, root_id, merged_at, recorded_at)
values ('00000000-0000-7000-8000-00000000aaaa', $1, $2, $3, $3)
"""
SAME_OVERRIDE = """
update tier_history earlier set kind = 'override', reasons = overridden.reasons from tier_history overridden
where overridden.kind = 'override' and overridden.customer_id = $1 and earlier.customer_id = $1
  and earlier.kind = 'first' and earlier.superseded_at is null
"""
A_WARNING = """
insert into early_warning (warning_id, customer_id, cause, rule_id, rule_version, severity, state, lasting, as_of,
                           swept_as_of, raised_at, evidence)
select '00000000-0000-7000-8000-00000000bbbb', $1, 'silent', id, version, 'red', 'open', true, now(), now(), now(), '{}'
from rule_set_version where kind = 'warning-rules' limit 1
"""


@pytest.fixture
async def merges(five: Five, databases: harness.Databases) -> AsyncIterator[RecordedMerges]:
    recorded = RecordedMerges(five.tiering, BEGINNING, (ANN, BO, CY))
    await recorded.activate(BANDS)
    recorded.now = utc("2026-03-01")
    await recorded.record(
        placed(ANN, utc("2026-02-01"), "300"), placed(BO, utc("2026-02-02"), "250"), placed(CY, utc("2026-02-03"), "9")
    )
    await recorded.merge(ANN, BO)
    yield recorded
    five.tiering.clock = system_clock
    await databases.prepare("tiering", harness.migrations_of("tiering"))  # its policies are gone


async def broken(five: Five) -> set[str]:
    return {code for code in OF_MERGES if (await five.result(code)).outcome == "broken"}


async def test_P12_lives_that_are_one_are_sound_and_so_are_undone_ones(five: Five, merges: RecordedMerges) -> None:
    await merges.record(placed(BO, utc("2026-02-20"), "10"))
    assert await broken(five) == set()
    await merges.undo()
    assert await broken(five) == set()


async def test_P12_a_merge_that_nobody_was_decided_by(five: Five, merges: RecordedMerges) -> None:
    await five.tiering.run(lambda tx: tx.raw.execute(A_MERGE, CY, ANN, merges.now))
    assert await broken(five) == {"tier_lives", "merged_tiers"}


async def test_P12_an_undoing_that_nobody_was_decided_by(five: Five, merges: RecordedMerges) -> None:
    await five.tiering.run(lambda tx: tx.raw.execute("update customer_merge set unmerged_at = now()"))
    assert "tier_lives" in await broken(five)


async def test_P12_an_override_that_begins_twice(five: Five, merges: RecordedMerges) -> None:
    await merges.override(ANN, "gold", merges.now + timedelta(days=9))
    assert await broken(five) == set()
    await five.run("tiering", SAME_OVERRIDE, BO)  # past the trigger that keeps rows
    assert "merged_tiers" in await broken(five)


async def test_P12_a_warning_of_a_customer_for_whom_another_stands(five: Five, merges: RecordedMerges) -> None:
    await five.tiering.run(lambda tx: tx.raw.execute(A_WARNING, BO))
    assert await broken(five) == {"warnings_of_roots"}
