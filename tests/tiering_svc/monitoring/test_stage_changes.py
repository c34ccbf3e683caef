"""Changes of stage and relationship, and who is lost, are announced by the sweep that finds them (T11, T13)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.tiering_svc.monitoring.domain.stage_changes import FoundStage, KeptStage, stage_events
from services.tiering_svc.subscriptions import subscriptions
from shared.events import CustomerLost, CustomerStageChanged
from tests import harness
from tests.tiering_svc.events import placed
from tests.tiering_svc.runs import to_the_end

SERVICE = "tiering"
ANN, BOB = UUID(int=1), UUID(int=2)
AT = datetime(2026, 3, 1, tzinfo=UTC)
EARLIER = AT - timedelta(days=30)
LAST_ORDER = AT - timedelta(days=200)


@pytest.mark.pure
@pytest.mark.parametrize(
    ("before", "now", "since", "lost"),
    [
        (None, FoundStage("acquire", None), AT, False),
        (None, FoundStage("lost", None), AT, True),
        (KeptStage("retain", "partner", EARLIER), FoundStage("lost", "partner"), AT, True),
        (KeptStage("retain", "partner", EARLIER), FoundStage("retain", "basic"), EARLIER, False),
        (KeptStage("lost", None, EARLIER), FoundStage("lost", "basic"), EARLIER, False),
        (KeptStage("lost", None, EARLIER), FoundStage("retain", None), AT, False),
        (KeptStage("retain", "partner", EARLIER), FoundStage("of-tomorrow", "partner"), AT, False),
    ],
)
def test_T11_what_changed_is_announced_with_what_stood_before(
    before: KeptStage | None, now: FoundStage, since: datetime, lost: bool
) -> None:
    previous = None if before is None else before.stage
    expected: list[Any] = [
        CustomerStageChanged(
            customer_id=ANN, stage=now.stage, previous_stage=previous, relationship=now.relationship, since=since,
            as_of=AT,
        )
    ]  # fmt: skip
    if lost:
        expected.append(CustomerLost(customer_id=ANN, previous_stage=previous, last_order_at=LAST_ORDER, as_of=AT))
    assert stage_events(ANN, before, now, AT, LAST_ORDER) == expected


@pytest.mark.pure
def test_T11_what_stayed_is_not_announced_again() -> None:
    assert stage_events(ANN, KeptStage("lost", None, EARLIER), FoundStage("lost", None), AT, LAST_ORDER) == []


async def test_T11_T13_each_sweep_announces_what_it_found_anew(client, database, announced):
    first, second, third = (datetime(2025, month, 1, tzinfo=UTC) for month in (3, 4, 10))
    orders = [placed(ANN, datetime(2025, 1, 5, tzinfo=UTC) + timedelta(days=7 * week), "60") for week in range(13)]
    later = [placed(BOB, datetime(2025, 9, 20, tzinfo=UTC), "60")]
    await harness.deliver(database, subscriptions, orders)

    async def sweep(as_of: datetime) -> list[Any]:
        before = len(await announced())
        answer = await client.post("/v1/warnings/runs", json={"as_of": as_of.isoformat()})
        assert answer.status_code == 202
        await to_the_end(database, "warning_sweep")
        events = [event for event in (await announced())[before:] if event.type.startswith("tiering.customer_")]
        return [event for event in events if isinstance(event, CustomerLost | CustomerStageChanged)]

    [new] = await sweep(first)
    assert (new.customer_id, new.stage, new.previous_stage, new.since) == (ANN, "acquire", None, first)
    [kept] = await sweep(second)
    assert (kept.stage, kept.previous_stage, kept.since, kept.as_of) == ("retain", "acquire", second, second)
    assert await sweep(second + timedelta(days=1)) == []
    await harness.deliver(database, subscriptions, later)
    changes = {(type(event).__name__, event.customer_id): event for event in await sweep(third)}
    assert set(changes) == {("CustomerStageChanged", ANN), ("CustomerLost", ANN), ("CustomerStageChanged", BOB)}
    lost = changes["CustomerLost", ANN]
    assert (lost.previous_stage, lost.last_order_at, lost.as_of) == ("retain", orders[-1].placed_at, third)
    assert changes["CustomerStageChanged", BOB].stage == "acquire"
