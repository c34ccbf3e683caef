"""Settlements are proposed: at once within one's limits, beyond them when another person has approved (C5, K24)."""

from dataclasses import replace
from uuid import UUID

from services.complaint_svc.cases import repository
from services.complaint_svc.cases.domain.case import Case, check_order
from services.complaint_svc.cases.domain.case_ref import CaseRef
from services.complaint_svc.cases.domain.step_request import StepRequest
from services.complaint_svc.cases.domain.steps import Offer, propose
from services.complaint_svc.cases.handlers.case_steps import take_step
from services.complaint_svc.remedies import handlers as remedies
from services.complaint_svc.remedies.domain.approval import Approval
from services.complaint_svc.remedies.domain.authority import Giver
from services.complaint_svc.remedies.handlers import Recipient
from services.complaint_svc.remedies.repository import find_pending_approval, load_approval, save_approval
from shared.authority import Gift
from shared.errors import conflict
from shared.messaging import Transaction, new_id


async def propose_settlement(
    tx: Transaction, case_ref: CaseRef, request: StepRequest, gift: Gift, giver: Giver
) -> Approval | None:
    """Offer points and an amount; what goes beyond the giver's limits waits for approval, which is returned.

    409 `approval_pending` while another one waits in the case.
    """
    case = await repository.load_case(tx, case_ref.case_id, partner_id=case_ref.partner_id)
    pending = await find_pending_approval(tx, case.id)
    if pending is not None:
        raise conflict(
            "approval_pending", "Something else waits for approval in the case: reject it first.",
            approval_id=str(pending.id),
        )  # fmt: skip
    recipient = Recipient(case.id, case.customer_id)
    reached, version = await remedies.find_limits_reached(tx, giver, recipient, gift)
    if not reached:
        offer = Offer(gift, giver.day, roles=tuple(sorted(giver.roles)), authority_version=version)
        await _propose(tx, case_ref, request, new_id(), offer)
        return None
    check_order(case, "proposal", max(request.at, case.last_step_at) if request.at == tx.at else request.at)
    approval = Approval(
        new_id(), case.id, case.round, gift.points, gift.amount, request.note, reached, request.by, tx.at
    )
    await save_approval(tx, approval)
    return approval


async def approve_settlement(
    tx: Transaction, case_ref: CaseRef, request: StepRequest, approval_id: UUID, by: Giver
) -> None:
    """Another person approves: the proposal is made now, or at the instant of the request, by who asked for it."""
    case = await repository.load_case(tx, case_ref.case_id, partner_id=case_ref.partner_id)
    approval = await load_approval(tx, case.id, approval_id)
    _check_round(case, approval)
    approved = await remedies.approve(tx, approval, by, case.customer_id, request.note)
    as_requested = replace(request, by=approval.requested_by, note=approval.text)
    await _propose(tx, case_ref, as_requested, approval.id, Offer(approval.gift, by.day, approved.decided_by))


async def reject_settlement(tx: Transaction, case_ref: CaseRef, request: StepRequest, approval_id: UUID) -> None:
    """It is not proposed; whoever asked for it may withdraw it so."""
    case = await repository.load_case(tx, case_ref.case_id, partner_id=case_ref.partner_id)
    approval = await load_approval(tx, case.id, approval_id)
    await remedies.reject(tx, approval, request.by, request.note)


async def _propose(tx: Transaction, case_ref: CaseRef, request: StepRequest, proposal_id: UUID, offer: Offer) -> None:
    await take_step(tx, case_ref, request, lambda case, step, terms: propose(case, proposal_id, offer, step, terms))


def _check_round(case: Case, approval: Approval) -> None:
    if approval.state == "pending" and approval.round != case.round:
        raise conflict("approval_outdated", "It was meant for an earlier round of the case: reject it.")
