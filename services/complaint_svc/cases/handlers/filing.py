"""A complaint comes in, from whatever channel (C1): its deadlines run by the tier of then, and by its hours (C3)."""

from dataclasses import dataclass
from uuid import UUID

from services.complaint_svc.cases import repository
from services.complaint_svc.cases.domain.case import Case
from services.complaint_svc.cases.domain.step_request import StepRequest
from services.complaint_svc.cases.domain.steps import file_case
from services.complaint_svc.cases.handlers.deadline_timers import arm_timers, delay_timers
from services.complaint_svc.customers.domain import NOBODY
from services.complaint_svc.customers.repository import load_customer
from services.complaint_svc.deadlines.handlers import load_terms
from shared.events.complaint import CaseKind, Severity
from shared.messaging import Transaction, announce, new_id


@dataclass(frozen=True, slots=True)
class FilingRequest:
    """A case to be filed: whose (None: nobody known yet), of what kind, how severe, and what is written of it once.

    `steps_follow`: it is filed after the fact, and so will be the steps that were taken since.
    """

    customer_id: UUID | None
    kind: CaseKind
    severity: Severity
    details: repository.CaseDetails
    steps_follow: bool = False


async def file_complaint(tx: Transaction, filing: FilingRequest, request: StepRequest) -> Case:
    """The case, saved, with its timers armed. 404 when complaint has not heard of the customer.

    What is over already when a case is filed late is due at once (C3). Only a story that goes on has to be reported to
    its end first: its timers wait a grace.
    """
    served = NOBODY if filing.customer_id is None else await load_customer(tx, filing.customer_id)
    case, events = file_case(
        new_id(), filing.customer_id, filing.kind, filing.severity, filing.details.channel, filing.details.category,
        served, request, await load_terms(tx, request.at),
    )  # fmt: skip
    case = delay_timers(case, tx.at) if filing.steps_follow and request.is_backdated(tx.at) else case
    [case] = await arm_timers(tx, [((), case)])
    await repository.add_case(tx, case, filing.details)
    announce(tx, events)
    return case
