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
from shared.customers import customer_merge
from shared.messaging import Transaction, new_id
from shared.sql import insert_many


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


async def load_joined_standing(tx: Transaction, root_id: UUID, absorbed_id: UUID) -> Standing:
    """Where two customers would stand if they were one from now on: folded from the facts of both, as their merge would
    be. The merge is taken back before the transaction goes on; nothing is kept of it."""
    savepoint = tx.raw.transaction()
    await savepoint.start()
    try:
        merge = {
            "merge_id": new_id(), "absorbed_id": absorbed_id, "root_id": root_id, "merged_at": tx.at,
            "recorded_at": tx.at,
        }  # fmt: skip
        await insert_many(tx, customer_merge, [merge])
        timeline = await policies.load_policy_timeline(tx)
        zone = (await find_business(tx)).zone
        [facts] = await load_timelines(tx, [root_id], timeline, tx.at, all_of_them=True)
        return tier_life(facts, timeline, tx.at, zone).standing
    finally:
        await savepoint.rollback()


async def assess_now(tx: Transaction, standing: Standing) -> TierView:
    """The view of now, without what happened since the tier began: the kept standing says the rest."""
    timeline = await policies.load_policy_timeline(tx)
    policy = timeline.in_force(tx.at)
    [snapshot] = await load_graded_snapshots(tx, [standing.customer_id], tx.at, policy)
    figures = assessment(policy, snapshot, standing.tier or "", standing.rank, standing.ladder)
    return TierView(standing, (), policy, figures)
