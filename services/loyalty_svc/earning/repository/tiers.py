"""Loyalty's copy of the customers' tier histories."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from services.loyalty_svc.earning.domain.tier_history import TierHistory, TierPeriod
from services.loyalty_svc.earning.tables import tier_copy
from shared.messaging import Transaction
from shared.sql import Upsert, insert_many

SUPERSEDE = Upsert(replace=("superseded",))


async def load_tiers(tx: Transaction, customer_ids: Iterable[UUID]) -> dict[UUID, TierHistory]:
    """The periods in force: enough to say which tier was in force when."""
    return await _histories(tx, customer_ids, "and not superseded")


async def load_tiers_with_superseded(tx: Transaction, customer_ids: Iterable[UUID]) -> dict[UUID, TierHistory]:
    """Every period, also the superseded ones: they are needed to learn another change."""
    return await _histories(tx, customer_ids, "")


async def _histories(tx: Transaction, customer_ids: Iterable[UUID], condition: str) -> dict[UUID, TierHistory]:
    ids = list(customer_ids)
    rows = await tx.raw.fetch(
        f"""select customer_id, change_id, effective_from, tier, superseded from tier_copy
            where customer_id = any($1::uuid[]) {condition}""",
        ids,
    )  # fmt: skip
    periods: dict[UUID, list[TierPeriod]] = {customer: [] for customer in ids}
    for row in rows:
        period = TierPeriod(row["change_id"], row["effective_from"], row["tier"], row["superseded"])
        periods[row["customer_id"]].append(period)
    return {customer: TierHistory(known) for customer, known in periods.items()}


async def save_tiers(tx: Transaction, periods: Sequence[tuple[UUID, TierPeriod]]) -> None:
    """Store new periods, and which of the known ones are superseded now, of customers whose locks the caller holds.

    Superseded ones first, in a statement of their own: only one period in force may begin at an instant.
    """
    for superseded in (True, False):
        rows = [
            {"customer_id": customer_id, "change_id": period.change_id, "effective_from": period.effective_from,
             "tier": period.tier}
            for customer_id, period in periods if period.superseded is superseded
        ]  # fmt: skip
        await insert_many(tx, tier_copy, rows, shared={"superseded": superseded}, on_conflict=SUPERSEDE)
