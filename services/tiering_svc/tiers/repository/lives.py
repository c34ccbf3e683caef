"""Folding customers' lives from what is kept of them (T10), and saving what that changes."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from services.tiering_svc.policies import repository as policies
from services.tiering_svc.policies.domain.policy import Rules
from services.tiering_svc.tiers.domain.history_change import HistoryChange, StoredHistory, change_history
from services.tiering_svc.tiers.domain.tier_life import TierLife, tier_life
from services.tiering_svc.tiers.repository import history, standings
from services.tiering_svc.tiers.repository.timelines import load_timelines
from shared.messaging import Transaction


async def fold_again(
    tx: Transaction, known_from: Mapping[UUID, datetime], rules: Rules, *, all_of_them: bool = False
) -> Mapping[UUID, TierLife]:
    """The lives of these customers, as all facts give them now; `all_of_them`: also those of whom there is none. The
    customers are locked."""
    timeline = await policies.load_policy_timeline(tx)
    timelines = await load_timelines(tx, known_from, timeline, tx.at, all_of_them=all_of_them)
    return {facts.customer_id: tier_life(facts, timeline, tx.at, rules.zone) for facts in timelines}


async def save_lives(
    tx: Transaction, lives: Mapping[UUID, TierLife], known_from: Mapping[UUID, datetime], rules: Rules
) -> list[HistoryChange]:
    """Replace what these lives make another; returns what changed. `known_from`: when the newest of each customer's
    facts was recorded."""
    customers = sorted(lives)
    before = await standings.load_standings(tx, customers)
    rows = await history.list_rows_in_force(tx, customers)
    watches = await history.list_watches_in_force(tx, customers)
    compared = [
        change_history(
            StoredHistory(before[customer_id], rows[customer_id], watches[customer_id]), lives[customer_id],
            known_from[customer_id], rules.new_id,
        )
        for customer_id in customers
    ]  # fmt: skip
    changes = [change for change in compared if not change.nothing]
    if changes:
        await standings.save_standings(tx, [(change.standing, change.known_from) for change in changes])
        await history.replace_tails(tx, changes)
    return changes
