"""Cases in and out of the database: a case is one row, its present deadlines and proposal, and lines that only grow.

A step is a handful of round trips, not twenty: what belongs to a case comes as arrays of rows, and is saved by one
statement together with it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.complaint_svc.cases.domain.case import Case
from services.complaint_svc.cases.repository.rows import as_json, insert_rows
from services.complaint_svc.cases.tables import case_step, case_story, complaint_case, escalation
from services.complaint_svc.deadlines.domain.deadline_rules import STAGES
from services.complaint_svc.deadlines.domain.deadlines import Deadline
from services.complaint_svc.deadlines.tables import deadline
from services.complaint_svc.remedies.domain.proposal import Proposal
from services.complaint_svc.remedies.tables import proposal
from shared.authority import person_id
from shared.errors import not_found
from shared.messaging import Transaction

DECIDED_COLUMNS = (  # what the rules may change of a case's row
    "customer_id", "severity", "status", "round", "tier", "region", "escalation_level", "waiting", "satisfaction",
    "last_step_at", "step_count", "closed_at", "replayed_until", "proposal_id", "next_due_at", "version",
)  # fmt: skip
DEADLINE_COLUMNS = [str(column.name) for column in deadline.c]


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
class CaseDetails:
    """What is written of a case once, when it is filed."""

    channel: str
    category: str
    order_id: str | None
    sku: str | None
    partner_id: UUID | None
    story: Story


DEADLINE_UPDATES = ", ".join(f"{name} = excluded.{name}" for name in DEADLINE_COLUMNS[3:])
PARTS = f"""
steps as ({insert_rows(case_step, 1)}),
escalations as ({insert_rows(escalation, 2)}),
proposals as (
    {insert_rows(proposal, 3)}
    on conflict (id) do update set answered_at = excluded.answered_at, accepted = excluded.accepted
), deadlines as (
    {insert_rows(deadline, 4)}
    on conflict (case_id, round, stage) do update set {DEADLINE_UPDATES}
)
"""
ADD = f"with {PARTS}, stories as ({insert_rows(case_story, 5)}) {insert_rows(complaint_case, 6)}"
DECIDED = insert_rows(complaint_case, 5).partition(" from ")[2]
DECIDED_UPDATES = ", ".join(f"{name} = decided.{name}" for name in DECIDED_COLUMNS)
SAVE = f"""
with {PARTS}
update complaint_case set {DECIDED_UPDATES} from {DECIDED} decided where complaint_case.id = decided.id
"""
LOAD = """
select c.*, array(select d from deadline d where d.case_id = c.id and d.round = c.round) as deadlines,
       (select p from proposal p where p.id = c.proposal_id) as last_proposal
from complaint_case c where c.id = any($1::uuid[]) order by c.id
"""


async def add_case(tx: Transaction, case: Case, details: CaseDetails) -> None:
    """A case that was filed, with its first step, its deadlines and its story."""
    row = {
        "id": case.id, "kind": case.kind, "channel": details.channel, "category": details.category,
        "order_id": details.order_id, "sku": details.sku, "partner_id": details.partner_id,
        "filed_at": case.filed_at, "recorded_at": tx.at, **_decided_values(case),
    }  # fmt: skip
    story = {"case_id": case.id, **asdict(details.story)}
    await tx.raw.execute(ADD, *_parts(tx, [case]), as_json([story]), as_json([row]))


async def save_cases(tx: Transaction, cases: Sequence[Case]) -> None:
    """Save what decisions changed, in one statement. The cases were loaded, and so locked, in this transaction."""
    if cases:
        rows = [{"id": case.id, **_decided_values(case), "version": case.version + 1} for case in cases]
        await tx.raw.execute(SAVE, *_parts(tx, cases), as_json(rows))


async def load_case(tx: Transaction, case_id: UUID, *, partner_id: UUID | None = None) -> Case:
    """The case, locked; 404 when there is none or it is another partner's."""
    locked = await tx.raw.fetch(
        "select id from complaint_case where id = $1 and ($2::uuid is null or partner_id = $2) for update",
        case_id, partner_id,
    )  # fmt: skip
    if not locked:
        raise not_found("complaint_not_found", "There is no complaint with this id.")
    return (await _load(tx, [case_id]))[0]


async def load_free_cases(tx: Transaction, case_ids: Iterable[UUID]) -> list[Case]:
    """Of these cases those that nobody holds locked, locked now."""
    locked = await tx.raw.fetch(
        "select id from complaint_case where id = any($1::uuid[]) order by id for update skip locked", list(case_ids)
    )
    return await _load(tx, [row["id"] for row in locked]) if locked else []


async def find_customer_of(tx: Transaction, case_id: UUID) -> UUID | None:
    """Whose case it is, without a lock: customers are locked before cases."""
    query = select(complaint_case.c.customer_id).where(complaint_case.c.id == case_id)
    customer_id: UUID | None = (await tx.sql.execute(query)).scalar_one_or_none()
    return customer_id


async def load_open_cases_of(tx: Transaction, customer_ids: Iterable[UUID]) -> list[Case]:
    """All cases of these customers that are not closed, locked in order."""
    locked = await tx.raw.fetch(
        """select id from complaint_case where customer_id = any($1::uuid[]) and status <> 'closed'
           order by id for update""",
        list(customer_ids),
    )  # fmt: skip
    return await _load(tx, [row["id"] for row in locked]) if locked else []


async def _load(tx: Transaction, ids: list[UUID]) -> list[Case]:
    """A statement of its own after the lock: one that waits for a lock sees the rest as it was before the wait."""
    return [_read(row) for row in await tx.raw.fetch(LOAD, ids)]


def _read(row: Mapping[str, Any]) -> Case:
    last = row["last_proposal"]
    decided = {name: row[name] for name in DECIDED_COLUMNS if name not in ("proposal_id", "next_due_at")}
    deadlines = sorted(map(read_deadline, row["deadlines"]), key=lambda d: STAGES.index(d.stage))
    return Case(
        id=row["id"], kind=row["kind"], filed_at=row["filed_at"], deadlines=tuple(deadlines),
        proposal=None if last is None else Proposal(
            last["id"], last["points"], last["amount"], last["proposed_at"], last["answered_at"], last["accepted"],
            last["proposed_by"], last["counted_on"], last["approved_by"],
            None if last["roles"] is None else tuple(last["roles"]), last["authority_version"],
        ),
        **decided,
    )  # fmt: skip


def read_deadline(row: Mapping[str, Any]) -> Deadline:
    """A deadline of its row; all columns but the case's id are fields of it."""
    fields = {name: row[name] for name in DEADLINE_COLUMNS[1:]}
    return Deadline(**fields | {name: tuple(fields[name]) for name in ("pauses", "other_tiers")})


def _decided_values(case: Case) -> dict[str, Any]:
    due = [d.due_at for d in case.deadlines if d.owed and d.state in ("running", "breached")]
    derived = {"proposal_id": case.proposal.id if case.proposal else None, "next_due_at": min(due, default=None)}
    return {name: derived[name] if name in derived else getattr(case, name) for name in DECIDED_COLUMNS}


def _proposal_row(case: Case, proposed: Proposal) -> dict[str, Any]:
    proposer = None if proposed.proposed_by is None else person_id(proposed.proposed_by)
    return {"case_id": case.id, "round": case.round, "proposer_id": proposer, **asdict(proposed)}


def _parts(tx: Transaction, cases: Sequence[Case]) -> tuple[str, str, str, str]:
    """The rows that belong to cases and may be new: steps, escalations, proposals, deadlines."""
    steps = [
        {"case_id": case.id, "number": s.number, "round": s.round, "name": s.name, "outcome": s.outcome,
         "status_before": s.before, "status_after": s.after, "at": s.at, "recorded_at": tx.at, "done_by": s.by,
         "note": s.note, "partner_id": s.partner_id, "from_customer": s.from_customer, "to_customer": s.to_customer}
        for case in cases for s in case.steps
    ]  # fmt: skip
    escalations = [{"case_id": case.id, **asdict(escalation)} for case in cases for escalation in case.escalations]
    proposals = [_proposal_row(case, case.proposal) for case in cases if case.proposal is not None]
    deadlines = [
        {"case_id": case.id, **{name: getattr(d, name) for name in DEADLINE_COLUMNS[1:]}}
        for case in cases for d in case.deadlines
    ]  # fmt: skip
    return as_json(steps), as_json(escalations), as_json(proposals), as_json(deadlines)
