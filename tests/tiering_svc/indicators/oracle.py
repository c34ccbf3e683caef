"""All facts that were recorded, and every figure counted from them by brute force: one loop a figure (T1, P2).

Knows nothing of months' sums, statements or batches. A fact is recorded at one instant and is about another.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.tiering_svc.indicators.domain.figures import Figures
from services.tiering_svc.indicators.domain.snapshot import Contacts, CustomerSnapshot, Receivables, Traits
from shared.events import (
    ComplaintClosed,
    ComplaintFiled,
    ComplaintReopened,
    ContactLogged,
    CustomerIdentified,
    CustomerTraitsChanged,
    Event,
    GroupParentChanged,
    NextStepCompleted,
    OrderCancelled,
    OrderPlaced,
    OrderReturned,
    PaymentReceived,
    ReceivableIssued,
)

KINDS = ("complaint", "suggestion", "praise", "consultation", "repair")
TRAITS = [name for name in Traits.__dataclass_fields__ if name != "group_size"]


@dataclass
class FactLog:
    zone: tzinfo
    facts: list[tuple[datetime, Event]] = field(default_factory=list)  # with when it was recorded

    def record(self, recorded_at: datetime, event: Event) -> None:
        self.facts.append((recorded_at, event))

    def snapshot(self, customer: UUID, as_of: datetime, months: int, known_at: datetime | None) -> CustomerSnapshot:
        then = [event for recorded_at, event in self.facts if known_at is None or recorded_at <= known_at]
        return Counting(then, customer, as_of, months, self.zone).snapshot()


@dataclass
class Counting:
    facts: list[Event]
    customer: UUID
    as_of: datetime
    months: int
    zone: tzinfo

    def of(self, *kinds: type[Event]) -> Iterator[Any]:
        """The customer's own facts of these kinds."""
        for event in self.facts:
            if isinstance(event, kinds) and getattr(event, "customer_id", None) == self.customer:
                yield event

    def month(self, instant: datetime) -> date:
        return instant.astimezone(self.zone).date().replace(day=1)

    def in_window(self, instant: datetime) -> bool:
        last, month = self.month(self.as_of), self.month(instant)
        ago = (last.year - month.year) * 12 + last.month - month.month
        return instant <= self.as_of and ago < self.months

    def snapshot(self) -> CustomerSnapshot:
        figures, first, last = self.figures()
        return CustomerSnapshot(
            figures, self.as_of, self.month(self.as_of), self.months, first, last,
            self.receivables(), self.contacts(), self.traits(),
        )  # fmt: skip

    def figures(self) -> tuple[Figures, datetime | None, datetime | None]:
        figures, ever = Figures(), []
        margin: list[Decimal] = []
        for order in self.of(OrderPlaced):
            reversals = [e for e in self.of(OrderReturned, OrderCancelled) if e.order_id == order.order_id]
            gone = sum((e.amount for e in reversals), Decimal(0))
            [line] = order.lines
            left = line.quantity - sum(e.lines[0].quantity for e in reversals)
            if left == 0 or order.placed_at > self.as_of:
                continue
            ever.append(order.placed_at)
            if not self.in_window(order.placed_at):
                continue
            amount = order.amount - gone
            figures.orders += 1
            figures.amount += amount
            figures.largest_order = max(figures.largest_order or amount, amount)
            figures.first_order_at = min(figures.first_order_at or order.placed_at, order.placed_at)
            figures.last_order_at = max(figures.last_order_at or order.placed_at, order.placed_at)
            month = self.month(order.placed_at)
            figures.monthly[month] = figures.monthly.get(month, Decimal(0)) + amount
            if line.unit_cost is not None:
                margin.append(amount - line.unit_cost * left)
                figures.margin_known_amount += amount
        figures.margin = sum(margin, Decimal(0)) if margin else None
        for e in self.of(OrderReturned, OrderCancelled):
            if self.in_window(e.occurred_at):
                figures.returned_count += 1
                figures.returned_amount += e.amount
        return figures, min(ever, default=None), max(ever, default=None)

    def receivables(self) -> Receivables:
        today = self.as_of.astimezone(self.zone).date()
        issued = {e.receivable_id: e for e in self.of(ReceivableIssued)}
        paid = [e for e in self.of(PaymentReceived) if e.paid_at <= self.as_of]
        received = [e for e in paid if self.in_window(e.paid_at)]
        collected = [e for e in received if e.receivable_id in issued]
        open_, late = [], []
        for receivable in issued.values():
            if receivable.issued_on <= today:
                payments = [e.amount for e in paid if e.receivable_id == receivable.receivable_id]
                left = receivable.amount - sum(payments, Decimal(0))
                open_.append(left)
                late += [left] if receivable.due_on < today and left > 0 else []
        days = [
            (e.paid_at.astimezone(self.zone).date() - issued[e.receivable_id].issued_on).days for e in collected
        ]  # fmt: skip
        return Receivables(
            max((e.amount for e in received), default=None), len(received),
            sum((e.amount for e in received), Decimal(0)), sum((e.amount for e in collected), Decimal(0)),
            sum((e.amount * day_count for e, day_count in zip(collected, days, strict=True)), Decimal(0)),
            sum(open_, Decimal(0)) if open_ else None, sum(late, Decimal(0)) if open_ else None, len(open_), len(late),
        )  # fmt: skip

    def contacts(self) -> Contacts:
        made = [e for e in self.of(ContactLogged) if e.contacted_at <= self.as_of]
        done = {e.entry_id for e in self.of(NextStepCompleted) if e.completed_at <= self.as_of}
        steps = [e for e in made if e.next_step_on is not None]
        steps_in_window = [e for e in steps if self.in_window(e.contacted_at)]
        still = [e for e in steps if e.entry_id not in done]
        today = self.as_of.astimezone(self.zone).date()
        cases = list(self.cases())
        filed = [kind for kind, at, _ in cases if self.in_window(at)]
        ended = [last for _, _, last in cases if isinstance(last, ComplaintClosed)]
        closed = [last for last in ended if self.in_window(last.closed_at)]
        rated = [last.satisfaction for last in closed if last.satisfaction is not None]
        return Contacts(
            len([e for e in made if self.in_window(e.contacted_at)]), len(steps_in_window),
            len([e for e in steps_in_window if e.entry_id in done]), len(still),
            len([e for e in still if e.next_step_on < today]),
            *(filed.count(kind) for kind in KINDS), sum(kind not in KINDS for kind in filed),
            len(cases) - len(ended), len(closed), len(rated), sum(rated),
            max((e.contacted_at for e in made), default=None), 0, Decimal(0),
        )  # fmt: skip

    def cases(self) -> Iterator[tuple[str, datetime, Event | None]]:
        """Kind, filing, and the last closing or reopening of each of the customer's cases."""
        case_ids = {e.case_id for e in self.of(ComplaintFiled, CustomerIdentified)}
        for filed in self.facts:
            if isinstance(filed, ComplaintFiled) and filed.case_id in case_ids and filed.filed_at <= self.as_of:
                steps = [
                    e for e in self.facts
                    if isinstance(e, (ComplaintClosed, ComplaintReopened)) and e.case_id == filed.case_id
                    and e.occurred_at <= self.as_of
                ]  # fmt: skip
                yield filed.kind, filed.filed_at, max(steps, key=lambda e: e.occurred_at, default=None)

    def traits(self) -> Traits:
        changes = list(self.of(CustomerTraitsChanged))
        before = [e for e in changes if e.changed_at <= self.as_of]
        size = len(self.members())
        if not changes:
            return Traits(group_size=size)
        then = before[-1] if before else changes[0]
        return Traits(**{name: getattr(then, name) for name in TRAITS}, group_size=size)

    def members(self) -> set[UUID]:
        parents: dict[UUID, UUID | None] = {}
        for e in sorted(self.facts, key=lambda e: e.occurred_at):
            if isinstance(e, GroupParentChanged) and e.effective_from <= self.as_of:
                parents[e.customer_id] = e.parent_id
        members_so_far, size = {self.customer}, 0
        while len(members_so_far) > size:
            size = len(members_so_far)
            members_so_far |= {child for child, parent in parents.items() if parent in members_so_far}
        return members_so_far
