"""What profile knows of a case: enough to count the open and the overdue ones right (G3).

A case's facts may come under several keys (the case's own while nobody was identified, then the customer's, and
another's where it was taken for the wrong one), so in any order. Therefore every member of a copy is a latest instant,
whose case it is is what the latest step of its history says, and merging takes the later one: any order, any split into
batches, the same copy.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from shared.events import (
    ComplaintAcknowledged,
    ComplaintClosed,
    ComplaintFiled,
    ComplaintJudged,
    ComplaintReopened,
    ComplaintResolved,
    CustomerIdentified,
    DeadlineBreached,
    SatisfactionAnswered,
    SettlementProposed,
)
from shared.events.complaint import CaseEvent


@dataclass(slots=True)
class CaseCopy:
    """Per stage when it was done and when its deadline passed; when the case was last opened, closed, and reopened."""

    case_id: UUID
    customer_id: UUID | None = None
    customer_step: int = 0  # of the case's history, which says whose it is; 0 where that is not told
    filed_at: datetime | None = None
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    reopened_at: datetime | None = None  # where its present round begins; never reopened: with the filing
    acknowledged_at: datetime | None = None
    proposed_at: datetime | None = None
    resolved_at: datetime | None = None
    acknowledgement_breached_at: datetime | None = None
    proposal_breached_at: datetime | None = None
    solution_breached_at: datetime | None = None
    other_breached_at: datetime | None = None  # an answer that this release does not know
    satisfied_at: datetime | None = None
    satisfaction: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether it was opened, or opened again, later than it was closed."""
        if self.opened_at is None:
            return False
        return self.closed_at is None or self.opened_at > self.closed_at

    @property
    def is_overdue(self) -> bool:
        """A stage is overdue from the breach until it is done after all. A closed case is not, whatever it was.

        Which of the two instants is the later says nothing: work may be told, after the breach, to be older than it.
        """
        late = (
            self._of_this_round(getattr(self, breach)) and not self._of_this_round(getattr(self, done))
            for breach, done in STAGES
        )
        return self.is_open and any(late)

    def _of_this_round(self, instant: datetime | None) -> bool:
        """Of earlier rounds nothing counts: what was late is past, and what was done is to be done again."""
        return instant is not None and (self.reopened_at is None or instant > self.reopened_at)


STAGES = (  # when its deadline passed, when it was done
    ("acknowledgement_breached_at", "acknowledged_at"),
    ("proposal_breached_at", "proposed_at"),
    ("solution_breached_at", "resolved_at"),
    ("other_breached_at", "resolved_at"),  # whatever it was that was owed: nothing is once the case is resolved
)
BREACHES = frozenset(breach for breach, _ in STAGES)
INSTANTS = tuple(
    field.name for field in fields(CaseCopy) if field.name.endswith("_at") and field.name != "satisfied_at"
)


def merge_case(copy: CaseCopy, other: CaseCopy) -> None:
    """Take the later of every instant, and the customer of the later step, in place."""
    if other.customer_id is not None and (copy.customer_id is None or other.customer_step >= copy.customer_step):
        copy.customer_id, copy.customer_step = other.customer_id, other.customer_step
    for name in INSTANTS:
        setattr(copy, name, later(getattr(copy, name), getattr(other, name)))
    if other.satisfied_at is not None and (copy.satisfied_at is None or other.satisfied_at >= copy.satisfied_at):
        copy.satisfied_at, copy.satisfaction = other.satisfied_at, other.satisfaction


def later(first: datetime | None, second: datetime | None) -> datetime | None:
    """The later of two instants; None is earlier than all."""
    if first is None or second is None:
        return first or second
    return max(first, second)


def copy_of_event(event: CaseEvent) -> CaseCopy:
    """The copy that one fact alone would give."""
    copy = CaseCopy(event.case_id, event.customer_id, 0 if event.customer_id is None else event.step or 0)
    match event:
        case ComplaintFiled():
            copy.filed_at = copy.opened_at = event.filed_at
        case ComplaintAcknowledged():
            copy.acknowledged_at = event.acknowledged_at
        case SettlementProposed():
            copy.proposed_at = event.proposed_at
        case ComplaintResolved():
            # what was carried out had been proposed, even where nothing had to be agreed
            copy.resolved_at = copy.proposed_at = event.resolved_at
        case ComplaintClosed():
            copy.closed_at = event.closed_at
            _answer(copy, event.satisfaction, event.closed_at)
        case SatisfactionAnswered():
            _answer(copy, event.satisfaction, event.answered_at)
        case ComplaintReopened():
            copy.opened_at = copy.reopened_at = event.reopened_at
        case CustomerIdentified(open=True):
            copy.opened_at = event.identified_at
        case CustomerIdentified():
            copy.closed_at = event.identified_at
        case DeadlineBreached():
            breach = f"{event.stage}_breached_at"
            setattr(copy, breach if breach in BREACHES else "other_breached_at", event.breached_at)
        case ComplaintJudged(valid=False):
            # the reason is the answer: complaint owes neither a proposal nor a solution any more (C3)
            copy.proposed_at = copy.resolved_at = event.judged_at
        case _:  # warned, judged valid, answered, escalated: they change neither count
            pass
    return copy


def _answer(copy: CaseCopy, satisfaction: int | None, at: datetime) -> None:
    if satisfaction is not None:
        copy.satisfied_at, copy.satisfaction = at, satisfaction


def former_customers(events: Iterable[CaseEvent]) -> set[UUID]:
    """Whose cases those were taken for that turned out to be another's: they have one fewer (C1)."""
    identified = (event for event in events if isinstance(event, CustomerIdentified))
    return {event.previous_customer_id for event in identified if event.previous_customer_id is not None}


def fold_cases(events: Iterable[CaseEvent]) -> dict[UUID, CaseCopy]:
    """By case, the copy that a batch of facts gives, in whatever order they are."""
    copies: dict[UUID, CaseCopy] = {}
    for event in events:
        copy = copy_of_event(event)
        if event.case_id in copies:
            merge_case(copies[event.case_id], copy)
        else:
            copies[event.case_id] = copy
    return copies
