"""P12, T10: a review counts who are one once, by the figures of all, and decides the same tiers for each of them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.messaging import Database
from tests.tiering_svc.events import placed
from tests.tiering_svc.policy_documents import COLLECTION, item, scorecard
from tests.tiering_svc.shorthand import bands_document
from tests.tiering_svc.tiers.recorded_life import utc
from tests.tiering_svc.tiers.recorded_merges import RecordedMerges

SERVICE = "tiering"
ANN, BO, CY = (UUID(int=number) for number in (1, 2, 3))
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
A_MONTH = bands_document(("silver", "200"), ("gold", "500"), lowest="basic", months=1, grace_months=0)
A_MONTH_LATER = bands_document(
    ("silver", "200"), ("gold", "500"), lowest="basic", months=1, grace_months=0, up_at_once=False
)
SCORED = scorecard(
    item("amount", scale={"worst": "0", "best": "1000", "points": "20"}), COLLECTION, bands=("3", "9", "25")
)  # fmt: skip


@pytest.mark.parametrize("document", [A_MONTH, A_MONTH_LATER, SCORED])
@pytest.mark.parametrize("root", [ANN, BO])
async def test_P12_a_review_counts_who_are_one_once_and_decides_for_all(
    database: Database, document: dict[str, Any], root: UUID
) -> None:
    recorded = RecordedMerges(database, BEGINNING, (ANN, BO, CY))
    await recorded.begin()
    await recorded.activate(document)
    recorded.now = utc("2026-03-01")
    await recorded.record(placed(ANN, utc("2026-02-01"), "300"), placed(CY, utc("2026-02-01"), "100"))
    await recorded.merge(root, BO if root == ANN else ANN)
    recorded.now += 2 * DAY
    await recorded.record(placed(BO, utc("2026-03-02"), "150"), placed(ANN, utc("2026-03-02"), "100"))
    await recorded.pass_time(utc("2026-05-01"))
    runs = [await recorded.review(utc(day)) for day in ("2026-03-31", "2026-04-30")]
    assert [sum(run.outcomes.values()) for run in runs] == [2, 2]
    histories = [await recorded.history(customer) for customer in (ANN, BO)]
    assert histories[0][-1].tier == histories[1][-1].tier
    if document is not SCORED:
        assert [row.tier for row in histories[0]][-1] == "basic"
        await recorded.agrees()
    await recorded.undo()
    runs = [await recorded.review(utc("2026-04-30") + DAY / 2)]
    assert [sum(run.outcomes.values()) for run in runs] == [3]
    if document is not SCORED:
        await recorded.agrees()
