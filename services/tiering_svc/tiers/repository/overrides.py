"""SQL of what people set for one customer: overrides, and promises to keep a tier (T10)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from services.tiering_svc.policies.domain.policy import Policy
from services.tiering_svc.tiers.tables.overrides import tier_privilege
from shared.customers import list_members
from shared.errors import not_found
from shared.messaging import Transaction
from shared.sql import insert_many

PrivilegeKind = Literal["override", "retention"]
COLUMNS = """privilege_id, customer_id, kind, tier, starts_at, until, reason, set_by, set_at, ended_at, ended_by,
             ended_because"""


@dataclass(frozen=True, slots=True)
class Privilege:
    """What a person set for one customer: a tier until a date, or that its tier is kept until a date."""

    privilege_id: UUID
    customer_id: UUID
    kind: str
    tier: str
    starts_at: datetime
    until: datetime
    reason: str
    set_by: str
    set_at: datetime
    ended_at: datetime | None
    ended_by: str | None  # None: by itself
    ended_because: str | None


async def add_privilege(
    tx: Transaction, privilege_id: UUID, customer_id: UUID, kind: PrivilegeKind, tier: str, *, starts_at: datetime,
    until: datetime, reason: str, by: str, policy: Policy | None = None,
) -> None:  # fmt: skip
    """Keep what a person sets, from when to when, and why; of an override with the policy whose level it is."""
    row = {
        "privilege_id": privilege_id, "customer_id": customer_id, "kind": kind, "tier": tier, "starts_at": starts_at,
        "until": until, "reason": reason, "set_by": by, "set_at": tx.at,
        "policy_id": None if policy is None else policy.policy_id,
        "policy_version": None if policy is None else policy.version,
    }  # fmt: skip
    await insert_many(tx, tier_privilege, [row])


async def end_privileges(
    tx: Transaction, customer_id: UUID, kind: PrivilegeKind, *, at: datetime, by: str | None, because: str
) -> None:
    """There is at most one. Where it is replaced before it began to run, it ends as it begins."""
    await tx.raw.execute(
        """update tier_privilege set ended_at = greatest($3, starts_at), ended_by = $4, ended_because = $5
           where customer_id = $1 and kind = $2 and ended_at is null""",
        customer_id, kind, at, by, because,
    )  # fmt: skip


async def end_overrides_due(tx: Transaction, due: Mapping[UUID, datetime]) -> list[UUID]:
    """Of each customer the override that runs no longer than to its instant is over, at its own end. Returns whose
    there was: another one was ended, or replaced, before."""
    ended = await tx.raw.fetch(
        """update tier_privilege set ended_at = until, ended_because = 'over'
           from unnest($1::uuid[], $2::timestamptz[]) due (customer_id, at)
           where tier_privilege.customer_id = due.customer_id and kind = 'override' and ended_at is null
             and until <= due.at returning tier_privilege.customer_id""",
        list(due), list(due.values()),
    )  # fmt: skip
    return [row["customer_id"] for row in ended]


async def load_privilege(tx: Transaction, customer_id: UUID, privilege_id: UUID, kind: PrivilegeKind) -> Privilege:
    """A privilege of a customer, or of one who is one with it (P12); else 404 `override_not_found` or
    `retention_not_found`."""
    row = await tx.raw.fetchrow(
        f"select {COLUMNS} from tier_privilege where customer_id = any($1) and privilege_id = $2 and kind = $3",
        await _list_all(tx, customer_id), privilege_id, kind,
    )  # fmt: skip
    if row is None:
        raise not_found(f"{kind}_not_found", "The customer has no such privilege.")
    return _privilege(row)


async def list_privileges(tx: Transaction, customer_id: UUID, kind: PrivilegeKind) -> list[Privilege]:
    """Newest first; also those of who is one with the customer (P12)."""
    rows = await tx.raw.fetch(
        f"""select {COLUMNS} from tier_privilege where customer_id = any($1) and kind = $2
            order by set_at desc, privilege_id desc""",
        await _list_all(tx, customer_id), kind,
    )  # fmt: skip
    return [_privilege(row) for row in rows]


async def _list_all(tx: Transaction, customer_id: UUID) -> Sequence[UUID]:
    return (await list_members(tx, [customer_id]))[customer_id]


def _privilege(row: Mapping[str, Any]) -> Privilege:
    return Privilege(**row)


async def find_privilege_on(
    tx: Transaction, customer_id: UUID, as_of: datetime, known_at: datetime
) -> Privilege | None:  # fmt: skip
    """The override or the promise that was on as of an instant, as known at another; None: there was none."""
    row = await tx.raw.fetchrow(
        f"""select {COLUMNS} from tier_privilege
            where customer_id = any($1) and starts_at <= $2 and set_at <= $3 and until > $2
              and (ended_at is null or ended_at > least($2, $3))
            order by starts_at desc limit 1""",
        await _list_all(tx, customer_id), as_of, known_at,
    )  # fmt: skip
    return None if row is None else _privilege(row)
