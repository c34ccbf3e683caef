"""The steps of a case over HTTP: each is a sub-resource that is POSTed, and each answers with the case (C2).

A partner answers a proposal to its customer; all other steps are taken by the business's own people (G1).
"""

from typing import Any

from fastapi import Response

from services.complaint_svc.cases import handlers
from services.complaint_svc.cases.dependencies import case_ref, step_request
from services.complaint_svc.cases.domain.steps import acknowledge, follow_up, judge, pause, resolve, resume
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
from shared.chassis import CurrentActor, Id, Tx, allow, sends, service_router
from shared.messaging import new_id

router = service_router(prefix="/v1/complaints/{complaint_id}", tags=["complaints"])
SHOWS_CASE: dict[int | str, Any] = {201: sends("ETag")}

WORK = [allow("complaints:work")]
ANSWER = [allow("complaints:answer")]
NO_NOTE = CaseStepCreate()


@router.post("/acknowledgement", status_code=201, dependencies=WORK, responses=SHOWS_CASE)
async def acknowledge_complaint(
    complaint_id: Id, tx: Tx, actor: CurrentActor, response: Response, body: CaseStepCreate = NO_NOTE
) -> ComplaintRead:
    """Listen, second half: the customer knows that the case was received."""
    request = step_request(actor, tx.at, body.at, body.note)
    await handlers.take_step(tx, case_ref(complaint_id, actor), request, acknowledge)
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


@router.post("/proposals", status_code=201, dependencies=WORK, responses=SHOWS_CASE)
async def propose_settlement(
    complaint_id: Id, body: ProposalCreate, tx: Tx, actor: CurrentActor, response: Response
) -> ComplaintRead:
    """Settle, first half: an offer, within one's authority. The deadlines stop until the customer answers."""
    request = step_request(actor, tx.at, body.at, body.text)
    await handlers.propose_settlement(tx, case_ref(complaint_id, actor), request, body.points, body.amount, actor.roles)
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
    """Link a case that was filed by nobody known to a customer."""
    request = step_request(actor, tx.at, body.at)
    await handlers.identify_customer(tx, case_ref(complaint_id, actor), request, body.customer_id)
    return await show_case(tx, complaint_id, actor, response)
