"""What there is to say of a customer's tier as of an instant, as known at another, put together from what is kept."""

from datetime import datetime
from uuid import UUID

from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.policies import repository as policies
from services.tiering_svc.tiers.domain.explanation import assessment
from services.tiering_svc.tiers.domain.standing import Standing
from services.tiering_svc.tiers.domain.tier_life import tier_life
from services.tiering_svc.tiers.domain.tier_view import TierView, developments_since, facts_until
from services.tiering_svc.tiers.repository.group_heads import load_graded_snapshots
from services.tiering_svc.tiers.repository.timelines import load_timelines
from shared.messaging import Transaction


async def load_tier_view(
    tx: Transaction, customer_id: UUID, began: datetime, as_of: datetime, known_at: datetime
) -> TierView:
    """The view of the tier that began at `began` and was in force at `as_of`, by what was known at `known_at`."""
    zone = (await find_business(tx)).zone
    timeline = await policies.load_policy_timeline(tx, known_at)
    loaded = await load_timelines(tx, [customer_id], timeline, as_of, known_at)
    facts = facts_until(loaded[0], as_of)
    life = tier_life(facts, timeline, as_of, zone)
    policy = timeline.in_force(as_of)
    [snapshot] = await load_graded_snapshots(tx, [customer_id], as_of, policy, known_at)
    standing = life.standing
    return TierView(
        standing, developments_since(began, as_of, life, facts, timeline), policy,
        assessment(policy, snapshot, standing.tier or "", standing.rank, standing.ladder),
    )  # fmt: skip


async def assess_now(tx: Transaction, standing: Standing) -> TierView:
    """The view of now, without what happened since the tier began: the kept standing says the rest."""
    timeline = await policies.load_policy_timeline(tx)
    policy = timeline.in_force(tx.at)
    [snapshot] = await load_graded_snapshots(tx, [standing.customer_id], tx.at, policy)
    figures = assessment(policy, snapshot, standing.tier or "", standing.rank, standing.ladder)
    return TierView(standing, (), policy, figures)
