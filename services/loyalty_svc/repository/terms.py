"""What earning depends on: the tier copy by customer, and the versions of the programme."""

from collections.abc import Iterable, Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from services.loyalty_svc.domain.programme import Programme, Programmes, programme_from
from services.loyalty_svc.domain.tiers import TierHistory, TierPeriod
from shared.messaging import Transaction


async def load_tiers(tx: Transaction, customer_ids: Iterable[UUID]) -> dict[UUID, TierHistory]:
    """The periods in force: enough to say which tier was effective when."""
    return await _histories(tx, customer_ids, "and not superseded")


async def load_tiers_with_superseded(tx: Transaction, customer_ids: Iterable[UUID]) -> dict[UUID, TierHistory]:
    """Every change ever heard: needed to learn another one."""
    return await _histories(tx, customer_ids, "")


async def _histories(tx: Transaction, customer_ids: Iterable[UUID], which: str) -> dict[UUID, TierHistory]:
    wanted = list(customer_ids)
    rows = await tx.raw.fetch(
        f"""select customer_id, change_id, effective_from, tier, superseded from tier_copy
            where customer_id = any($1::uuid[]) {which}""",
        wanted,
    )  # fmt: skip
    periods: dict[UUID, list[TierPeriod]] = {customer: [] for customer in wanted}
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


async def load_programmes(tx: Transaction) -> Programmes:
    """All versions, their months those of the zone that was fixed at the service's first start (before it: UTC)."""
    rows = await tx.raw.fetch(
        """select version, effective_from, terms, coalesce(d.time_zone, 'UTC') as zone
           from programme left join deployment d on true order by version"""
    )
    return Programmes(
        [programme_from(r["version"], r["effective_from"], r["terms"], ZoneInfo(r["zone"])) for r in rows]
    )


async def add_programme(tx: Transaction, programme: Programme, by: str) -> None:
    await tx.raw.execute(
        """insert into programme (version, effective_from, terms, created_at, created_by)
           values ($1, $2, $3, $4, $5)""",
        programme.version, programme.effective_from, orjson.dumps(programme.terms()).decode(), tx.at, by,
    )  # fmt: skip


async def lock_programmes(tx: Transaction) -> None:
    """Two new versions at once take turns."""
    await tx.raw.execute("lock table programme in share row exclusive mode")
