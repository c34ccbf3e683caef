"""SQL of the contact log (P6)."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.profile_svc.contacts.domain import Contact, NextStep, OpenStep
from shared.errors import not_found
from shared.messaging import Transaction

FIELDS = """id, customer_id, contacted_at, channel, employee_id, summary, partner, position, next_step, next_step_on,
            next_step_owner, completed_at, outcome, recorded_at"""

# The account managers now of the customer `c`, or of any that is one with it (P12).
MANAGED_NOW = """select from team_assignment t join customer m on m.id = t.customer_id
    where t.role = 'account_manager' and t.released_at is null and (m.id = c.id or m.root_id = c.root_id)"""


async def add_contact(tx: Transaction, contact: Contact, by: str) -> None:
    """Insert an entry; `by` is who entered it."""
    step = contact.next_step
    await tx.raw.execute(
        f"""insert into contact_log ({FIELDS}, recorded_by)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, null, null, $12, $13)""",
        contact.id, contact.customer_id, contact.contacted_at, contact.channel, contact.employee_id, contact.summary,
        contact.partner, contact.position, None if step is None else step.what, None if step is None else step.on,
        None if step is None else step.owner, tx.at, by,
    )  # fmt: skip


async def load_contact(tx: Transaction, customer_ids: Sequence[UUID], id: UUID) -> Contact:
    """An entry of a customer, of any of its members where it was merged, locked; 404 when it has no such one."""
    row = await tx.raw.fetchrow(
        f"select {FIELDS} from contact_log where id = $1 and customer_id = any($2::uuid[]) for update",
        id, list(customer_ids),
    )  # fmt: skip
    if row is None:
        raise not_found("contact_not_found", "There is no such entry in this customer's contact log.")
    return _contact(row)


async def save_completion(tx: Transaction, contact: Contact) -> None:
    """Write when an entry's next step was done, and with what outcome."""
    assert contact.next_step is not None
    await tx.raw.execute(
        "update contact_log set completed_at = $2, outcome = $3 where id = $1",
        contact.id, contact.next_step.completed_at, contact.next_step.outcome,
    )  # fmt: skip


async def list_contacts(
    tx: Transaction, customer_ids: Sequence[UUID], before: tuple[datetime, UUID] | None, limit: int, *, open_steps: bool
) -> list[Contact]:
    """Newest first; only those whose next step is still to be done, if asked so."""
    rows = await tx.raw.fetch(
        f"""select {FIELDS} from contact_log
            where customer_id = any($1::uuid[]) and ($2::timestamptz is null or (contacted_at, id) < ($2, $3::uuid))
              and (not $5 or (next_step is not null and completed_at is null))
            order by contacted_at desc, id desc limit $4""",
        list(customer_ids), *(before or (None, None)), limit, open_steps,
    )  # fmt: skip
    return [_contact(row) for row in rows]


async def list_open_steps(
    tx: Transaction, owners: Sequence[str], after: tuple[date, UUID] | None, limit: int
) -> list[OpenStep]:
    """Next steps that these employees owe and that are not done, due soonest first, after one of them. What is owed by
    who left is owed by the account manager of its customer."""
    rows = await tx.raw.fetch(
        f"""select l.id, l.customer_id, c.facts -> 'names' -> 0 ->> 'name' as name, l.next_step, l.next_step_on,
                   l.next_step_owner
            from contact_log l join customer c on c.id = l.customer_id
            where l.next_step_owner = any($1::text[] || array(select employee_id from employee where left_at <= $5))
              and l.next_step is not null and l.completed_at is null
              and (l.next_step_owner = any($1::text[]) or exists ({MANAGED_NOW} and t.employee_id = any($1::text[])))
              and ($2::date is null or (l.next_step_on, l.id) > ($2, $3::uuid))
            order by l.next_step_on, l.id limit $4""",
        list(owners), *(after or (None, None)), limit, tx.at,
    )  # fmt: skip
    return [OpenStep(*row) for row in rows]


def _contact(row: Mapping[str, Any]) -> Contact:
    step = None
    if row["next_step"] is not None:
        step = NextStep(
            row["next_step"], row["next_step_on"], row["next_step_owner"], row["completed_at"], row["outcome"]
        )
    return Contact(
        row["id"], row["customer_id"], row["contacted_at"], row["channel"], row["employee_id"], row["summary"],
        row["partner"], row["position"], step, row["recorded_at"],
    )  # fmt: skip
