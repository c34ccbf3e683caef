"""Customers who have to be graded again because a fact that is no order came late (T10), locked."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.tiering_svc.policies import repository as policies
from services.tiering_svc.policies.domain.policy import Rules
from services.tiering_svc.tiers.domain.late_facts import ExternalFact, earliest_by_customer, list_late
from services.tiering_svc.tiers.repository import group_heads, standings
from shared.messaging import Transaction


async def find_late_customers(
    tx: Transaction, fact_class: str, facts: Sequence[ExternalFact], rules: Rules
) -> dict[UUID, datetime]:
    """Those whose life these facts of one class may change, with when the newest of theirs was recorded. Nobody, where
    no policy of any time looks at the class. Heads of groups that are graded together always: their standing does not
    say what their members did."""
    timeline = await policies.load_policy_timeline(tx)
    if fact_class not in timeline.classes:
        return {}
    by_customer = earliest_by_customer(facts)
    known_from = {customer_id: fact.recorded_at for customer_id, fact in by_customer.items()}
    heads = await group_heads.find_heads(tx, known_from, rules)
    last_review_at = timeline.reviews[-1].as_of if timeline.reviews else None
    late = list_late(by_customer, await standings.load_standings(tx, by_customer), last_review_at)
    return late | heads
