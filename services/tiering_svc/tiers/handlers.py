"""What changes a tier: orders and their reversals at once, what a person sets, what is decided for an instant (T10)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.tiering_svc.customers.repository import add_customers, check_known, lock_customers
from services.tiering_svc.indicators.domain.order_facts import placed_order, reversed_order
from services.tiering_svc.indicators.repository import external_facts, order_facts
from services.tiering_svc.indicators.repository.groups import list_heads
from services.tiering_svc.policies import repository as policies
from services.tiering_svc.policies.domain.policy import Rules
from services.tiering_svc.tiers.domain.fast_path import after_orders
from services.tiering_svc.tiers.domain.known_from import newest_by_customer
from services.tiering_svc.tiers.domain.late_facts import ALWAYS, ExternalFact, external_fact
from services.tiering_svc.tiers.domain.overrides import check_override, check_promise
from services.tiering_svc.tiers.domain.tier_changes import announced
from services.tiering_svc.tiers.domain.tier_life import TierLife
from services.tiering_svc.tiers.repository import accounts, group_heads, late_facts, lives, standings
from services.tiering_svc.tiers.repository import overrides as privileges
from services.tiering_svc.tiers.repository.overrides import Privilege
from shared.customers import list_connected, list_members
from shared.errors import conflict
from shared.events import (
    ComplaintClosed,
    ComplaintFiled,
    ComplaintReopened,
    ContactLogged,
    CustomerIdentified,
    CustomersMerged,
    CustomersUnmerged,
    CustomerTraitsChanged,
    GroupParentChanged,
    NextStepCompleted,
    OrderCancelled,
    OrderPlaced,
    OrderReturned,
    PaymentReceived,
    ReceivableIssued,
)
from shared.messaging import Timer, Transaction, announce, new_id, set_timer


async def when_orders_are_placed_reassess_tiers(tx: Transaction, events: Sequence[OrderPlaced]) -> None:
    """Orders give the first tier, and raise it at once where the policy says so; they never lower it (T10). One that
    comes late counts from its own date: the life is folded again."""
    rules = await policies.load_rules(tx)
    newest = newest_by_customer(events) if rules.has_related else {}
    heads = await group_heads.find_heads(tx, newest, rules)
    recorded = await accounts.record_orders(tx, [placed_order(event, rules.zone) for event in events], rules)
    decisions = [after_orders(account, rules) for account in recorded.in_order if account.customer_id not in heads]
    await standings.save_decisions(tx, decisions)
    announce(tx, announced(decisions, tx.at))
    await fold_lives_again(tx, recorded.out_of_order | heads, rules)
    if not rules.has_related:
        return
    # Who was not known could not be locked, and may have been put below somebody meanwhile; it is known now.
    unlocked = {account.customer_id for account in recorded.in_order if account.standing.first_known is None}
    came_late = {who: at for who, at in newest.items() if who in unlocked or who in recorded.out_of_order}
    others = await group_heads.find_heads(tx, came_late, rules)
    await fold_lives_again(tx, {head: at for head, at in others.items() if head not in heads}, rules)


async def when_orders_are_returned_correct_what_stood_on_them(tx: Transaction, events: Sequence[OrderReturned]) -> None:
    """What came back counts as if it had never been bought: every step that stood on it falls (K18, K21)."""
    await _correct_what_stood_on_them(tx, events)


async def when_orders_are_cancelled_correct_what_stood_on_them(
    tx: Transaction, events: Sequence[OrderCancelled]
) -> None:
    """A cancellation corrects a tier as a return of the whole order does (K18)."""
    await _correct_what_stood_on_them(tx, events)


async def _correct_what_stood_on_them(tx: Transaction, events: Sequence[OrderReturned | OrderCancelled]) -> None:
    rules = await policies.load_rules(tx)
    reversals = [reversed_order(event, rules.zone) for event in events]
    await order_facts.add_reversals(tx, reversals)
    known_from = newest_by_customer(events)
    await fold_lives_again(tx, known_from | await group_heads.find_heads(tx, known_from, rules), rules)


async def when_group_parents_change_grade_their_heads(tx: Transaction, events: Sequence[GroupParentChanged]) -> None:
    """Where a policy grades groups together, members that come raise the head of theirs at once; nobody falls before a
    review (P2, T10). Who is above somebody is known from now on."""
    parents = (event.parent_id for event in events if event.parent_id is not None)
    await add_customers(tx, [*(event.customer_id for event in events), *parents])
    rules = await policies.load_rules(tx)
    known_from = newest_by_customer(events)
    heads = await group_heads.find_heads(tx, known_from, rules)
    await fold_lives_again(tx, heads, rules)
    above = await list_heads(tx, known_from)  # the size of a group is a trait, whoever grades it
    sizes = [
        ExternalFact(head, event.effective_from, event.meta.recorded_at)
        for event in events
        for head in above.get(event.customer_id, ())
        if head not in heads
    ]
    await grade_again_where_late(tx, "profile", sizes)


async def when_customers_become_one_or_two_again_decide_anew(
    tx: Transaction, events: Sequence[CustomersMerged | CustomersUnmerged]
) -> None:
    """From their merge on all who are one have the tiers that the facts of all give; after its undoing each of them has
    those that it would have had without (P12). Either of a merge's two events is enough: the other finds it done."""
    await add_customers(tx, {customer_id for event in events for customer_id in (event.root_id, event.absorbed_id)})
    known_from: dict[UUID, datetime] = {}
    for event in events:
        for customer_id in await list_connected(tx, (event.root_id, event.absorbed_id)):
            recorded_at = event.meta.recorded_at
            known_from[customer_id] = max(recorded_at, known_from.get(customer_id, recorded_at))
    await lock_customers(tx, sorted(known_from))
    rules = await policies.load_rules(tx)
    heads = await group_heads.find_heads(tx, known_from, rules)
    await fold_lives_again(tx, heads | known_from, rules, all_of_them=True)


async def when_money_is_known_late_grade_again(
    tx: Transaction, events: Sequence[ReceivableIssued | PaymentReceived]
) -> None:
    """What is owed or was paid before something was decided by a policy that looks at it counts there (T10)."""
    await grade_again_where_late(tx, "finance", [external_fact(event) for event in events])


async def when_contacts_are_known_late_grade_again(
    tx: Transaction, events: Sequence[ContactLogged | NextStepCompleted]
) -> None:
    """As money that is known late; so are contacts and next steps that were done."""
    await grade_again_where_late(tx, "contact", [external_fact(event) for event in events])


async def when_cases_are_known_late_grade_again(
    tx: Transaction, events: Sequence[ComplaintFiled | CustomerIdentified | ComplaintClosed | ComplaintReopened]
) -> None:
    """A case counts from its filing on for the customer it is linked to, whenever that came to be known; and from then
    on no more for whom it was taken for (C1)."""
    customers = await external_facts.list_customers_of_cases(tx, [event.case_id for event in events])
    facts = []
    for event in events:
        if (of_case := customers.get(event.case_id)) is not None:
            seen_from = of_case.filed_at
            if isinstance(event, (ComplaintClosed, ComplaintReopened)):
                seen_from = event.occurred_at
            facts.append(ExternalFact(of_case.customer_id, seen_from, event.meta.recorded_at))
            if isinstance(event, CustomerIdentified) and event.previous_customer_id is not None:
                facts.append(ExternalFact(event.previous_customer_id, seen_from, event.meta.recorded_at))
    await grade_again_where_late(tx, "contact", facts)


async def when_traits_are_known_late_grade_again(tx: Transaction, events: Sequence[CustomerTraitsChanged]) -> None:
    """Traits count from their change on; the first ones also before it."""
    first = await external_facts.list_first_traits(tx, events)
    await grade_again_where_late(
        tx, "profile",
        [
            ExternalFact(
                event.customer_id, ALWAYS if event.customer_id in first else event.changed_at, event.meta.recorded_at
            )
            for event in events
        ],
    )  # fmt: skip


async def grade_again_where_late(tx: Transaction, fact_class: str, facts: Sequence[ExternalFact]) -> None:
    """Facts of one class that were just recorded: whoever had been decided about without them is folded again (T10).
    By what comes in order of time nothing is decided."""
    if facts:
        rules = await policies.load_rules(tx)
        await fold_lives_again(tx, await late_facts.find_late_customers(tx, fact_class, facts, rules), rules)


async def fold_lives_again(
    tx: Transaction, known_from: Mapping[UUID, datetime], rules: Rules, *, all_of_them: bool = False
) -> Mapping[UUID, TierLife]:
    """The lives of these locked customers from all their facts, saved and announced where they are another. With when
    the newest fact of each was recorded. `all_of_them`: also those without any fact, who then have no tier."""
    if not known_from:
        return {}
    folded = await lives.fold_again(tx, known_from, rules, all_of_them=all_of_them)
    changes = await lives.save_lives(tx, folded, known_from, rules)
    announce(tx, [event for change in changes if (event := change.event(tx.at)) is not None])
    return folded


async def _fold_with_members(tx: Transaction, known_from: Mapping[UUID, datetime], rules: Rules) -> None:
    """What a person says of a customer holds for all who are one with it (P12)."""
    of_all = dict(known_from)
    if rules.has_merges:
        for customer_id, members in (await list_members(tx, known_from)).items():
            of_all |= dict.fromkeys(members, known_from[customer_id])
    await fold_lives_again(tx, of_all, rules)


async def override_tier(
    tx: Transaction, customer_id: UUID, *, tier: str, until: datetime, reason: str, by: str
) -> Privilege:
    """A person sets the tier until a date; a timer ends it. What was set or promised before is replaced. Also for a
    customer without orders."""
    await lock_customers(tx, [customer_id])
    await check_known(tx, customer_id)
    rules = await policies.load_rules(tx)
    check_override(rules.active, tier, until, tx.at)
    await privileges.end_privileges(tx, customer_id, "override", at=tx.at, by=by, because="replaced")
    await privileges.end_privileges(tx, customer_id, "retention", at=tx.at, by=by, because="replaced by an override")
    override_id = new_id()
    await privileges.add_privilege(
        tx, override_id, customer_id, "override", tier, starts_at=tx.at, until=until, reason=reason, by=by,
        policy=rules.active,
    )  # fmt: skip
    await _fold_with_members(tx, {customer_id: tx.at}, rules)
    generation = await standings.next_generation(tx, customer_id, "override_end")
    await set_timer(tx, str(customer_id), "override_end", generation, until)
    return await privileges.load_privilege(tx, customer_id, override_id, "override")


async def end_override_early(
    tx: Transaction, customer_id: UUID, override_id: UUID, *, reason: str, by: str
) -> Privilege:
    """The customer is graded anew from now on. The timer finds nothing to end when its hour comes."""
    await lock_customers(tx, [customer_id])
    privilege = await privileges.load_privilege(tx, customer_id, override_id, "override")
    customer_id = privilege.customer_id
    if privilege.ended_at is not None or privilege.until <= tx.at:
        raise conflict("already_ended", "The override is over.")
    await privileges.end_privileges(tx, customer_id, "override", at=tx.at, by=by, because=reason)
    await _fold_with_members(tx, {customer_id: tx.at}, await policies.load_rules(tx))
    return await privileges.load_privilege(tx, customer_id, override_id, "override")


async def when_overrides_end_grade_anew(tx: Transaction, timers: Sequence[Timer]) -> None:
    """The customers are graded as of the end of their overrides, unless a newer one is on."""
    due = {UUID(timer.aggregate): timer.due_at for timer in timers}
    await lock_customers(tx, list(due))
    if ended := await privileges.end_overrides_due(tx, due):
        await _fold_with_members(tx, dict.fromkeys(ended, tx.at), await policies.load_rules(tx))


async def promise_tier(tx: Transaction, customer_id: UUID, *, until: datetime, reason: str, by: str) -> Privilege:
    """The tier the customer has is not lowered before a date, whatever reviews find."""
    await lock_customers(tx, [customer_id])
    before = (await standings.load_standings(tx, [customer_id]))[customer_id]
    await check_known(tx, customer_id)
    check_promise(before, until, tx.at)
    assert before.tier is not None
    await privileges.end_privileges(tx, customer_id, "retention", at=tx.at, by=by, because="replaced")
    privilege_id = new_id()
    await privileges.add_privilege(
        tx, privilege_id, customer_id, "retention", before.tier, starts_at=tx.at, until=until, reason=reason, by=by
    )
    await _fold_with_members(tx, {customer_id: tx.at}, await policies.load_rules(tx))
    return await privileges.load_privilege(tx, customer_id, privilege_id, "retention")


async def end_promise(tx: Transaction, customer_id: UUID, retention_id: UUID, *, reason: str, by: str) -> Privilege:
    """From now on reviews may lower the tier again."""
    await lock_customers(tx, [customer_id])
    privilege = await privileges.load_privilege(tx, customer_id, retention_id, "retention")
    customer_id = privilege.customer_id
    if privilege.ended_at is not None or privilege.until <= tx.at:
        raise conflict("already_ended", "The tier is not kept any more.")
    await privileges.end_privileges(tx, customer_id, "retention", at=tx.at, by=by, because=reason)
    await _fold_with_members(tx, {customer_id: tx.at}, await policies.load_rules(tx))
    return await privileges.load_privilege(tx, customer_id, retention_id, "retention")
