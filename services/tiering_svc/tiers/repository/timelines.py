"""SQL of customers' timelines (T10): all facts that a tier's life is folded from, as known at an instant or now."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

from services.tiering_svc.indicators.domain.group_history import GroupHistory
from services.tiering_svc.indicators.domain.order import Order, Reversal
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot, SnapshotRequest
from services.tiering_svc.indicators.repository.groups import list_group_histories, load_rolled_up
from services.tiering_svc.policies import repository as policies
from services.tiering_svc.policies.domain.policy import Policy
from services.tiering_svc.policies.domain.policy_timeline import PolicyTimeline
from services.tiering_svc.tiers.domain.timeline import (
    CustomerTimeline,
    PromiseChange,
    SnapshotKey,
    TierOverride,
    TimedReversal,
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
    facts of all members where any policy grades them together."""
    wanted = sorted(set(customers))
    groups = await list_group_histories(tx, wanted, known_at) if timeline.grades_groups else {}
    everybody = sorted({*wanted}.union(*(history.everybody for history, _ in groups.values())))
    orders, known = await _load_orders(tx, everybody, known_at)
    reversals = await _load_reversals(tx, everybody, orders, known_at)
    rows: dict[UUID, list[Mapping[str, Any]]] = defaultdict(list)
    for row in await tx.raw.fetch(PRIVILEGES, wanted, known_at) if with_privileges else ():
        rows[row["customer_id"]].append(row)
        known[row["customer_id"]] = min(row["set_at"], known.get(row["customer_id"], row["set_at"]))
    timelines = []
    for customer_id in wanted:
        group, headed_from = groups.get(customer_id, (None, None))
        if customer_id not in known and group is None and not all_of_them:
            continue
        placed, buyers = _of_members(customer_id, group, orders)
        horizon = max(until, placed[-1].placed_at) if placed else until
        privileges = rows[customer_id]
        overrides = [await _override(tx, row, horizon) for row in privileges if row["kind"] == "override"]
        reversed_of_members = _by_time(reversals[member] for member in {customer_id, *buyers.values()})
        promises = _promises([row for row in privileges if row["kind"] == "retention"])
        timelines.append(
            CustomerTimeline(
                customer_id,
                known.get(customer_id, until),
                placed,
                reversed_of_members,
                overrides,
                promises,
                group=group,
                headed_from=headed_from,
                buyers=buyers,
            )
        )
    return await _with_snapshots(tx, timelines, timeline, until, known_at)


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
        row["reason"], row["set_by"],
    )  # fmt: skip


def _promises(rows: Sequence[Mapping[str, Any]]) -> list[PromiseChange]:
    """By time; where one replaces another at one instant, the new one is the last word."""
    changes = [PromiseChange(row["ended_at"], None) for row in rows if row["ended_at"]]
    changes += [PromiseChange(row["starts_at"], row["until"]) for row in rows]
    return sorted(changes, key=lambda change: (change.at, change.until is not None))


async def _with_snapshots(
    tx: Transaction, timelines: Sequence[CustomerTimeline], policies_of_time: PolicyTimeline, until: datetime,
    known_at: datetime | None,
) -> list[CustomerTimeline]:  # fmt: skip
    """Where a policy of some instant looks at more than orders, what there was to see then."""
    requests: dict[tuple[SnapshotRequest, tuple[UUID, ...]], None] = {}
    classes: set[str] = set()
    for timeline in timelines:
        of_customer = policies_of_time.of_customer(timeline.known_from)
        for instant in timeline.instants(of_customer.reviews_until(until)):
            deciding = [review.policy for review in instant.reviews]
            if instant.orders or instant.ended is not None or instant.reviews or instant.regrouped:
                deciding.append(of_customer.governing(instant.at))
            for policy in deciding:
                if policy.classes:
                    classes |= policy.classes
                    request = SnapshotRequest(timeline.customer_id, instant.at, policy.months)
                    requests[request, timeline.members_at(instant.at, policy)] = None
    if not requests:
        return list(timelines)
    loaded = await load_rolled_up(tx, list(requests), classes=classes, known_at=known_at)
    snapshots: dict[UUID, dict[SnapshotKey, CustomerSnapshot]] = defaultdict(dict)
    for (request, members), snapshot in zip(requests, loaded, strict=True):
        snapshots[request.customer_id][request.as_of, request.months, members] = snapshot
    return [replace(timeline, snapshots=snapshots[timeline.customer_id]) for timeline in timelines]
