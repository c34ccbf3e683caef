"""Whose cases are, and settlements of cases without a customer.

The resolution comes under the case's key, the identification under the customer's, so either may be first, and two
replicas may apply them at the same moment. Both lock the case's row before they look for what the other one wrote.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from services.loyalty_svc.settlements.domain import CaseOwner, Settlement
from services.loyalty_svc.settlements.tables import case_owner, unassigned_settlement
from shared.messaging import Transaction
from shared.sql import Upsert, insert_columns, insert_many


async def list_customers_of_cases(tx: Transaction, case_ids: Iterable[UUID]) -> set[UUID]:
    """The customers of these cases, as far as known before the cases are locked: their wallets can change."""
    rows = await tx.raw.fetch(
        """select customer_id from case_owner where case_id = any($1::uuid[]) and customer_id is not null
           union select customer_id from adjustment where case_id = any($1::uuid[])""",
        list(case_ids),
    )
    return {row["customer_id"] for row in rows}


async def lock_cases(tx: Transaction, case_ids: Iterable[UUID]) -> dict[UUID, CaseOwner]:
    """Lock these cases, and read whose they are by what was heard."""
    ids = sorted(set(case_ids))
    await insert_columns(tx, case_owner, {"case_id": ids}, on_conflict="nothing")
    rows = await tx.raw.fetch(
        """select case_id, customer_id, step from case_owner where case_id = any($1::uuid[])
           order by case_id for update""",
        ids,
    )
    return {row["case_id"]: CaseOwner(**dict(row)) for row in rows}


async def save_case_owners(tx: Transaction, owners: Iterable[CaseOwner]) -> None:
    """Store whose these locked cases are."""
    await insert_many(tx, case_owner, list(owners), on_conflict=Upsert())


async def add_unassigned_settlements(tx: Transaction, settlements: Sequence[Settlement]) -> None:
    """Store settlements that named no customer; their cases are locked."""
    columns = ("resolution_id", "case_id", "points", "resolved_at", "granted_by", "approved_by")
    rows = [tuple(getattr(settlement, name) for name in columns) for settlement in settlements]
    await insert_many(tx, unassigned_settlement, rows, columns=columns, on_conflict="nothing")


async def list_unassigned_settlements(tx: Transaction, case_ids: Iterable[UUID]) -> list[Settlement]:
    """Under the cases' locks, a statement after the one that took them: it sees what was stored meanwhile."""
    rows = await tx.raw.fetch(
        """select resolution_id, case_id, points, resolved_at, granted_by, approved_by from unassigned_settlement
           where case_id = any($1::uuid[]) order by resolved_at, resolution_id""",
        list(case_ids),
    )  # fmt: skip
    return [Settlement(**row) for row in rows]
