"""The heads of groups whose tier follows from what a batch records of their members (P2, T10), locked."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.tiering_svc.customers.repository import lock_customers
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot, requests_as_of
from services.tiering_svc.indicators.repository.groups import list_heads, load_graded_together
from services.tiering_svc.policies import repository as policies
from services.tiering_svc.policies.domain.policy import Policy, Rules
from shared.customers import list_members
from shared.messaging import Transaction


async def find_heads(tx: Transaction, known_from: Mapping[UUID, datetime], rules: Rules) -> dict[UUID, datetime]:
    """Everybody whose life these customers' facts are part of, besides their own: who is or ever was above them, and
    those who are themselves, where a policy of any time grades groups together; and all who are one with any of these
    (P12), those included who are so themselves. With when the newest fact of theirs was recorded (`known_from`, of the
    customers).

    They are locked. Who was locked before the batch's first statement is known from before somebody moved; so they are
    listed again until nobody is above them whom that has not locked. Nobody moves below them then: who moves locks
    itself and all above it.
    """
    if not known_from or not rules.has_related:
        return {}
    related = await _list_related(tx, known_from, rules)
    locked: set[UUID] = set()
    while missing := {head for above in related.values() for head in above} - locked:
        await lock_customers(tx, sorted(missing))
        locked |= missing
        related = await _list_related(tx, known_from, rules)
    newest: dict[UUID, datetime] = {}
    for customer_id, above in related.items():
        for head in above:
            newest[head] = max(known_from[customer_id], newest.get(head, known_from[customer_id]))
    return newest


async def _list_related(tx: Transaction, customers: Iterable[UUID], rules: Rules) -> Mapping[UUID, Sequence[UUID]]:
    if rules.has_groups:
        heads = await list_heads(tx, customers)
        if not heads or (await policies.load_policy_timeline(tx)).grades_groups:
            return heads
    if not rules.has_merges:
        return {}
    members = await list_members(tx, customers)
    return {customer_id: of_all for customer_id, of_all in members.items() if len(of_all) > 1}


async def list_heads_among(tx: Transaction, customers: Sequence[UUID]) -> frozenset[UUID]:
    """Those of these customers whom a policy of any time grades together with everybody who is or was below them."""
    heads = await list_heads(tx, customers)
    among = frozenset(customer_id for customer_id, above in heads.items() if customer_id in above)
    return among if among and (await policies.load_policy_timeline(tx)).grades_groups else frozenset()


async def load_graded_snapshots(
    tx: Transaction, customers: Sequence[UUID], as_of: datetime, policy: Policy, known_at: datetime | None = None
) -> list[CustomerSnapshot]:
    """What a policy grades each of these customers by as of an instant, in their order: who was merged by the figures
    of all who are one, heads of groups by those of all members where it grades them together."""
    requests = requests_as_of(customers, as_of, policy.months)
    return await load_graded_together(
        tx, requests, groups=policy.together, classes=policy.classes, known_at=known_at
    )  # fmt: skip
