"""A case as it is shown: its row, its story, its history, and what is left of each deadline at this instant."""

from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from fastapi import Response

from services.complaint_svc.calendars.handlers import CalendarOf, load_calendars
from services.complaint_svc.cases import repository
from services.complaint_svc.cases.domain.case import legal_steps
from services.complaint_svc.cases.schemas import (
    AboutRead,
    CaseContactRead,
    ComplaintRead,
    EscalationRead,
    NextStep,
    ProposalRead,
    StepRead,
)
from services.complaint_svc.deadlines.domain.deadlines import Deadline, remaining_at
from services.complaint_svc.deadlines.schemas import DeadlineRead
from services.complaint_svc.remedies.schemas import ApprovalRead
from shared.chassis import Actor, show_etag
from shared.chassis.audit import add_access
from shared.messaging import Transaction

URL_OF_STEP: dict[str, Any] = {name: name for name in get_args(NextStep)} | {"proposal": "proposals"}
STORY_FIELDS = ("what_happened", "happened_at", "bought_at", "usage", "request", "settlement_wish")


async def show_case(tx: Transaction, case_id: UUID, actor: Actor, response: Response) -> ComplaintRead:
    """The case as it stands in this transaction, with its version as ETag. Whoever took a step sees it too, so this is
    where the access trail gets its line (P13)."""
    file = await repository.load_case_file(tx, case_id, partner_id=actor.partner_id)
    show_etag(response, file.case["version"])
    await add_access(tx, actor, "case_shown", [file.case["customer_id"]], subject=f"case:{case_id}")
    return read_case(file, await load_calendars(tx, tx.at), tx.at, actor.partner_id)


def read_case(
    file: repository.CaseFile, calendar_of: CalendarOf, now: datetime, partner_id: UUID | None
) -> ComplaintRead:
    """The answer that shows a case: its deadlines as they stand at `now`, and the steps it may take next.

    A partner does not read who of the business's own people took a step, nor their notes (G1); what was proposed it
    reads, to answer it.
    """
    case, story = file.case, file.story
    proposal_texts = {(step["round"], step["at"]): step["note"] for step in file.steps if step["name"] == "proposal"}
    judgements = [s["outcome"] for s in file.steps if s["name"] == "judgement" and s["round"] == case["round"]]
    summary: dict[str, Any] = {name: case[name] for name in repository.CaseRow.__slots__}
    texts: dict[str, Any] = {name: story[name] for name in STORY_FIELDS}
    return ComplaintRead(
        **summary,
        **texts,
        round=case["round"],
        valid=judgements[-1] == "valid" if judgements else None,
        about=AboutRead(order_id=case["order_id"], sku=case["sku"], product=story["product"]),
        contact=CaseContactRead(name=story["contact_name"], phone=story["contact_phone"], email=story["contact_email"]),
        deadlines=[read_deadline(deadline, calendar_of, now) for deadline in file.deadlines],
        next_steps=[URL_OF_STEP[name] for name in legal_steps(case["status"], case["kind"])],
        steps=[_read_step(step, partner_id) for step in file.steps],
        proposals=[
            _read_proposal(p, proposal_texts.get((p["round"], p["proposed_at"])), partner_id) for p in file.proposals
        ],
        approvals=[] if partner_id else [ApprovalRead(**_approval_fields(row)) for row in file.approvals],
        escalations=[_read_escalation(row) for row in file.escalations],
    )


def read_deadline(deadline: Deadline, calendar_of: CalendarOf, now: datetime) -> DeadlineRead:
    """A deadline as it stands at `now`, with the seconds of working time that are left while it is not over."""
    is_counting = deadline.owed and deadline.breached_at is None
    calendar = calendar_of(deadline.tier, deadline.region)
    return DeadlineRead(
        round=deadline.round,
        stage=deadline.stage,
        state=deadline.state,
        tier=deadline.tier,
        region=deadline.region,
        allowance_seconds=int(deadline.allowance.total_seconds()),
        remaining_seconds=int(remaining_at(deadline, now, calendar).total_seconds()) if is_counting else None,
        started_at=deadline.started_at,
        due_at=deadline.due_at,
        deadline_rules_version=deadline.deadline_rules_version,
        calendar_rules_version=deadline.calendar_rules_version,
        warned_at=deadline.warned_at,
        breached_at=deadline.breached_at,
        done_late_at=deadline.done_late_at,
        met_at=deadline.met_at,
        cancelled_at=deadline.cancelled_at,
    )


def _read_step(step: repository.Row, partner_id: UUID | None) -> StepRead:
    is_own = partner_id is None or step["partner_id"] == partner_id
    return StepRead(
        number=step["number"], round=step["round"], step=step["name"], outcome=step["outcome"],
        status=step["status_after"], at=step["at"], recorded_at=step["recorded_at"],
        by=step["done_by"] if is_own else None, note=step["note"] if is_own else None,
        from_customer=step["from_customer"] if partner_id is None else None,
        to_customer=step["to_customer"] if partner_id is None else None,
    )  # fmt: skip


def _approval_fields(row: repository.Row) -> dict[str, Any]:
    return {name: row[name] for name in ApprovalRead.model_fields}


def _read_proposal(row: repository.Row, text: str | None, partner_id: UUID | None) -> ProposalRead:
    return ProposalRead(
        id=row["id"], round=row["round"], text=text, points=row["points"], amount=row["amount"],
        proposed_at=row["proposed_at"], answered_at=row["answered_at"], accepted=row["accepted"],
        proposed_by=None if partner_id else row["proposed_by"], approved_by=None if partner_id else row["approved_by"],
    )  # fmt: skip


def _read_escalation(row: repository.Row) -> EscalationRead:
    return EscalationRead(
        escalation_level=row["escalation_level"], stage=row["stage"], round=row["round"], escalated_at=row["at"]
    )
