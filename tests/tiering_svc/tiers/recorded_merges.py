"""Facts of customers of whom some are one, recorded in tiering by its own handlers, and beside it for the oracle (P12).

Profile's rule is kept: who is absorbed has not been before, and of the merges of a customer the last one is undone
first. Each of a merge's two events may come alone, later, or twice.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.tiering_svc.subscriptions import subscriptions
from shared.events import CustomersMerged, CustomersUnmerged, TierChanged
from shared.messaging import Database, new_id
from tests import harness
from tests.tiering_svc.tiers import merge_oracle
from tests.tiering_svc.tiers.merge_oracle import Company
from tests.tiering_svc.tiers.recorded_life import RecordedLife
from tests.tiering_svc.tiers.tier_life_oracle import Row, State, Watch

MergeEvent = CustomersMerged | CustomersUnmerged


class RecordedMerges(RecordedLife):
    """As `RecordedLife`, with who was found to be one with whom. `merges`: those that profile decided and did not undo;
    `received`: those that tiering knows and does not know to be undone."""

    def __init__(self, database: Database, now: datetime, customers: Sequence[UUID]) -> None:
        super().__init__(database, now)
        self.customers = customers
        self.merges: list[dict[str, Any]] = []
        self.received: list[dict[str, Any]] = []
        self.undone: set[UUID] = set()
        self.pending: list[MergeEvent] = []
        self.copies: dict[UUID, list[tuple[datetime, str]]] = {customer: [] for customer in customers}

    def root_of(self, customer: UUID) -> UUID:
        above = [merge["root"] for merge in self.merges if merge["absorbed"] == customer]
        return self.root_of(above[0]) if above else customer

    async def merge(self, root: UUID, absorbed: UUID, *, received: Sequence[int] = (0,)) -> bool:
        """Whether they could be. `received`: in which order the two events come at once; the others come later."""
        root, absorbed = self.root_of(root), self.root_of(absorbed)
        if root == absorbed:
            return False
        merge = {"id": new_id(), "root": root, "absorbed": absorbed, "at": self.tick()}
        self.merges.append(merge)
        fields = {"merge_id": merge["id"], "root_id": root, "absorbed_id": absorbed, "merged_at": merge["at"]}
        await self._hear([CustomersMerged(customer_id=who, **fields) for who in (root, absorbed)], received)
        return True

    async def undo(self, *, received: Sequence[int] = (0,)) -> bool:
        """The last merge."""
        if not self.merges:
            return False
        merge = self.merges.pop()
        events = [
            CustomersUnmerged(
                customer_id=who, merge_id=merge["id"], root_id=merge["root"], absorbed_id=merge["absorbed"],
                merged_at=merge["at"], unmerged_at=self.tick(),
            )
            for who in (merge["root"], merge["absorbed"])
        ]  # fmt: skip
        await self._hear(events, received)
        return True

    async def _hear(self, events: Sequence[MergeEvent], at_once: Sequence[int]) -> None:
        self.pending += [event for number, event in enumerate(events) if number not in at_once]
        await self.hear([events[number] for number in at_once])

    async def hear(self, events: Sequence[MergeEvent] | None = None) -> None:
        """These, or all that were not received of yet."""
        if events is None:
            events, self.pending = self.pending, []
        if not events:
            return
        at = self.tick()
        await harness.deliver(self.database, subscriptions, events, at=at, recorded_at=at)
        for event in events:
            if isinstance(event, CustomersUnmerged):
                self.undone.add(event.merge_id)
                self.received = [merge for merge in self.received if merge["id"] != event.merge_id]
            elif event.merge_id not in self.undone and all(merge["id"] != event.merge_id for merge in self.received):
                self.received.append(
                    {"id": event.merge_id, "root": event.root_id, "absorbed": event.absorbed_id, "at": event.merged_at}
                )
        self.received.sort(key=lambda merge: merge["at"])

    @property
    def company(self) -> Company:
        return Company({customer: self.of(customer) for customer in self.customers}, self.received)

    def state_of(self, customer: UUID) -> State:
        return merge_oracle.state_of(self.company, customer, self.now)

    async def agrees(self) -> None:
        """Tiering and the brute force say the same of everybody; so does a copy kept by what is announced alone."""
        for customer, (rows, watch) in merge_oracle.lives(self.company, self.now).items():
            assert await self.history(customer) == rows, customer
            assert await self.watch(customer) == watch, customer
        await self.holds()
        await self.copies_are_kept()

    async def copies_are_kept(self) -> None:
        copies: dict[UUID, list[tuple[datetime, str]]] = {customer: [] for customer in self.customers}
        for event in await harness.announced(self.database):
            if isinstance(event, TierChanged):
                kept = [period for period in copies[event.customer_id] if period[0] < event.replaced_from]
                copies[event.customer_id] = kept + [(period.effective_from, period.tier) for period in event.tail]
        for customer in self.customers:
            rows: list[Row] = await self.history(customer)
            assert copies[customer] == [(row.effective_from, row.tier) for row in rows], customer


__all__ = ["MergeEvent", "RecordedMerges", "Watch"]
