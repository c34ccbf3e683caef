"""Figures of a period: how many cases of what kind stand where, and how often the promised times were kept."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, or_, select

from services.complaint_svc.cases.tables import complaint_case
from services.complaint_svc.deadlines.tables import deadline
from shared.chassis import DataScope
from shared.messaging import Transaction


@dataclass(frozen=True, slots=True)
class Statistics:
    """Cases by kind and status, deadlines met and breached by stage, and the mean satisfaction (1 to 5)."""

    cases: int
    by_kind: Mapping[str, int]
    by_status: Mapping[str, int]
    met: Mapping[str, int]  # by stage
    breached: Mapping[str, int]
    mean_satisfaction: Decimal | None

    @property
    def on_time_rate(self) -> Decimal | None:
        """Of the deadlines that have ended with a promise kept or broken, the share kept."""
        met, breached = sum(self.met.values()), sum(self.breached.values())
        return None if met + breached == 0 else round(Decimal(met) / (met + breached), 4)


async def count_cases(
    tx: Transaction, start: datetime, end: datetime, partner_id: UUID | None, scope: DataScope | None = None
) -> Statistics:
    """Of the cases filed in `start <= filed_at < end`: a partner's own, or those of a scope and those that are nobody's
    yet."""
    c = complaint_case.c
    where = [c.filed_at >= start, c.filed_at < end, *([] if partner_id is None else [c.partner_id == partner_id])]
    if partner_id is None and scope is not None and scope.is_limited:
        where.append(or_(c.customer_id.is_(None), scope.clause("complaint_case.customer_id")))
    counted = await tx.sql.execute(
        select(c.kind, c.status, func.count(), func.count(c.satisfaction), func.sum(c.satisfaction))
        .where(*where)
        .group_by(c.kind, c.status)
    )
    kinds: Counter[str] = Counter()
    statuses: Counter[str] = Counter()
    ratings, rating_sum = 0, 0
    for kind, status, cases, rated, rated_sum in counted:
        kinds[kind] += cases
        statuses[status] += cases
        ratings, rating_sum = ratings + rated, rating_sum + (rated_sum or 0)
    ended = await tx.sql.execute(
        select(deadline.c.stage, func.count(deadline.c.met_at), func.count(deadline.c.breached_at))
        .join(complaint_case, c.id == deadline.c.case_id)
        .where(*where)
        .group_by(deadline.c.stage)
        .order_by(deadline.c.stage)
    )
    stages = [tuple(row) for row in ended]
    return Statistics(
        cases=sum(kinds.values()),
        by_kind=dict(kinds),
        by_status=dict(statuses),
        met={stage: met for stage, met, _ in stages},
        breached={stage: breached for stage, _, breached in stages},
        mean_satisfaction=round(Decimal(rating_sum) / ratings, 2) if ratings else None,
    )
