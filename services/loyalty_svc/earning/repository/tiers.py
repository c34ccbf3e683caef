"""Loyalty's copy of the customers' tier histories."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from services.loyalty_svc.earning.domain.tier_history import TierHistory, TierPeriod
from shared.messaging import Transaction


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
    """Superseded ones first: only one period in force may begin at an instant."""
    if not periods:
        return
    rows = sorted(periods, key=lambda row: not row[1].superseded)
    await tx.raw.execute(
        """insert into tier_copy (customer_id, change_id, effective_from, tier, superseded)
           select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::boolean[])
           on conflict (customer_id, change_id) do update set superseded = excluded.superseded""",
        [customer for customer, _ in rows], [p.change_id for _, p in rows], [p.effective_from for _, p in rows],
        [p.tier for _, p in rows], [p.superseded for _, p in rows],
    )  # fmt: skip
