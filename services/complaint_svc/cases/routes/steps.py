"""The steps of a case over HTTP: each is a sub-resource that is POSTed, and each answers with the case (C2)."""

from uuid import UUID

from fastapi import Response

from services.complaint_svc.cases import handlers
from services.complaint_svc.cases.dependencies import told
from services.complaint_svc.cases.domain.steps import acknowledge, follow_up, judge, pause, resolve, resume
from services.complaint_svc.cases.routes.case_views import show_case
from services.complaint_svc.cases.schemas import (
    AcceptanceCreate,
    ComplaintRead,
    FollowUpCreate,
    IdentificationCreate,
    JudgementCreate,
    ProposalCreate,
    ReopeningCreate,
    StepCreate,
)
from shared.chassis import Actor, CurrentActor, Id, Tx, allow, service_router
from shared.messaging import new_id

router = service_router(prefix="/v1/complaints/{complaint_id}", tags=["complaints"])

WRITE = [allow("complaints:write")]
NOTHING_SAID = StepCreate()


def which(complaint_id: UUID, actor: Actor) -> handlers.Which:
    return handlers.Which(complaint_id, actor.partner_id)


@router.post("/acknowledgement", status_code=201, dependencies=WRITE)
async def acknowledge_a_complaint(
    complaint_id: Id, tx: Tx, actor: CurrentActor, response: Response, body: StepCreate = NOTHING_SAID
) -> ComplaintRead:
    """Listen, second half: the customer knows that it was received."""
    step = told(actor, tx.at, body.at, body.note)
    await handlers.take_a_step(tx, which(complaint_id, actor), step, acknowledge)
    return await show_case(tx, complaint_id, actor, response)


@router.post("/judgement", status_code=201, dependencies=WRITE)
async def judge_a_complaint(
    complaint_id: Id, body: JudgementCreate, tx: Tx, actor: CurrentActor, response: Response
) -> ComplaintRead:
    """Judge: valid or not, with the reason."""
    step = told(actor, tx.at, body.at, body.reason)
    await handlers.take_a_step(
        tx, which(complaint_id, actor), step, lambda case, act, terms: judge(case, body.valid, act, terms)
    )
    return await show_case(tx, complaint_id, actor, response)


@router.post("/proposals", status_code=201, dependencies=WRITE)
async def propose_a_settlement(
    complaint_id: Id, body: ProposalCreate, tx: Tx, actor: CurrentActor, response: Response
) -> ComplaintRead:
    """Settle, first half: what we offer, within one's authority. The clock stops until the customer answers."""
    step = told(actor, tx.at, body.at, body.text)
    await handlers.propose_a_settlement(tx, which(complaint_id, actor), step, body.points, body.amount, actor.roles)
    return await show_case(tx, complaint_id, actor, response)


@router.post("/acceptance", status_code=201, dependencies=WRITE)
async def answer_a_proposal(
    complaint_id: Id, body: AcceptanceCreate, tx: Tx, actor: CurrentActor, response: Response
) -> ComplaintRead:
    """The customer's answer to the proposal: taken, or refused with a reason; then a new one may be made."""
    step = told(actor, tx.at, body.at, body.reason)
    await handlers.answer_a_proposal(tx, which(complaint_id, actor), step, body.proposal_id, body.accepted)
    return await show_case(tx, complaint_id, actor, response)


@router.post("/resolution", status_code=201, dependencies=WRITE)
async def resolve_a_complaint(
    complaint_id: Id, tx: Tx, actor: CurrentActor, response: Response, body: StepCreate = NOTHING_SAID
) -> ComplaintRead:
    """Settle, second half: what was agreed is carried out."""
    step, resolution_id = told(actor, tx.at, body.at, body.note), new_id()
    await handlers.take_a_step(
        tx, which(complaint_id, actor), step, lambda case, act, terms: resolve(case, resolution_id, act, terms)
    )
    return await show_case(tx, complaint_id, actor, response)


@router.post("/follow-up", status_code=201, dependencies=WRITE)
async def follow_up_a_complaint(
    complaint_id: Id, body: FollowUpCreate, tx: Tx, actor: CurrentActor, response: Response
) -> ComplaintRead:
    """Follow up: call back, ask how satisfied the customer is, and close."""
    step = told(actor, tx.at, body.at, body.comment)
    await handlers.take_a_step(
        tx, which(complaint_id, actor), step,
        lambda case, act, terms: follow_up(case, body.satisfaction, body.close, act, terms),
    )  # fmt: skip
    return await show_case(tx, complaint_id, actor, response)


@router.post("/reopening", status_code=201, dependencies=WRITE)
async def reopen_a_complaint(
    complaint_id: Id, body: ReopeningCreate, tx: Tx, actor: CurrentActor, response: Response
) -> ComplaintRead:
    """It was not put right: a new round begins, with new deadlines."""
    step = told(actor, tx.at, body.at, body.reason)
    await handlers.reopen_a_complaint(tx, which(complaint_id, actor), step)
    return await show_case(tx, complaint_id, actor, response)


@router.post("/pause", status_code=201, dependencies=WRITE)
async def pause_a_complaint(
    complaint_id: Id, tx: Tx, actor: CurrentActor, response: Response, body: StepCreate = NOTHING_SAID
) -> ComplaintRead:
    """The customer is to answer first: the deadlines stop."""
    step = told(actor, tx.at, body.at, body.note)
    await handlers.take_a_step(tx, which(complaint_id, actor), step, pause)
    return await show_case(tx, complaint_id, actor, response)


@router.post("/resumption", status_code=201, dependencies=WRITE)
async def resume_a_complaint(
    complaint_id: Id, tx: Tx, actor: CurrentActor, response: Response, body: StepCreate = NOTHING_SAID
) -> ComplaintRead:
    """The customer answered: the deadlines go on with the working time they had left."""
    step = told(actor, tx.at, body.at, body.note)
    await handlers.take_a_step(tx, which(complaint_id, actor), step, resume)
    return await show_case(tx, complaint_id, actor, response)


@router.post("/identification", status_code=201, dependencies=WRITE)
async def identify_the_customer(
    complaint_id: Id, body: IdentificationCreate, tx: Tx, actor: CurrentActor, response: Response
) -> ComplaintRead:
    """Nobody becomes somebody: the case is linked to a customer."""
    step = told(actor, tx.at, body.at)
    await handlers.identify_the_customer(tx, which(complaint_id, actor), step, body.customer_id)
    return await show_case(tx, complaint_id, actor, response)
