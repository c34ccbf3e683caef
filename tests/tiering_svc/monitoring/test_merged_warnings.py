"""P12, T12: warnings of a customer for whom another one stands are closed, and come back when it stands for itself."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.tiering_svc.subscriptions import subscriptions
from shared.events import CustomersMerged, CustomersUnmerged, WarningClosed, WarningRaised
from shared.messaging import Database, new_id
from tests import harness

SERVICE = "tiering"
ANN, BO = (UUID(int=number) for number in (1, 2))
A_WARNING = """
insert into early_warning (warning_id, customer_id, cause, rule_id, rule_version, severity, state, lasting, as_of,
                           swept_as_of, raised_at, evidence, closed_at, closed_by, closing)
select $1, $2, $3, id, version, 'red', $4, true, now(), now(), now(), '{}',
       case when $4 = 'closed' then now() end, case when $4 = 'closed' then 'ann' end,
       case when $4 = 'closed' then 'called' end
from rule_set_version where kind = 'warning-rules' limit 1
"""
LASTING = "select cause, state from early_warning where customer_id = $1 and lasting order by cause"


async def test_P12_warnings_of_the_absorbed_are_closed_and_come_back(database: Database) -> None:
    for cause, state in (("silent", "worked"), ("amount_down", "closed")):
        await database.run(lambda tx, c=cause, s=state: tx.raw.execute(A_WARNING, new_id(), BO, c, s))  # type: ignore[misc]
    at = datetime.now(UTC)
    merge: dict[str, Any] = {"merge_id": new_id(), "root_id": ANN, "absorbed_id": BO, "merged_at": at}
    for who in (BO, ANN):  # the second event finds it done
        announced = await harness.deliver(database, subscriptions, [CustomersMerged(customer_id=who, **merge)])
        closed = [event for event in announced if isinstance(event, WarningClosed)]
        assert [(event.cause, event.closing) for event in closed] == ([("silent", "merged")] if who == BO else [])
    assert await database.run(lambda tx: tx.raw.fetch(LASTING, BO)) == []
    for who in (ANN, BO):
        undone = CustomersUnmerged(customer_id=who, **merge, unmerged_at=datetime.now(UTC))
        announced = await harness.deliver(database, subscriptions, [undone])
        raised = [event for event in announced if isinstance(event, WarningRaised)]
        assert [event.cause for event in raised] == (["silent"] if who == ANN else [])
    lasting = await database.run(lambda tx: tx.raw.fetch(LASTING, BO))
    assert [tuple(row) for row in lasting] == [("silent", "open")]


async def test_P12_a_merge_heard_after_its_undoing_closes_nothing(database: Database) -> None:
    await database.run(lambda tx: tx.raw.execute(A_WARNING, new_id(), BO, "silent", "open"))
    at = datetime.now(UTC)
    merge: dict[str, Any] = {"merge_id": new_id(), "root_id": ANN, "absorbed_id": BO, "merged_at": at}
    await harness.deliver(
        database, subscriptions, [CustomersUnmerged(customer_id=ANN, **merge, unmerged_at=datetime.now(UTC))]
    )
    await harness.deliver(database, subscriptions, [CustomersMerged(customer_id=BO, **merge)])
    assert len(await database.run(lambda tx: tx.raw.fetch(LASTING, BO))) == 1
