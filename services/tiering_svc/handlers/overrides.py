"""A person sets a tier for a while, with a reason; at the end the customer is graded anew (T10)."""

from datetime import datetime
from uuid import UUID

from services.tiering_svc.domain.tier_life import Change, end_override, endings, override
from services.tiering_svc.handlers import timers
from services.tiering_svc.repository import policies, standings
from services.tiering_svc.repository.known import list_known
from shared.messaging import Timer, Transaction, announce, set_timer


async def override_tier(
    tx: Transaction, customer_id: UUID, *, tier: str, until: datetime, reason: str, by: str
) -> Change:
    before = (await standings.load_standings(tx, [customer_id]))[customer_id]
    await standings.check_known(tx, customer_id)
    rules = await policies.load_rules(tx)
    after, changes = override(before, tier, until, reason, by, tx.at, rules)
    await standings.save_standings(tx, [after])
    await standings.save_history(tx, changes, endings(before, changes))
    announce(tx, [change.event(tx.at) for change in changes])
    generation = await standings.next_generation(tx, customer_id, "override_end")
    await set_timer(tx, str(customer_id), "override_end", generation, until)
    return changes[0]


@timers.on("override_end")
async def when_an_override_ends_grade_anew(tx: Transaction, timer: Timer) -> None:
    customer_id = UUID(timer.aggregate)
    before = (await standings.load_standings(tx, [customer_id]))[customer_id]
    if before.overridden_until is None or before.overridden_until > timer.due_at or before.since is None:
        return  # a newer override is on
    rules = await policies.load_rules(tx)
    ends_at = max(timer.due_at, before.since)
    policy = rules.active
    [known] = await list_known(tx, [customer_id], [ends_at], [policy.months], classes=policy.classes)
    after, changes = end_override(before, known, ends_at, rules)
    await standings.save_standings(tx, [after])
    await standings.save_history(tx, changes, endings(before, changes))
    announce(tx, [change.event(tx.at) for change in changes])
