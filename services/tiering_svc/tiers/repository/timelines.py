"""SQL of customers' timelines (T10): all facts that a tier's life is folded from, as known at an instant or now."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

from services.tiering_svc.indicators.domain.group_history import GroupHistory, Identities, Merge, group_history
from services.tiering_svc.indicators.domain.order import Order, Reversal
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot, SnapshotRequest
from services.tiering_svc.indicators.repository.groups import (
    HeadedGroup,
    list_group_histories,
    list_merges,
    load_rolled_up,
)
from services.tiering_svc.policies import repository as policies
from services.tiering_svc.policies.domain.policy import Policy
from services.tiering_svc.policies.domain.policy_timeline import PolicyTimeline
from services.tiering_svc.tiers.domain.timeline import (
    CustomerTimeline,
    PromiseChange,
    SnapshotKey,
    TierOverride,
    TimedReversal,
    join,
)
from shared.messaging import Transaction
from shared.sql import fragments

ORDERS = f"""
select customer_id, recorded_at, order_id, placed_at, month, amount, margin, quantity from order_fact
where customer_id = any($1::uuid[]) and {fragments.known_at_or_now("$2", "recorded_at")}
order by customer_id, placed_at, order_id
"""
REVERSALS = f"""
select customer_id, at, change_id, order_id, amount, margin, quantity from order_change
where customer_id = any($1::uuid[]) and {fragments.known_at_or_now("$2", "recorded_at")}
order by customer_id, at, change_id
"""
PRIVILEGES = f"""
select customer_id, privilege_id, kind, tier, policy_id, policy_version, starts_at, until, set_at, reason, set_by,
       case when {fragments.known_at_or_now("$2", "ended_at")} then ended_at end as ended_at
from tier_privilege where customer_id = any($1::uuid[]) and {fragments.known_at_or_now("$2", "set_at")}
order by customer_id, starts_at
"""


async def load_timelines(
    tx: Transaction, customers: Iterable[UUID], timeline: PolicyTimeline, until: datetime,
    known_at: datetime | None = None, *, with_privileges: bool = True, all_of_them: bool = False,
) -> list[CustomerTimeline]:  # fmt: skip
    """The facts of these customers, those without any left out (unless `all_of_them`). An override ends in it that is
    over by `until`, or by the newest order. `known_at`: only what had been recorded by then. Heads of groups have the
    facts of all members where any policy grades them together; who was merged those of all who are one with it."""
    wanted = sorted(set(customers))
    merges = await list_merges(tx, wanted, known_at, with_groups=timeline.grades_groups)
    identities = Identities()
    joining = [merge for merge in merges if identities.merge(merge)]
    own = sorted({member for customer_id in wanted for member in identities.class_of(customer_id)})
    groups = await list_group_histories(tx, own, known_at, merges) if timeline.grades_groups else {}
    everybody = sorted({*own}.union(*(group.history.everybody for group in groups.values())))
    orders, known = await _load_orders(tx, everybody, known_at)
    reversals = await _load_reversals(tx, everybody, orders, known_at)
    rows: dict[UUID, list[Mapping[str, Any]]] = defaultdict(list)
    for row in await tx.raw.fetch(PRIVILEGES, own, known_at) if with_privileges else ():
        rows[row["customer_id"]].append(row)
        known[row["customer_id"]] = min(row["set_at"], known.get(row["customer_id"], row["set_at"]))
    timelines = dict[UUID, CustomerTimeline]()
    for customer_id in own:
        group, headed_from = groups.get(customer_id, (None, None))
        placed, buyers = _of_members(customer_id, group, orders)
        newest_at = max((orders[o][-1].placed_at for o in identities.class_of(customer_id) if orders[o]), default=until)
        horizon = max(until, newest_at, placed[-1].placed_at if placed else until)
        privileges = rows[customer_id]
        timelines[customer_id] = CustomerTimeline(
            customer_id,
            known.get(customer_id, until),
            placed,
            _by_time(reversals[member] for member in {customer_id, *buyers.values()}),
            [await _override(tx, row, horizon) for row in privileges if row["kind"] == "override"],
            _promises([row for row in privileges if row["kind"] == "retention"]),
            group=group,
            headed_from=headed_from,
            buyers=buyers,
        )
    joined = _join(timelines, joining, merges, groups)
    complete = [
        replace(joined[customer_id], customer_id=customer_id)
        for customer_id in wanted
        if all_of_them or any(member in known or member in groups for member in identities.class_of(customer_id))
    ]
    return await _with_snapshots(tx, complete, timeline, until, known_at)


def _join(
    timelines: Mapping[UUID, CustomerTimeline], joining: Sequence[Merge], merges: Sequence[Merge],
    groups: Mapping[UUID, HeadedGroup],
) -> Mapping[UUID, CustomerTimeline]:  # fmt: skip
    """Of each customer the timeline that it is part of in the end. `joining`: those of the merges, by time, that made
    two customers one."""
    joined = dict(timelines)
    for merge in joining:
        if merge.root_id not in joined:
            continue  # of members of a group
        root, absorbed = joined[merge.root_id], joined[merge.absorbed_id]
        head = root.customer_id
        both = join(
            root, absorbed, merge.merged_at, group_history(head, (), merges),
            groups[head].history if head in groups else None,
        )  # fmt: skip
        joined |= dict.fromkeys(both.everybody, both)
    return joined


async def _load_orders(
    tx: Transaction, customers: Sequence[UUID], known_at: datetime | None
) -> tuple[dict[UUID, list[Order]], dict[UUID, datetime]]:
    orders: dict[UUID, list[Order]] = defaultdict(list)
    known: dict[UUID, datetime] = {}
    for row in await tx.raw.fetch(ORDERS, customers, known_at):
        customer_id, recorded_at, *order = row
        orders[customer_id].append(Order(*order))
        known[customer_id] = min(recorded_at, known.get(customer_id, recorded_at))
    return orders, known


async def _load_reversals(
    tx: Transaction, customers: Sequence[UUID], orders: Mapping[UUID, Sequence[Order]], known_at: datetime | None
) -> dict[UUID, list[TimedReversal]]:
    reversals: dict[UUID, list[TimedReversal]] = defaultdict(list)
    placed_at = {order.order_id: order.placed_at for placed in orders.values() for order in placed}
    for customer_id, at, change_id, order_id, *parts in await tx.raw.fetch(REVERSALS, customers, known_at):
        if (placed := placed_at.get(order_id)) is not None:
            reversal = Reversal(order_id, placed, *parts)
            reversals[customer_id].append(TimedReversal(max(at, placed), change_id, reversal))
    return reversals


def _of_members(
    customer_id: UUID, group: GroupHistory | None, orders: Mapping[UUID, list[Order]]
) -> tuple[list[Order], dict[UUID, UUID]]:
    """The orders of a customer and of everybody who ever was in its group, by time; and who placed those of others."""
    if group is None:
        return orders[customer_id], {}
    others = sorted(group.everybody - {customer_id})
    buyers = {order.order_id: member for member in others for order in orders[member]}
    placed = [order for member in (customer_id, *others) for order in orders[member]]
    return sorted(placed, key=lambda order: (order.placed_at, order.order_id)), buyers


def _by_time(reversals: Iterable[Sequence[TimedReversal]]) -> list[TimedReversal]:
    return sorted(chain.from_iterable(reversals), key=lambda reversal: (reversal.at, reversal.change_id))


async def _override(tx: Transaction, row: Mapping[str, Any], horizon: datetime) -> TierOverride:
    policy: Policy = await policies.load_policy(tx, row["policy_id"], row["policy_version"])
    early = row["ended_at"] is not None and row["ended_at"] < row["until"]
    ends_at: datetime = row["ended_at"] if early else row["until"]
    return TierOverride(
        row["privilege_id"], row["tier"], policy, row["starts_at"], row["until"],
        ends_at if row["ended_at"] is not None or ends_at <= horizon else None,
        "override_cancelled" if early else "override_end",
        row["reason"], row["set_by"], row["customer_id"],
    )  # fmt: skip


def _promises(rows: Sequence[Mapping[str, Any]]) -> list[PromiseChange]:
    """By time; where one replaces another at one instant, the new one is the last word."""
    changes = [PromiseChange(row["ended_at"], None, row["customer_id"]) for row in rows if row["ended_at"]]
    changes += [PromiseChange(row["starts_at"], row["until"], row["customer_id"]) for row in rows]
    return sorted(changes, key=lambda change: (change.at, change.until is not None))


async def _with_snapshots(
    tx: Transaction, timelines: Sequence[CustomerTimeline], policies_of_time: PolicyTimeline, until: datetime,
    known_at: datetime | None,
) -> list[CustomerTimeline]:  # fmt: skip
    """Where a policy of some instant looks at more than orders, what there was to see then."""
    requests: dict[tuple[SnapshotRequest, tuple[UUID, ...]], None] = {}
    needed: list[set[SnapshotKey]] = []
    classes: set[str] = set()
    for timeline in timelines:
        keys = set[SnapshotKey]()
        for interval, before in timeline.intervals:
            of_customer = policies_of_time.of_customer(interval.known_from)
            for instant in interval.instants(of_customer.reviews_until(until), before):
                deciding = [review.policy for review in instant.reviews]
                if instant.grades:
                    deciding.append(of_customer.governing(instant.at))
                for policy in deciding:
                    if policy.classes:
                        classes |= policy.classes
                        members = interval.members_at(instant.at, policy)
                        keys.add((instant.at, policy.months, members))
                        requests[SnapshotRequest(members[0], instant.at, policy.months), members] = None
        needed.append(keys)
    if not requests:
        return list(timelines)
    loaded = await load_rolled_up(tx, list(requests), classes=classes, known_at=known_at)
    snapshots: dict[SnapshotKey, CustomerSnapshot] = {}
    for (request, members), snapshot in zip(requests, loaded, strict=True):
        snapshots[request.as_of, request.months, members] = snapshot
    return [
        timeline.with_snapshots({key: snapshots[key] for key in keys})
        for timeline, keys in zip(timelines, needed, strict=True)
    ]
