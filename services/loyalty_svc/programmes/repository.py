"""The versions of the programme."""

from zoneinfo import ZoneInfo

import orjson

from services.loyalty_svc.programmes.domain import Programme, Programmes, programme_from
from shared.messaging import Transaction


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
