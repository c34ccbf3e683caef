"""Who may grant how much, as a rule set; what was given so far; and what waits for another person's approval (C5)."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import timedelta
from typing import Any
from uuid import UUID

from services.complaint_svc.remedies.domain.approval import Approval
from services.complaint_svc.remedies.domain.authority import Giver, read_authority_rules
from services.complaint_svc.remedies.tables import settlement_approval
from shared.authority import CountedPer, Gift, person_id
from shared.errors import not_found
from shared.messaging import Transaction
from shared.rule_sets import RuleSetKind
from shared.sql import Upsert, insert_many

AUTHORITY_RULES = RuleSetKind(
    "authority-rules",
    read=lambda version: read_authority_rules(version.document),
    only=UUID("0190a000-0000-7000-8000-00000000c003"),
)

APPROVAL_COLUMNS = ", ".join(field.name for field in fields(Approval))
DECIDE = Upsert(replace=("state", "decided_by", "decided_at", "note"))
# What counts: what the customer took, and what it may still take. `alone`: without another person's approval.
COUNTS = "p.accepted is distinct from false"
ALONE = f"{COUNTS} and p.approved_by is null"
OF_MEMBERS = "c.customer_id = any($1::uuid[]) and p.counted_on > $2"
GIVEN = """select coalesce(sum(p.points), 0)::bigint as points, coalesce(sum(p.amount), 0) as amount
           from proposal p join complaint_case c on c.id = p.case_id where """


async def sum_given_alone(
    tx: Transaction, giver: Giver, case_id: UUID, members: Sequence[UUID], customer_days: int
) -> dict[CountedPer, Gift]:
    """What was given without another person's approval, by each count: in the case, to the customer, by the person.

    `members`: the customer and all who are one with it; of nobody (empty) there is no such sum. The sums have to be
    locked before.
    """
    given: dict[CountedPer, Gift] = {
        "case": await _sum(tx, f"{ALONE} and p.case_id = $1", case_id),
        "day": await _sum(
            tx, f"{ALONE} and p.proposer_id = $1 and p.counted_on = $2", person_id(giver.subject), giver.day
        ),
    }  # fmt: skip
    if members:
        since = giver.day - timedelta(days=customer_days)
        given["customer"] = await _sum(tx, f"{ALONE} and {OF_MEMBERS}", list(members), since)
    return given


async def sum_of_case(tx: Transaction, case_id: UUID) -> Gift:
    """All that the case was given, approved or not."""
    return await _sum(tx, f"{COUNTS} and p.case_id = $1", case_id)


async def sum_of_customer(tx: Transaction, giver: Giver, members: Sequence[UUID], customer_days: int) -> Gift:
    """All that the customer was given in these days until the giver's, approved or not."""
    since = giver.day - timedelta(days=customer_days)
    return await _sum(tx, f"{COUNTS} and {OF_MEMBERS}", list(members), since)


async def _sum(tx: Transaction, where: str, *given: Any) -> Gift:
    row: Any = await tx.raw.fetchrow(GIVEN + where, *given)
    return Gift(row["points"], row["amount"])


async def list_proposers(tx: Transaction, case_id: UUID) -> list[str]:
    """The subjects of all who proposed something in the case, or wanted to."""
    rows = await tx.raw.fetch(
        """select proposed_by as subject from proposal where case_id = $1 and proposed_by is not null
           union select requested_by from settlement_approval where case_id = $1""",
        case_id,
    )
    return [row["subject"] for row in rows]


async def find_pending_approval(tx: Transaction, case_id: UUID) -> Approval | None:
    """What waits for approval in the case; the case is locked."""
    row = await tx.raw.fetchrow(
        f"""select {APPROVAL_COLUMNS} from settlement_approval
            where case_id = $1 and state = 'pending'""",
        case_id,
    )
    return None if row is None else _read(row)


async def load_approval(tx: Transaction, case_id: UUID, approval_id: UUID) -> Approval:
    """An approval of the case, decided or not; the case is locked. 404 `approval_not_found`."""
    row = await tx.raw.fetchrow(
        f"select {APPROVAL_COLUMNS} from settlement_approval where case_id = $1 and id = $2", case_id, approval_id
    )
    if row is None:
        raise not_found("approval_not_found", "Nothing in this case waits, or waited, for approval under this id.")
    return _read(row)


async def save_approval(tx: Transaction, approval: Approval) -> None:
    """A new one, or what was decided about it."""
    await insert_many(tx, settlement_approval, [approval], on_conflict=DECIDE)


def _read(row: Any) -> Approval:
    limits: Sequence[CountedPer] = row["limits_reached"]
    return Approval(**{**dict(row), "limits_reached": tuple(limits)})
