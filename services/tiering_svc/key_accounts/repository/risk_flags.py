"""SQL of risk flags (T8): open ones, those of an instant, and which key accounts are due to be checked."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.tiering_svc.key_accounts.domain.risk_flags import RiskFlag
from services.tiering_svc.key_accounts.tables import risk_flag
from shared.customers import list_members
from shared.errors import not_found
from shared.messaging import Transaction
from shared.sql import insert_many, update_many

FIELDS = """flag_id, customer_id, risk, source, rule, reason, evidence, raised_by, raised_at, until, cleared_at,
            cleared_by, clear_cause, clear_reason"""


async def list_open(tx: Transaction, customers: Sequence[UUID]) -> dict[UUID, list[RiskFlag]]:
    """The flags of these customers that are up; an entry for each customer."""
    rows = await tx.raw.fetch(
        f"select {FIELDS} from risk_flag where customer_id = any($1::uuid[]) and cleared_at is null", customers
    )
    flags: dict[UUID, list[RiskFlag]] = {customer_id: [] for customer_id in customers}
    for row in rows:
        flags[row["customer_id"]].append(_flag(row))
    return flags


async def list_open_of_all(tx: Transaction, customer_id: UUID) -> list[RiskFlag]:
    """The flags that are up of a customer and of all who are one with it (P12), the root's first."""
    members = (await list_members(tx, [customer_id]))[customer_id]
    flags = await list_open(tx, members)
    return [flag for member in members for flag in flags[member]]


async def list_at(tx: Transaction, members: Sequence[UUID], at: datetime) -> list[RiskFlag]:
    """The flags of these, who are one (P12), that were up at an instant, oldest first."""
    rows = await tx.raw.fetch(
        f"""select {FIELDS} from risk_flag
            where customer_id = any($1::uuid[]) and raised_at <= $2 and (cleared_at is null or cleared_at > $2)
            order by raised_at, flag_id""",
        members, at,
    )  # fmt: skip
    return [_flag(row) for row in rows]


async def find_flag(tx: Transaction, customer_id: UUID, flag_id: UUID) -> RiskFlag:
    """A flag of a customer, or of one that is one with it (P12), who are locked; 404 `flag_not_found`."""
    members = (await list_members(tx, [customer_id]))[customer_id]
    row = await tx.raw.fetchrow(
        f"select {FIELDS} from risk_flag where flag_id = $1 and customer_id = any($2::uuid[])", flag_id, members
    )
    if row is None:
        raise not_found("flag_not_found", "The customer has no such flag.")
    return _flag(row)


async def list_customers_of(tx: Transaction, flag_ids: Collection[UUID]) -> list[UUID]:
    """Whose flags these are; those that do not exist are nobody's."""
    query = "select distinct customer_id from risk_flag where flag_id = any($1::uuid[])"
    return [row["customer_id"] for row in await tx.raw.fetch(query, list(flag_ids))]


async def list_flags_by_id(tx: Transaction, flag_ids: Collection[UUID]) -> list[RiskFlag]:
    """These flags, whose customers are locked."""
    query = f"select {FIELDS} from risk_flag where flag_id = any($1::uuid[]) order by flag_id"
    return [_flag(row) for row in await tx.raw.fetch(query, list(flag_ids))]


async def add_flags(tx: Transaction, flags: Sequence[RiskFlag]) -> None:
    """Flags that are raised."""
    await insert_many(tx, risk_flag, flags)


async def save_cleared(tx: Transaction, flags: Sequence[RiskFlag]) -> None:
    """When, by whom and why each of these flags was cleared."""
    cleared = ("flag_id", "cleared_at", "cleared_by", "clear_cause", "clear_reason")
    await update_many(tx, risk_flag, flags, key=("flag_id",), columns=cleared)


async def list_due(tx: Transaction, before: datetime, limit: int) -> list[UUID]:
    """Key accounts that no rule has checked since `before`, longest ago first."""
    rows = await tx.raw.fetch(
        """select customer_id from account_class
           where upper_inf(effective) and class = 'key' and (risks_checked_at is null or risks_checked_at < $1)
           order by risks_checked_at nulls first limit $2""",
        before, limit,
    )  # fmt: skip
    return [row["customer_id"] for row in rows]


async def list_still_key(tx: Transaction, customers: Sequence[UUID]) -> dict[UUID, bool]:
    """Which of these (locked) customers are key accounts now, and whether as a group."""
    rows = await tx.raw.fetch(
        """select customer_id, 'group' = any(kinds) as is_group from account_class
           where customer_id = any($1::uuid[]) and class = 'key' and upper_inf(effective)""",
        customers,
    )  # fmt: skip
    return {row["customer_id"]: row["is_group"] for row in rows}


async def save_checked(tx: Transaction, customers: Sequence[UUID]) -> None:
    """The rules have checked these key accounts now."""
    await tx.raw.execute(
        """update account_class set risks_checked_at = $2
           where customer_id = any($1::uuid[]) and class = 'key' and upper_inf(effective)""",
        customers, tx.at,
    )  # fmt: skip


async def find_checked(tx: Transaction, members: Sequence[UUID]) -> datetime | None:
    """When the rules last checked any of these, who are one (P12); None: not since it is a key account, or it is
    none."""
    checked: datetime | None = await tx.raw.fetchval(
        """select max(risks_checked_at) from account_class
           where customer_id = any($1::uuid[]) and class = 'key' and upper_inf(effective)""",
        members,
    )
    return checked


def _flag(row: Mapping[str, Any]) -> RiskFlag:
    return RiskFlag(**row)
