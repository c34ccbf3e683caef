"""The heads of groups whose tier follows from what a batch records of their members (P2, T10), locked."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.tiering_svc.customers.repository import lock_customers
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot, requests_as_of
from services.tiering_svc.indicators.repository.groups import list_heads, load_snapshots_together
from services.tiering_svc.indicators.repository.snapshots import load_snapshots
from services.tiering_svc.policies import repository as policies
from services.tiering_svc.policies.domain.policy import Policy, Rules
from shared.messaging import Transaction


async def find_heads(tx: Transaction, known_from: Mapping[UUID, datetime], rules: Rules) -> dict[UUID, datetime]:
    """Everybody who is or ever was above one of these customers, and those who are themselves, where a policy of any
    time grades groups together; with when the newest fact of theirs was recorded (`known_from`, of the customers).

    They are locked. Who was locked before the batch's first statement is known from before somebody moved; so they are
    listed again until nobody is above them whom that has not locked. Nobody moves below them then: who moves locks
    itself and all above it.
    """
    if not rules.has_groups or not known_from:
        return {}
    heads = await list_heads(tx, known_from)
    if not heads or not (await policies.load_policy_timeline(tx)).grades_groups:
        return {}
    locked: set[UUID] = set()
    while missing := {head for above in heads.values() for head in above} - locked:
        await lock_customers(tx, sorted(missing))
        locked |= missing
        heads = await list_heads(tx, known_from)
    newest: dict[UUID, datetime] = {}
    for customer_id, above in heads.items():
        for head in above:
            newest[head] = max(known_from[customer_id], newest.get(head, known_from[customer_id]))
    return newest


async def list_heads_among(tx: Transaction, customers: Sequence[UUID]) -> frozenset[UUID]:
    """Those of these customers whom a policy of any time grades together with everybody who is or was below them."""
    heads = await list_heads(tx, customers)
    among = frozenset(customer_id for customer_id, above in heads.items() if customer_id in above)
    return among if among and (await policies.load_policy_timeline(tx)).grades_groups else frozenset()


async def load_graded_snapshots(
    tx: Transaction, customers: Sequence[UUID], as_of: datetime, policy: Policy, known_at: datetime | None = None
) -> list[CustomerSnapshot]:
    """What a policy grades each of these customers by as of an instant, in their order: heads of groups by the figures
    of all members where it grades them together."""
    load = load_snapshots_together if policy.together else load_snapshots
    requests = requests_as_of(customers, as_of, policy.months)
    return await load(tx, requests, classes=policy.classes, known_at=known_at)
