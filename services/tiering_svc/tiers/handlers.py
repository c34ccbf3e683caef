"""What changes a tier: orders and their reversals at once, what a person sets, what is decided for an instant (T10)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.tiering_svc.customers.repository import check_known
from services.tiering_svc.indicators.domain.order_facts import placed_order, reversed_order
from services.tiering_svc.indicators.domain.snapshot import SnapshotRequest
from services.tiering_svc.indicators.repository.snapshots import load_snapshots
from services.tiering_svc.policies import repository as policies
from services.tiering_svc.policies.domain.policy import Rules
from services.tiering_svc.tiers.domain.accounts import split_by_turns
from services.tiering_svc.tiers.domain.overrides import (
    PrivilegeEnding,
    end_override,
    override,
    promise,
    withdraw_promise,
)
from services.tiering_svc.tiers.domain.standing import Standing
from services.tiering_svc.tiers.domain.tier_changes import (
    DecidedStanding,
    TierChange,
    TierDecision,
    after_later_orders,
    after_orders,
    after_reversals,
    announced,
)
from services.tiering_svc.tiers.repository import accounts, standings
from services.tiering_svc.tiers.repository import overrides as privileges
from services.tiering_svc.tiers.repository.overrides import Privilege
from shared.errors import conflict
from shared.events import OrderCancelled, OrderPlaced, OrderReturned
from shared.messaging import Timer, Transaction, announce, new_id, set_timer


async def when_orders_are_placed_reassess_tiers(tx: Transaction, events: Sequence[OrderPlaced]) -> None:
    """Orders give the first tier, and raise it at once where the policy says so; they never lower it (T10)."""
    rules = await policies.load_rules(tx)
    placed = [placed_order(event, rules.zone) for event in events]
    for batch in split_by_turns(placed, individual=bool(rules.active.classes)):
        accounts_of_batch = await accounts.record_orders(tx, batch, rules)
        decisions = [after_orders(account, rules) for account in accounts_of_batch]
        await standings.save_decisions(tx, decisions)
        announce(tx, announced(decisions, tx.at))


async def when_orders_are_returned_correct_what_stood_on_them(tx: Transaction, events: Sequence[OrderReturned]) -> None:
    """A rise that the rest of the orders does not carry is corrected from its own date (K18)."""
    await _correct_what_stood_on_them(tx, events)


async def when_orders_are_cancelled_correct_what_stood_on_them(
    tx: Transaction, events: Sequence[OrderCancelled]
) -> None:
    """A cancellation corrects a tier as a return of the whole order does (K18)."""
    await _correct_what_stood_on_them(tx, events)


async def _correct_what_stood_on_them(tx: Transaction, events: Sequence[OrderReturned | OrderCancelled]) -> None:
    rules = await accounts.load_rules_behind(tx, [event.customer_id for event in events])
    reversals = [reversed_order(event, rules.zone) for event in events]
    for batch in split_by_turns(reversals, individual=rules.beyond_orders):
        accounts_of_batch = await accounts.record_reversals(tx, batch, rules)
        decisions = [after_reversals(account, rules) for account in accounts_of_batch]
        await standings.save_decisions(tx, decisions)
        announce(tx, announced(decisions, tx.at))


async def follow_later_orders(
    tx: Transaction, decided: Sequence[TierDecision], decided_for: datetime, rules: Rules
) -> list[TierDecision]:
    """What was decided for an instant, and then what orders placed after it and counted already make of it. The
    customers are locked."""
    customers = [standing.customer_id for standing, _ in decided]
    later = await accounts.load_later_orders(tx, customers, decided_for, rules)
    followed = []
    for standing, changes in decided:
        if (orders := later.get(standing.customer_id)) is None:
            followed.append((standing, changes))
        else:
            raised, made = after_later_orders(standing, decided_for, orders, rules)
            followed.append((raised, [*changes, *made]))
    return followed


async def override_tier(
    tx: Transaction, customer_id: UUID, *, tier: str, until: datetime, reason: str, by: str
) -> TierChange:
    """A person sets the tier until a date; a timer ends it. What was set or promised before is replaced."""
    before = (await standings.load_standings(tx, [customer_id]))[customer_id]
    await check_known(tx, customer_id)
    rules = await policies.load_rules(tx)
    after, changes = override(before, tier, until, reason, by, tx.at, rules)
    await _save(tx, before, after, changes)
    change = changes[0]
    await privileges.end_privileges(tx, customer_id, "override", at=tx.at, by=by, because="replaced")
    await privileges.end_privileges(tx, customer_id, "retention", at=tx.at, by=by, because="replaced by an override")
    await privileges.add_privilege(
        tx, change.row_id, customer_id, "override", tier, starts_at=change.effective_from, until=until,
        reason=reason, by=by,
    )  # fmt: skip
    generation = await standings.next_generation(tx, customer_id, "override_end")
    await set_timer(tx, str(customer_id), "override_end", generation, until)
    return change


async def end_override_early(
    tx: Transaction, customer_id: UUID, override_id: UUID, *, reason: str, by: str
) -> Privilege:
    """The customer is graded anew from now on. The timer finds nothing to end when its hour comes."""
    before = (await standings.load_standings(tx, [customer_id]))[customer_id]
    privilege = await privileges.load_privilege(tx, customer_id, override_id, "override")
    if privilege.ended_at is not None or before.overridden_until is None:
        raise conflict("already_ended", "The override is over.")
    await _end(tx, before, tx.at, "override_cancelled")
    await privileges.end_privileges(tx, customer_id, "override", at=tx.at, by=by, because=reason)
    return await privileges.load_privilege(tx, customer_id, override_id, "override")


async def when_an_override_ends_grade_anew(tx: Transaction, timer: Timer) -> None:
    """The customer is graded as of the end of the override, unless a newer one is on."""
    customer_id = UUID(timer.aggregate)
    before = (await standings.load_standings(tx, [customer_id]))[customer_id]
    if before.overridden_until is None or before.overridden_until > timer.due_at or before.since is None:
        return  # a newer override is on
    await _end(tx, before, timer.due_at, "override_end")
    await privileges.end_privileges(tx, customer_id, "override", at=timer.due_at, by=None, because="over")


async def promise_tier(tx: Transaction, customer_id: UUID, *, until: datetime, reason: str, by: str) -> Privilege:
    """The tier the customer has is not lowered before a date, whatever reviews find."""
    before = (await standings.load_standings(tx, [customer_id]))[customer_id]
    await check_known(tx, customer_id)
    after = promise(before, until, tx.at)
    assert after.tier is not None
    await standings.save_decisions(tx, [DecidedStanding(before, after, [], tx.at)])
    await privileges.end_privileges(tx, customer_id, "retention", at=tx.at, by=by, because="replaced")
    privilege_id = new_id()
    await privileges.add_privilege(
        tx, privilege_id, customer_id, "retention", after.tier, starts_at=tx.at, until=until, reason=reason, by=by
    )
    return await privileges.load_privilege(tx, customer_id, privilege_id, "retention")


async def end_promise(tx: Transaction, customer_id: UUID, retention_id: UUID, *, reason: str, by: str) -> Privilege:
    """From now on reviews may lower the tier again."""
    before = (await standings.load_standings(tx, [customer_id]))[customer_id]
    privilege = await privileges.load_privilege(tx, customer_id, retention_id, "retention")
    if privilege.ended_at is not None or privilege.until <= tx.at:
        raise conflict("already_ended", "The tier is not kept any more.")
    await standings.save_decisions(tx, [DecidedStanding(before, withdraw_promise(before), [], tx.at)])
    await privileges.end_privileges(tx, customer_id, "retention", at=tx.at, by=by, because=reason)
    return await privileges.load_privilege(tx, customer_id, retention_id, "retention")


async def _end(tx: Transaction, before: Standing, at: datetime, trigger: PrivilegeEnding) -> None:
    assert before.since is not None  # an override begins some day
    rules = await policies.load_rules(tx)
    ends_at, policy = max(at, before.since), rules.active
    request = SnapshotRequest(before.customer_id, ends_at, policy.months)
    [snapshot] = await load_snapshots(tx, [request], classes=policy.classes)
    ended = end_override(before, snapshot, ends_at, rules, trigger)
    [followed] = await follow_later_orders(tx, [ended], ends_at, rules)
    await _save(tx, before, *followed)


async def _save(tx: Transaction, before: Standing, after: Standing, changes: Sequence[TierChange]) -> None:
    decisions = [DecidedStanding(before, after, changes, tx.at)]
    await standings.save_decisions(tx, decisions)
    announce(tx, announced(decisions, tx.at))
