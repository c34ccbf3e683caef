"""Facts of a group recorded in tiering by its own handlers, and beside it as the oracle of groups takes them (P2)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.tiering_svc.subscriptions import subscriptions
from shared.events import GroupParentChanged, OrderPlaced, OrderReturned
from shared.messaging import Database
from tests import harness
from tests.tiering_svc.invariants import broken_invariants
from tests.tiering_svc.tiers import group_oracle
from tests.tiering_svc.tiers.group_oracle import GroupFacts
from tests.tiering_svc.tiers.recorded_life import RecordedLife

HEAD, SUB, LEAF, OTHER = (UUID(int=number) for number in (1, 2, 3, 4))
CUSTOMERS = (HEAD, SUB, LEAF, OTHER)
Recorded = OrderPlaced | OrderReturned | GroupParentChanged


def below(customer: UUID, parent: UUID | None, since: datetime) -> GroupParentChanged:
    return GroupParentChanged(customer_id=customer, parent_id=parent, effective_from=since, changed_at=since)


class RecordedGroup(RecordedLife):
    """As `RecordedLife`, with who was below whom, of all customers together."""

    def __init__(self, database: Database, now: datetime) -> None:
        super().__init__(database, now)
        self.orders: list[Any] = []
        self.reversals: list[Any] = []
        self.changes: list[Any] = []
        self.first_known: dict[UUID, datetime] = {}

    async def record(self, *events: Recorded) -> list[Any]:  # type: ignore[override]
        """All in one transaction; returns what tiering announced."""
        at = self.tick()
        announced = await harness.deliver(self.database, subscriptions, events, at=at, recorded_at=at)
        for event in events:
            if isinstance(event, GroupParentChanged):
                self.changes.append(
                    {"customer": event.customer_id, "since": event.effective_from, "parent": event.parent_id}
                )
                if event.parent_id is not None:
                    self.first_known.setdefault(event.parent_id, at)
            elif isinstance(event, OrderPlaced):
                self.first_known.setdefault(event.customer_id, at)
                self.orders.append(
                    {"id": event.order_id, "placed_at": event.placed_at, "amount": event.amount,
                     "quantity": event.lines[0].quantity, "cost": None, "customer": event.customer_id}
                )  # fmt: skip
            else:
                self.reversals.append(
                    {"id": event.return_id, "order": event.order_id, "at": event.returned_at, "amount": event.amount,
                     "quantity": sum(line.quantity for line in event.lines)}
                )  # fmt: skip
        return announced

    def facts_of(self, head: UUID) -> GroupFacts:
        return GroupFacts(
            self.shipped, self.orders, self.reversals, self.reviews, self.activations, head=head,
            changes=self.changes, first_known=self.first_known.get(head, self.now),
        )  # fmt: skip

    async def all_agree(self) -> None:
        """Tiering and the brute force say the same of everybody."""
        for customer in CUSTOMERS:
            facts = self.facts_of(customer)
            assert await self.history(customer) == group_oracle.history(facts, self.now), customer
            assert await self.watch(customer) == group_oracle.watch(facts, self.now), customer
        assert await broken_invariants(self.database) == []
