"""A case as it is shown: the row, its story, and what is left of each deadline at this moment."""

from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from fastapi import Response

from services.complaint_svc.calendars.domain.business_time import Calendar
from services.complaint_svc.calendars.handlers import load_calendar
from services.complaint_svc.cases import repository
from services.complaint_svc.cases.domain.case import legal_steps
from services.complaint_svc.cases.schemas import (
    AboutRead,
    ComplaintRead,
    ContactRead,
    EscalationRead,
    ProposalRead,
    StepRead,
    StepToCome,
)
from services.complaint_svc.deadlines.domain.deadlines import Deadline, left_at
from services.complaint_svc.deadlines.schemas import DeadlineRead
from shared.chassis import Actor, show_etag
from shared.messaging import Transaction

NAMES: dict[str, Any] = {name: name for name in get_args(StepToCome)} | {"proposal": "proposals"}

TEXTS = ("what_happened", "happened_at", "bought_at", "usage", "request", "settlement_wish")


async def show_case(tx: Transaction, case_id: UUID, actor: Actor, response: Response) -> ComplaintRead:
    """The case as it stands in this transaction, with its version as ETag."""
    file = await repository.load_case_file(tx, case_id, partner_id=actor.partner_id)
    show_etag(response, file.case["version"])
    return read_case(file, await load_calendar(tx, tx.at.year), tx.at)


def read_case(file: repository.CaseFile, calendar: Calendar, now: datetime) -> ComplaintRead:
    case, story = file.case, file.story
    notes = {(step["round"], step["at"]): step["note"] for step in file.steps if step["name"] == "proposal"}
    judged = [s["outcome"] for s in file.steps if s["name"] == "judgement" and s["round"] == case["round"]]
    listed: dict[str, Any] = {name: case[name] for name in repository.CaseRow.__slots__}
    written: dict[str, Any] = {name: story[name] for name in TEXTS}
    return ComplaintRead(
        **listed,
        **written,
        round=case["round"],
        valid=judged[-1] == "valid" if judged else None,
        about=AboutRead(order_id=case["order_id"], sku=case["sku"], product=story["product"]),
        contact=ContactRead(name=story["contact_name"], phone=story["contact_phone"], email=story["contact_email"]),
        deadlines=[read_deadline(deadline, calendar, now) for deadline in file.deadlines],
        next_steps=[NAMES[name] for name in legal_steps(case["status"], case["kind"])],
        steps=[_read_step(step) for step in file.steps],
        proposals=[_read_proposal(p, notes.get((p["round"], p["proposed_at"]))) for p in file.proposals],
        escalations=[_read_climb(climb) for climb in file.climbs],
    )


def read_deadline(deadline: Deadline, calendar: Calendar, now: datetime) -> DeadlineRead:
    due = deadline.live and deadline.breached_at is None
    return DeadlineRead(
        round=deadline.round,
        stage=deadline.stage,
        state=deadline.state,
        tier=deadline.tier,
        allowance_seconds=int(deadline.allowance.total_seconds()),
        remaining_seconds=int(left_at(deadline, now, calendar).total_seconds()) if due else None,
        started_at=deadline.started_at,
        due_at=deadline.due_at,
        warned_at=deadline.warned_at,
        breached_at=deadline.breached_at,
        done_late_at=deadline.late_at,
        met_at=deadline.met_at,
        cancelled_at=deadline.cancelled_at,
    )


def _read_step(step: repository.Row) -> StepRead:
    return StepRead(
        number=step["number"], round=step["round"], step=step["name"], outcome=step["outcome"],
        status=step["status_after"], at=step["at"], recorded_at=step["recorded_at"], by=step["done_by"],
        note=step["note"],
    )  # fmt: skip


def _read_proposal(row: repository.Row, text: str | None) -> ProposalRead:
    return ProposalRead(
        id=row["id"], round=row["round"], text=text, points=row["points"], amount=row["amount"],
        proposed_at=row["proposed_at"], answered_at=row["answered_at"], accepted=row["accepted"],
    )  # fmt: skip


def _read_climb(row: repository.Row) -> EscalationRead:
    return EscalationRead(rung=row["rung"], stage=row["stage"], round=row["round"], escalated_at=row["at"])
