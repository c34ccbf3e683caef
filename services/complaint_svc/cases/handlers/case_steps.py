"""A case is worked: each step loads it, decides, saves, announces (C2)."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from services.complaint_svc.cases import repository
from services.complaint_svc.cases.domain import steps
from services.complaint_svc.cases.domain.case import Case
from services.complaint_svc.cases.domain.case_ref import CaseRef
from services.complaint_svc.cases.domain.step_request import StepRequest
from services.complaint_svc.cases.handlers.deadline_timers import save_decision
from services.complaint_svc.cases.repository.case_contacts import find_contact
from services.complaint_svc.customers.domain import NOBODY
from services.complaint_svc.customers.repository import load_customer
from services.complaint_svc.deadlines.domain.deadlines import Terms
from services.complaint_svc.deadlines.handlers import load_terms
from services.complaint_svc.remedies.domain.authority import Giver
from services.complaint_svc.remedies.handlers import Recipient, check_identification
from services.complaint_svc.remedies.repository import find_pending_approval
from shared.customers import list_roots
from shared.errors import conflict
from shared.events.complaint import Severity
from shared.messaging import Transaction

Decide = Callable[[Case, StepRequest, Terms], steps.Decision]


async def take_step(tx: Transaction, case_ref: CaseRef, request: StepRequest, decide: Decide) -> Case:
    """Load the case, locked; decide; save and announce. 404 when there is none or it is another partner's."""
    before = await repository.load_case(tx, case_ref.case_id, partner_id=case_ref.partner_id)
    terms = await load_terms(tx, request.at)
    if request.at == tx.at:
        # two people's clocks may differ by a little; what happens now does not happen before the last step
        request = replace(request, at=max(tx.at, before.last_step_at))
    after, events = decide(before, request, terms)
    return await save_decision(tx, before, after, events, backdated=request.is_backdated(tx.at))


async def acknowledge_complaint(tx: Transaction, case_ref: CaseRef, request: StepRequest) -> Case:
    """The customer is told that its case is in work, or whom the case names, by the channels that reach that person."""
    contact = await find_contact(tx, case_ref.case_id)
    reached_by = () if contact is None else contact.channels
    return await take_step(
        tx, case_ref, request, lambda case, step, terms: steps.acknowledge(case, step, terms, reached_by)
    )


async def answer_proposal(
    tx: Transaction, case_ref: CaseRef, request: StepRequest, proposal_id: UUID | None, accepted: bool
) -> Case:
    """The customer's answer to the proposal that waits; `proposal_id` makes sure that it is the one that is meant.

    409 `approval_required` while what is to be proposed waits for approval.
    """
    case = await repository.load_case(tx, case_ref.case_id, partner_id=case_ref.partner_id)
    pending = await find_pending_approval(tx, case.id)
    if pending is not None:
        raise conflict(
            "approval_required", "What is to be proposed has to be approved by another person first.",
            approval_id=str(pending.id),
        )  # fmt: skip
    return await take_step(
        tx, case_ref, request, lambda case, step, terms: steps.answer(case, proposal_id, accepted, step, terms)
    )


async def reopen_complaint(tx: Transaction, case_ref: CaseRef, request: StepRequest) -> Case:
    """A new round gets its deadlines by the tier and the region of the day it begins."""
    customer_id = await repository.find_customer_of(tx, case_ref.case_id)
    served = NOBODY if customer_id is None else await load_customer(tx, customer_id)
    return await take_step(tx, case_ref, request, lambda case, step, terms: steps.reopen(case, served, step, terms))


async def identify_customer(
    tx: Transaction, case_ref: CaseRef, request: StepRequest, customer_id: UUID, by: Giver
) -> Case:
    """A case is linked to a customer, whose tiers count since the case was filed.

    What the case was given is the customer's from now on: 403 `above_authority` beyond what `by` may give it (K24).
    """
    served = await load_customer(tx, customer_id)
    case = await repository.load_case(tx, case_ref.case_id, partner_id=case_ref.partner_id)
    roots = await list_roots(tx, [customer_id, case.customer_id or customer_id])
    if case.customer_id is None or roots[case.customer_id] != roots[customer_id]:
        await check_identification(tx, by, Recipient(case.id, customer_id))
    return await take_step(
        tx, case_ref, request, lambda case, step, terms: steps.identify(case, customer_id, served, step, terms)
    )


async def change_severity(
    tx: Transaction, case_ref: CaseRef, request: StepRequest, severity: Severity, check: Callable[[int], None]
) -> Case:
    """Grade a case anew. `check` refuses when the caller saw another version than the one that is locked here."""

    def decide(case: Case, step: StepRequest, terms: Terms) -> steps.Decision:
        check(case.version)
        return steps.change_severity(case, severity, step, terms)

    return await take_step(tx, case_ref, request, decide)
