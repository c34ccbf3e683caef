"""Cases in and out of the database: a case is one row, its present deadlines and proposal, and lines that only grow."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, insert, select, update
from sqlalchemy.dialects import postgresql as pg

from services.complaint_svc.domain.allowances import STAGES
from services.complaint_svc.domain.case import Case, Proposal
from services.complaint_svc.domain.deadlines import Deadline
from services.complaint_svc.tables import case_step, case_story, climb, complaint_case, deadline, proposal
from shared.errors import not_found
from shared.messaging import Transaction

RULED = (  # what the rules may change of a case's row
    "customer_id", "severity", "status", "round", "tier", "rung", "waiting", "satisfaction", "last_step_at",
    "step_count", "closed_at", "replayed_until",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Story:
    """What people wrote, and how to reach them. Personal: no rule reads it and no event carries it."""

    what_happened: str
    product: str | None = None
    happened_at: datetime | None = None
    bought_at: datetime | None = None
    usage: str | None = None
    request: str | None = None
    settlement_wish: str | None = None
    contact_name: str | None = None
    contact_phone: str | None = None
    contact_email: str | None = None


@dataclass(frozen=True, slots=True)
class NewCase:
    """What is written of a case once, when it is filed."""

    channel: str
    category: str
    order_id: str | None
    sku: str | None
    partner_id: UUID | None
    story: Story


async def add_case(tx: Transaction, case: Case, new: NewCase) -> None:
    filed = {"channel": new.channel, "category": new.category, "order_id": new.order_id, "sku": new.sku,
             "partner_id": new.partner_id}  # fmt: skip
    row = {"id": case.id, "kind": case.kind, "filed_at": case.filed_at, "recorded_at": tx.at, "version": case.version}
    await tx.sql.execute(insert(complaint_case).values(**row, **filed, **_ruled(case)))
    await tx.sql.execute(insert(case_story).values(case_id=case.id, **asdict(new.story)))
    await _save_parts(tx, case)


async def save_case(tx: Transaction, case: Case) -> None:
    """Save what a decision changed. The case was loaded, and so locked, in this transaction."""
    await tx.sql.execute(
        update(complaint_case).where(complaint_case.c.id == case.id).values(**_ruled(case), version=case.version + 1)
    )
    await _save_parts(tx, case)


async def load_case(tx: Transaction, case_id: UUID, *, partner_id: UUID | None = None, wait: bool = True) -> Case:
    """The case, locked; 404 when there is none or it is another partner's. Without `wait` a held lock is an error."""
    mine = [] if partner_id is None else [complaint_case.c.partner_id == partner_id]
    cases = await _load(tx, _ordered(complaint_case.c.id == case_id, *mine).with_for_update(nowait=not wait))
    if not cases:
        raise not_found("complaint_not_found", "there is no such complaint")
    return cases[0]


async def load_open_cases_of(tx: Transaction, customer_ids: Iterable[UUID]) -> list[Case]:
    """All cases of these customers that are not closed, locked in order."""
    theirs = complaint_case.c.customer_id.in_(sorted(customer_ids))
    return await _load(tx, _ordered(theirs, complaint_case.c.status != "closed").with_for_update())


def _ordered(*where: ColumnElement[bool]) -> Select[Any]:
    return select(complaint_case).where(*where).order_by(complaint_case.c.id)


async def _load(tx: Transaction, query: Select[Any]) -> list[Case]:
    rows = (await tx.sql.execute(query)).mappings().all()
    if not rows:
        return []
    ids = [row["id"] for row in rows]
    deadlines: dict[tuple[UUID, int], list[Deadline]] = {}
    for line in (await tx.sql.execute(select(deadline).where(deadline.c.case_id.in_(ids)))).mappings():
        deadlines.setdefault((line["case_id"], line["round"]), []).append(read_deadline(line))
    proposal_ids = [row["proposal_id"] for row in rows if row["proposal_id"] is not None]
    proposals = {
        line["id"]: Proposal(
            line["id"], line["points"], line["amount"], line["proposed_at"], line["answered_at"], line["accepted"]
        )
        for line in (await tx.sql.execute(select(proposal).where(proposal.c.id.in_(proposal_ids)))).mappings()
    }
    return [_read(row, deadlines.get((row["id"], row["round"]), []), proposals.get(row["proposal_id"])) for row in rows]


def _read(row: Mapping[Any, Any], deadlines: list[Deadline], last: Proposal | None) -> Case:
    return Case(
        id=row["id"],
        kind=row["kind"],
        filed_at=row["filed_at"],
        version=row["version"],
        proposal=last,
        deadlines=tuple(sorted(deadlines, key=lambda d: STAGES.index(d.stage))),
        **{name: row[name] for name in RULED},
    )


def read_deadline(line: Mapping[Any, Any]) -> Deadline:
    values = {name: value for name, value in line.items() if name not in ("case_id", "remaining")}
    return Deadline(**values, left=line["remaining"])


def _ruled(case: Case) -> dict[str, Any]:
    owed = [d.due_at for d in case.deadlines if d.live and d.state in ("running", "breached")]
    return {
        **{name: getattr(case, name) for name in RULED},
        "proposal_id": case.proposal.id if case.proposal else None,
        "next_due_at": min(owed, default=None),
    }


async def _save_parts(tx: Transaction, case: Case) -> None:
    if case.steps:
        await tx.sql.execute(
            insert(case_step).values(
                [
                    {
                        "case_id": case.id, "number": s.number, "round": s.round, "name": s.name, "outcome": s.outcome,
                        "status_before": s.before, "status_after": s.after, "at": s.at, "recorded_at": tx.at,
                        "done_by": s.by, "note": s.note,
                    }
                    for s in case.steps
                ]
            )
        )  # fmt: skip
    if case.climbs:
        await tx.sql.execute(
            insert(climb).values(
                [
                    {"case_id": case.id, "rung": c.rung, "round": c.round, "stage": c.stage, "at": c.at}
                    for c in case.climbs
                ]
            )
        )
    if case.proposal is not None:
        await _save_proposal(tx, case, case.proposal)
    if case.deadlines:
        await _save_deadlines(tx, case)


async def _save_proposal(tx: Transaction, case: Case, last: Proposal) -> None:
    written = pg.insert(proposal).values(case_id=case.id, round=case.round, **asdict(last))
    answer = {"answered_at": written.excluded.answered_at, "accepted": written.excluded.accepted}
    await tx.sql.execute(written.on_conflict_do_update(index_elements=[proposal.c.id], set_=answer))


async def _save_deadlines(tx: Transaction, case: Case) -> None:
    lines = []
    for one in case.deadlines:
        values = asdict(one)
        lines.append({"case_id": case.id, "remaining": values.pop("left"), **values})
    written = pg.insert(deadline).values(lines)
    keys = ("case_id", "round", "stage")
    changed = {column.name: written.excluded[column.name] for column in deadline.c if column.name not in keys}
    await tx.sql.execute(written.on_conflict_do_update(index_elements=keys, set_=changed))
