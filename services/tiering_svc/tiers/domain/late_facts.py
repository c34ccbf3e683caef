"""Facts that are no orders (T1): when they happened, and whether that is before something that was decided (T10).

Nothing is decided by such a fact itself. What comes in order of time is seen by the next order or review; what comes
late may change what earlier ones saw.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from services.tiering_svc.tiers.domain.standing import Standing
from shared.events import ContactLogged, NextStepCompleted, PaymentReceived, ReceivableIssued

ALWAYS = datetime.min.replace(tzinfo=UTC)
AHEAD = timedelta(hours=14)  # no zone's day begins earlier than so long before that of UTC


@dataclass(frozen=True, slots=True)
class ExternalFact:
    """From when on a fact of a customer is seen by whoever looks, and when it was recorded."""

    customer_id: UUID
    seen_from: datetime
    recorded_at: datetime


def external_fact(event: ReceivableIssued | PaymentReceived | ContactLogged | NextStepCompleted) -> ExternalFact:
    """What is owed is seen from the beginning of its day of issue on (of the earliest one on earth), the others from
    when they happened."""
    match event:
        case ReceivableIssued():
            seen_from = datetime.combine(event.issued_on, time(), UTC) - AHEAD
        case PaymentReceived():
            seen_from = event.paid_at
        case ContactLogged():
            seen_from = event.contacted_at
        case NextStepCompleted():
            seen_from = event.completed_at
    return ExternalFact(event.customer_id, seen_from, event.meta.recorded_at)


def earliest_by_customer(facts: Iterable[ExternalFact]) -> dict[UUID, ExternalFact]:
    """Of each customer from when on anything of these facts is seen, and when the newest was recorded."""
    earliest: dict[UUID, ExternalFact] = {}
    for fact in facts:
        known = earliest.get(fact.customer_id, fact)
        earliest[fact.customer_id] = ExternalFact(
            fact.customer_id, min(fact.seen_from, known.seen_from), max(fact.recorded_at, known.recorded_at)
        )
    return earliest


def list_late(
    facts: Mapping[UUID, ExternalFact], standings: Mapping[UUID, Standing], last_review_at: datetime | None
) -> dict[UUID, datetime]:
    """Those of these customers for whom anything was decided when the fact could have been seen already: by an order,
    by a person's word, or by a review; with when the fact was recorded."""
    late: dict[UUID, datetime] = {}
    for customer_id, fact in facts.items():
        standing = standings[customer_id]
        decided = (standing.folded_until, standing.decided_until, last_review_at)
        if any(instant is not None and fact.seen_from <= instant for instant in decided):
            late[customer_id] = fact.recorded_at
    return late
