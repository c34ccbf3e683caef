"""What a sweep announces of stages (T11): whose stage or type of relationship is another one, and who is lost."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared.events import CustomerLost, CustomerStageChanged, Event

LOST = "lost"


class FoundStage(NamedTuple):
    """What a sweep found of a customer: codes. `relationship` is None where it is not known."""

    stage: str
    relationship: str | None


class KeptStage(NamedTuple):
    """What the last sweep left of a customer: the codes, and since which sweep's instant it is in that stage."""

    stage: str
    relationship: str | None
    since: datetime


def stage_events(
    customer_id: UUID, before: KeptStage | None, now: FoundStage, as_of: datetime, last_order_at: datetime | None
) -> list[Event]:
    """The change, if there is one, and that the customer is lost, where it was not. `before` is None at its first
    sweep; `last_order_at` where it never ordered: such a customer is not lost."""
    if before is not None and (before.stage, before.relationship) == now:
        return []
    stays = before is not None and before.stage == now.stage
    since = before.since if before is not None and stays else as_of
    previous = None if before is None else before.stage
    changed = CustomerStageChanged(
        customer_id=customer_id, stage=now.stage, previous_stage=previous, relationship=now.relationship,
        since=since, as_of=as_of,
    )  # fmt: skip
    if now.stage != LOST or stays or last_order_at is None:
        return [changed]
    lost = CustomerLost(customer_id=customer_id, previous_stage=previous, last_order_at=last_order_at, as_of=as_of)
    return [changed, lost]
