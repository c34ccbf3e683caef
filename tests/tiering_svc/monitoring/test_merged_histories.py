"""P12, T12: a model of losses is fitted to customers who are one as to one, with what both ordered and said."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.tiering_svc.monitoring.domain.history import History
from services.tiering_svc.monitoring.repository.back_tests import list_histories
from services.tiering_svc.monitoring.repository.likelihood_models import find_first_month, sample_customers
from services.tiering_svc.subscriptions import subscriptions
from shared.events import ComplaintFiled, CustomersMerged, CustomersUnmerged
from shared.messaging import Database, new_id
from tests import harness
from tests.tiering_svc.events import placed, returned

SERVICE = "tiering"
ANN, BOB, EVE = (UUID(int=number) for number in (1, 2, 3))
START = datetime(2026, 1, 10, tzinfo=UTC)
MERGE: dict[str, Any] = {"merge_id": new_id(), "root_id": ANN, "absorbed_id": BOB, "merged_at": START}
UTC_ZONE = ZoneInfo("UTC")


def content(history: History) -> tuple[list[str], int, int]:
    """Amounts of orders by time, and how many reversals and complaints there are."""
    orders = sorted(history.orders, key=lambda order: order.placed_at)
    return [str(order.amount) for order in orders], len(history.reversals), len(history.complaints)


async def test_P12_a_model_learns_from_who_are_one_as_from_one(database: Database) -> None:
    ordered = placed(BOB, START, "200.0000")
    complaint = ComplaintFiled(
        subject_id=BOB, customer_id=BOB, case_id=new_id(), kind="complaint", severity="normal", channel="call",
        category="delivery", filed_at=START + timedelta(days=3),
    )  # fmt: skip
    facts = [
        ordered, placed(ANN, START + timedelta(days=40), "100.0000"), placed(EVE, START, "300.0000"), complaint,
        returned(ordered, START + timedelta(days=9)),
    ]  # fmt: skip
    for fact in facts:
        await harness.deliver(database, subscriptions, [fact])

    async def learnt() -> dict[UUID, tuple[list[str], int, int]]:
        async with database.transaction() as tx:
            customers = await sample_customers(tx, 100)
            histories = await list_histories(tx, customers, date(2026, 6, 1), UTC_ZONE)
        return {history.customer_id: content(history) for history in histories}

    alone = {ANN: (["100.0000"], 0, 0), BOB: (["200.0000"], 1, 1), EVE: (["300.0000"], 0, 0)}
    assert await learnt() == alone
    await harness.deliver(database, subscriptions, [CustomersMerged(customer_id=ANN, **MERGE)])
    assert await learnt() == {ANN: (["200.0000", "100.0000"], 1, 1), EVE: alone[EVE]}
    async with database.transaction() as tx:
        assert await find_first_month(tx, [BOB]) == date(2026, 2, 1)  # Ann's: what Bob bought came back whole
    undone = CustomersUnmerged(customer_id=BOB, **MERGE, unmerged_at=START + timedelta(days=1))
    await harness.deliver(database, subscriptions, [undone])
    assert await learnt() == alone
