"""The steps of a case over HTTP: each is a sub-resource that is POSTed, and each answers with the case (C2).

A partner answers a proposal to its customer; all other steps are taken by the business's own people (G1).
"""

from typing import Any

from fastapi import Response

from services.complaint_svc.cases import handlers
from services.complaint_svc.cases.dependencies import case_ref, require_own_customer, step_request, visible_case
from services.complaint_svc.cases.domain.steps import follow_up, judge, pause, resolve, resume
from services.complaint_svc.cases.routes.case_views import show_case
from services.complaint_svc.cases.schemas import (
    AcceptanceCreate,
    CaseStepCreate,
    ComplaintRead,
    FollowUpCreate,
    IdentificationCreate,
    JudgementCreate,
    ProposalCreate,
    ReopeningCreate,
)
from services.complaint_svc.remedies.handlers import giver_of
from shared.authority import Gift
from shared.chassis import CurrentActor, Id, Tx, allow, sends, service_router, staff_only
from shared.messaging import new_id

router = service_router(prefix="/v1/complaints/{complaint_id}", tags=["complaints"], dependencies=[visible_case])
SHOWS_CASE: dict[int | str, Any] = {201: sends("ETag")}

MAY_WAIT: dict[int | str, Any] = {202: {"model": ComplaintRead, **sends("ETag")}}

WORK = [allow("complaints:work"), staff_only]  # whatever scopes a partner may come to hold, it works no case
ANSWER = [allow("complaints:answer")]
NO_NOTE = CaseStepCreate()


@router.post("/acknowledgement", status_code=201, dependencies=WORK, responses=SHOWS_CASE)
async def acknowledge_complaint(
    complaint_id: Id, tx: Tx, actor: CurrentActor, response: Response, body: CaseStepCreate = NO_NOTE
) -> ComplaintRead:
    """Listen, second half: the customer knows that the case was received."""
    request = step_request(actor, tx.at, body.at, body.note)
    await handlers.acknowledge_complaint(tx, case_ref(complaint_id, actor), request)
    return await show_case(tx, complaint_id, actor, response)


@router.post("/judgement", status_code=201, dependencies=WORK, responses=SHOWS_CASE)
async def judge_complaint(
    complaint_id: Id, body: JudgementCreate, tx: Tx, actor: CurrentActor, response: Response
) -> ComplaintRead:
    """Judge: valid or not, with the reason."""
    request = step_request(actor, tx.at, body.at, body.reason)
    await handlers.take_step(
        tx, case_ref(complaint_id, actor), request, lambda case, step, terms: judge(case, body.valid, step, terms)
    )
    return await show_case(tx, complaint_id, actor, response)


@router.post("/proposals", status_code=201, dependencies=WORK, responses=SHOWS_CASE | MAY_WAIT)
async def propose_settlement(
    complaint_id: Id, body: ProposalCreate, tx: Tx, actor: CurrentActor, response: Response
) -> ComplaintRead:
    """Settle, first half: an offer. The deadlines stop until the customer answers.

    Limits count together: what was given in the case, to the customer, by the person that day. What goes beyond one of
    them is 202: it waits in `approvals`, and is proposed once another person has approved it.
    """
    request, gift = step_request(actor, tx.at, body.at, body.text), Gift(body.points, body.amount)
    waiting = await handlers.propose_settlement(
        tx, case_ref(complaint_id, actor), request, gift, giver_of(tx, actor.subject, actor.roles)
    )
    response.status_code = 201 if waiting is None else 202
    return await show_case(tx, complaint_id, actor, response)


@router.post("/proposals/{proposal_id}/approval", status_code=201, dependencies=WORK, responses=SHOWS_CASE)
async def approve_settlement(
    complaint_id: Id, proposal_id: Id, tx: Tx, actor: CurrentActor, response: Response, body: CaseStepCreate = NO_NOTE
) -> ComplaintRead:
    """Approve what waits, as another person: the proposal is made with that.

    403 `own_approval` for who asked for it, `took_part` for who proposed something in the case before,
    `above_authority` where the sum of the case or the customer is more than one approves.
    """
    request = step_request(actor, tx.at, body.at, body.note)
    by = giver_of(tx, actor.subject, actor.roles)
    await handlers.approve_settlement(tx, case_ref(complaint_id, actor), request, proposal_id, by)
    return await show_case(tx, complaint_id, actor, response)


@router.post("/proposals/{proposal_id}/rejection", status_code=201, dependencies=WORK, responses=SHOWS_CASE)
async def reject_settlement(
    complaint_id: Id, proposal_id: Id, tx: Tx, actor: CurrentActor, response: Response, body: CaseStepCreate = NO_NOTE
) -> ComplaintRead:
    """What waits for approval is not proposed; whoever asked for it withdraws it so."""
    request = step_request(actor, tx.at, body.at, body.note)
    await handlers.reject_settlement(tx, case_ref(complaint_id, actor), request, proposal_id)
    return await show_case(tx, complaint_id, actor, response)


@router.post("/acceptance", status_code=201, dependencies=ANSWER, responses=SHOWS_CASE)
async def answer_proposal(
    complaint_id: Id, body: AcceptanceCreate, tx: Tx, actor: CurrentActor, response: Response
) -> ComplaintRead:
    """The customer's answer to the proposal: accepted, or refused with a reason; then a new one may be made."""
    request = step_request(actor, tx.at, body.at, body.reason)
    await handlers.answer_proposal(tx, case_ref(complaint_id, actor), request, body.proposal_id, body.accepted)
    return await show_case(tx, complaint_id, actor, response)


@router.post("/resolution", status_code=201, dependencies=WORK, responses=SHOWS_CASE)
async def resolve_complaint(
    complaint_id: Id, tx: Tx, actor: CurrentActor, response: Response, body: CaseStepCreate = NO_NOTE
) -> ComplaintRead:
    """Settle, second half: what was agreed is carried out."""
    request, resolution_id = step_request(actor, tx.at, body.at, body.note), new_id()
    await handlers.take_step(
        tx, case_ref(complaint_id, actor), request, lambda case, step, terms: resolve(case, resolution_id, step, terms)
    )
    return await show_case(tx, complaint_id, actor, response)


@router.post("/follow-up", status_code=201, dependencies=WORK, responses=SHOWS_CASE)
async def follow_up_complaint(
    complaint_id: Id, body: FollowUpCreate, tx: Tx, actor: CurrentActor, response: Response
) -> ComplaintRead:
    """Follow up: call back, ask how satisfied the customer is, and close."""
    request = step_request(actor, tx.at, body.at, body.comment)
    await handlers.take_step(
        tx, case_ref(complaint_id, actor), request,
        lambda case, step, terms: follow_up(case, body.satisfaction, body.close, step, terms),
    )  # fmt: skip
    return await show_case(tx, complaint_id, actor, response)


@router.post("/reopening", status_code=201, dependencies=WORK, responses=SHOWS_CASE)
async def reopen_complaint(
    complaint_id: Id, body: ReopeningCreate, tx: Tx, actor: CurrentActor, response: Response
) -> ComplaintRead:
    """It was not put right after all: a new round begins, with new deadlines."""
    request = step_request(actor, tx.at, body.at, body.reason)
    await handlers.reopen_complaint(tx, case_ref(complaint_id, actor), request)
    return await show_case(tx, complaint_id, actor, response)


@router.post("/pause", status_code=201, dependencies=WORK, responses=SHOWS_CASE)
async def pause_complaint(
    complaint_id: Id, tx: Tx, actor: CurrentActor, response: Response, body: CaseStepCreate = NO_NOTE
) -> ComplaintRead:
    """The customer is to answer something first: the deadlines stop."""
    request = step_request(actor, tx.at, body.at, body.note)
    await handlers.take_step(tx, case_ref(complaint_id, actor), request, pause)
    return await show_case(tx, complaint_id, actor, response)


@router.post("/pause/end", status_code=201, dependencies=WORK, responses=SHOWS_CASE)
async def end_pause(
    complaint_id: Id, tx: Tx, actor: CurrentActor, response: Response, body: CaseStepCreate = NO_NOTE
) -> ComplaintRead:
    """End the pause: the customer answered, and the deadlines run on with the working time they had left."""
    request = step_request(actor, tx.at, body.at, body.note)
    await handlers.take_step(tx, case_ref(complaint_id, actor), request, resume)
    return await show_case(tx, complaint_id, actor, response)


@router.post("/identification", status_code=201, dependencies=WORK, responses=SHOWS_CASE)
async def identify_customer(
    complaint_id: Id, body: IdentificationCreate, tx: Tx, actor: CurrentActor, response: Response
) -> ComplaintRead:
    """Link a case to a customer: one that was filed by nobody known, or that was taken for another customer's.

    What it granted moves to the customer; what the former one has spent of that is a debt of the former one.
    """
    await require_own_customer(tx, actor, body.customer_id)
    request = step_request(actor, tx.at, body.at)
    by = giver_of(tx, actor.subject, actor.roles)
    await handlers.identify_customer(tx, case_ref(complaint_id, actor), request, body.customer_id, by)
    return await show_case(tx, complaint_id, actor, response)
