"""Settlements of cases without a customer, and the customer that such a case was assigned to.

The resolution comes under the case's key, the identification under the customer's, so either may be first, and two
replicas may apply them at the same moment. Both lock the case's row before they look for what the other one wrote.
"""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from services.loyalty_svc.settlements.domain import Settlement
from services.loyalty_svc.settlements.tables import anonymous_case, unassigned_settlement
from shared.messaging import Transaction
from shared.sql import Upsert, insert_columns, insert_many


async def list_customers_of_cases(tx: Transaction, case_ids: Iterable[UUID]) -> set[UUID]:
    """The customers of these cases, as far as known before the cases are locked: their wallets can change."""
    rows = await tx.raw.fetch(
        "select customer_id from anonymous_case where case_id = any($1::uuid[]) and customer_id is not null",
        list(case_ids),
    )
    return {row["customer_id"] for row in rows}


async def add_unassigned_settlements(tx: Transaction, settlements: Sequence[Settlement]) -> dict[UUID, UUID]:
    """Lock their cases, store the settlements, and return the customer of each case that has one already."""
    cases = sorted({settlement.case_id for settlement in settlements})
    await insert_columns(tx, anonymous_case, {"case_id": cases}, on_conflict="nothing")
    rows = await tx.raw.fetch(
        "select case_id, customer_id from anonymous_case where case_id = any($1::uuid[]) order by case_id for update",
        cases,
    )
    await insert_many(tx, unassigned_settlement, settlements, on_conflict="nothing")
    return {row["case_id"]: row["customer_id"] for row in rows if row["customer_id"] is not None}


async def assign_cases(tx: Transaction, customers: Mapping[UUID, UUID]) -> None:
    """Lock the cases and store the customer of each."""
    columns = {"case_id": list(customers), "customer_id": list(customers.values())}
    await insert_columns(tx, anonymous_case, columns, on_conflict=Upsert())


async def list_unassigned_settlements(tx: Transaction, case_ids: Iterable[UUID]) -> list[Settlement]:
    """Under the cases' locks, a statement after the one that took them: it sees what was stored meanwhile."""
    rows = await tx.raw.fetch(
        """select resolution_id, case_id, points, resolved_at, granted_by, approved_by from unassigned_settlement
           where case_id = any($1::uuid[]) order by resolved_at, resolution_id""",
        list(case_ids),
    )  # fmt: skip
    return [Settlement(**row) for row in rows]
