"""Risk flags (T8): key accounts are looked at by the rules again and again; people set and clear flags by hand."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.tiering_svc.core.repository.as_of import PointInTime
from services.tiering_svc.customers.repository import lock_customers
from services.tiering_svc.indicators.domain.snapshot import requests_as_of
from services.tiering_svc.indicators.repository import snapshots
from services.tiering_svc.key_accounts.domain import risk_flags as rules_of_flags
from services.tiering_svc.key_accounts.domain.key_account import SYSTEM
from services.tiering_svc.key_accounts.domain.risk_flags import RiskFlag
from services.tiering_svc.key_accounts.domain.rules import examine, values_of
from services.tiering_svc.key_accounts.repository import figures as account_figures
from services.tiering_svc.key_accounts.repository import risk_flags as risks
from services.tiering_svc.key_accounts.repository.rules import KEY_ACCOUNT_RULES
from shared.jobs import Done, Job, JobContext, JobKind, Outcome, is_unfinished, request_job
from shared.messaging import Timer, Transaction, announce, new_id, set_timer
from shared.rule_sets import load_in_force

BATCH = 200
RISK_SWEEP = "risk_sweep"  # the kind of job
RISK_END = "risk_end"


async def ask_when_due(tx: Transaction, context: JobContext) -> None:
    """Every key account once in so many minutes, a newly approved one at once."""
    before = tx.at - timedelta(minutes=context.settings.risk_check_minutes)
    if await risks.list_due(tx, before, 1) and not await is_unfinished(tx, RISK_SWEEP):
        await request_job(tx, RISK_SWEEP, {"before": before}, by=SYSTEM)


async def look_at_next_batch(tx: Transaction, job: Job) -> Outcome:
    customers = await look_at_due(tx, datetime.fromisoformat(job.params["before"]))
    return Done(customers) if customers < BATCH else job.next(None, done=customers)


RISKS = JobKind(look_at_next_batch, when_due=ask_when_due)


async def look_at_due(tx: Transaction, before: datetime) -> int:
    """A batch of key accounts that no rule has looked at since then, by the rules in force. How many were due."""
    due = await risks.list_due(tx, before, BATCH)
    if not due:
        return 0
    await lock_customers(tx, [str(customer_id) for customer_id in due])
    is_group = await risks.list_still_key(tx, due)
    customers = sorted(is_group)
    rules = (await load_in_force(tx, KEY_ACCOUNT_RULES)).rules
    everybody = await account_figures.read_everybody(tx, PointInTime(tx.at, tx.at, now=True), rules.months)
    facts = dict(zip(customers, await _facts(tx, customers, is_group, rules.months), strict=True))
    open_flags = await risks.list_open(tx, customers)
    for customer_id in customers:
        values = values_of(facts[customer_id], everybody)
        findings = [examine(rule, values) for rule in rules.risks]
        taken = {"as_of": tx.at.isoformat(), "months": rules.months, "rules_version": rules.version}
        done = rules_of_flags.flag_by_rules(customer_id, open_flags[customer_id], findings, tx.at, new_id, taken)
        await risks.save_cleared(tx, done.cleared)
        await risks.add_flags(tx, done.raised)
        announce(tx, done.events)
    await risks.save_checked(tx, customers)
    return len(due)


async def _facts(tx: Transaction, customers: Sequence[UUID], is_group: dict[UUID, bool], months: int) -> list[Any]:
    """Of all at once; of group accounts (there are few) one by one, with all below them."""
    found = await snapshots.load_snapshots(tx, requests_as_of(customers, tx.at, months))
    return [
        await account_figures.read_known(tx, customer_id, tx.at, months, group=True) if is_group[customer_id] else own
        for customer_id, own in zip(customers, found, strict=True)
    ]


async def set_flag_by_hand(
    tx: Transaction, customer_id: UUID, risk: str, reason: str, until: datetime, by: str
) -> RiskFlag:
    await lock_customers(tx, [str(customer_id)])
    open_flags = (await risks.list_open(tx, [customer_id]))[customer_id]
    flag = rules_of_flags.set_by_hand(new_id(), customer_id, risk, reason, until, by, tx.at, open_flags)
    await risks.add_flags(tx, [flag])
    announce(tx, [flag.raising()])
    await set_timer(tx, str(flag.flag_id), RISK_END, 1, until)
    return flag


async def clear_flag_by_hand(tx: Transaction, customer_id: UUID, flag_id: UUID, reason: str, by: str) -> RiskFlag:
    await lock_customers(tx, [str(customer_id)])
    flag, event = rules_of_flags.clear_by_hand(
        await risks.find_flag(tx, customer_id, flag_id), by, tx.at, reason
    )  # fmt: skip
    await risks.save_cleared(tx, [flag])
    announce(tx, [event])
    return flag


async def when_a_flag_set_by_hand_reaches_its_end_clear_it(tx: Transaction, timer: Timer) -> None:
    flag_id = UUID(timer.aggregate)
    customer_id = await risks.find_customer_of(tx, flag_id)
    if customer_id is None:
        return
    await lock_customers(tx, [str(customer_id)])
    flag = await risks.find_flag(tx, customer_id, flag_id)
    if flag.cleared_at is not None:
        return  # somebody was earlier
    cleared, event = flag.cleared(timer.due_at, SYSTEM, "end_reached")
    await risks.save_cleared(tx, [cleared])
    announce(tx, [event])
