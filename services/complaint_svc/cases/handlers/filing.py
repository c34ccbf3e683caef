"""A complaint comes in, from whatever channel (C1): its deadlines run by the tier this service knows (C3)."""

from dataclasses import dataclass
from uuid import UUID

from services.complaint_svc.cases import repository
from services.complaint_svc.cases.domain.case import Act, Case
from services.complaint_svc.cases.domain.steps import file_case
from services.complaint_svc.cases.handlers.deadline_timers import Told, arm_timers, hold_back
from services.complaint_svc.customers.repository import load_tier
from services.complaint_svc.deadlines.handlers import load_terms
from shared.events.complaint import CaseKind, Severity
from shared.messaging import Transaction, announce, new_id


@dataclass(frozen=True, slots=True)
class NewComplaint:
    customer_id: UUID | None
    kind: CaseKind
    severity: Severity
    written: repository.NewCase


async def file_a_complaint(tx: Transaction, new: NewComplaint, told: Told) -> Case:
    tier = None if new.customer_id is None else await load_tier(tx, new.customer_id)
    case, events = file_case(
        new_id(), new.customer_id, new.kind, new.severity, new.written.channel, new.written.category, tier,
        Act(told.at or tx.at, told.by), await load_terms(tx, told.at or tx.at),
    )  # fmt: skip
    case = hold_back(case, tx.at) if told.after_the_fact(tx.at) else case
    case = await arm_timers(tx, (), case)
    await repository.add_case(tx, case, new.written)
    announce(tx, events)
    return case
