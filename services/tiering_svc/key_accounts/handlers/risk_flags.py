"""Risk flags (T8): rules check every key account again and again; people set and clear flags by hand."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.tiering_svc.core.repository.as_of import PointInTime
from services.tiering_svc.customers.repository import lock_customers
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot
from services.tiering_svc.key_accounts.domain import risk_flags as flags
from services.tiering_svc.key_accounts.domain.key_account import SYSTEM
from services.tiering_svc.key_accounts.domain.risk_flags import RiskFlag
from services.tiering_svc.key_accounts.domain.rules import examine, values_of
from services.tiering_svc.key_accounts.repository import figures as account_figures
from services.tiering_svc.key_accounts.repository import risk_flags as repository
from services.tiering_svc.key_accounts.repository.rules import KEY_ACCOUNT_RULES
from shared.jobs import Done, Job, JobContext, JobKind, Outcome, is_unfinished, request_job
from shared.messaging import Timer, Transaction, announce, new_id, set_timer
from shared.rule_sets import SINCE_EVER, load_in_force

BATCH = 200
RISK_SWEEP = "risk_sweep"  # the kind of job
RISK_END = "risk_end"  # the kind of timer


async def request_when_due(tx: Transaction, context: JobContext) -> None:
    """A sweep at once, when a key account was never checked. A schedule requests the sweeps that check all again."""
    if await repository.list_due(tx, SINCE_EVER, 1) and not await is_unfinished(tx, RISK_SWEEP):
        await request_job(tx, RISK_SWEEP, {"before": SINCE_EVER}, by=SYSTEM)


async def check_next_batch(tx: Transaction, job: Job) -> Outcome:
    """A step of the job: the next key accounts that are due."""
    checked = await check_due_accounts(tx, datetime.fromisoformat(job.params["before"]))
    return Done(checked) if checked < BATCH else job.next(None, done=checked)


RISK_SWEEPS = JobKind(check_next_batch, when_due=request_when_due)


async def check_due_accounts(tx: Transaction, before: datetime) -> int:
    """Check a batch of the key accounts that no rule has checked since `before`, by the rules in force; how many were
    due."""
    due = await repository.list_due(tx, before, BATCH)
    if not due:
        return 0
    await lock_customers(tx, [str(customer_id) for customer_id in due])
    is_group = await repository.list_still_key(tx, due)
    customers = sorted(is_group)
    rules = (await load_in_force(tx, KEY_ACCOUNT_RULES)).rules
    total = await account_figures.sum_amounts(tx, PointInTime(tx.at, tx.at, now=True), rules.months)
    facts = await _load_snapshots(tx, customers, is_group, rules.months)
    open_flags = await repository.list_open(tx, customers)
    basis = {"as_of": tx.at.isoformat(), "months": rules.months, "rules_version": rules.version}
    for customer_id, snapshot in zip(customers, facts, strict=True):
        values = values_of(snapshot, total)
        findings = [examine(rule, values) for rule in rules.risks]
        decision = flags.flag_by_rules(customer_id, open_flags[customer_id], findings, tx.at, new_id, basis)
        await repository.save_cleared(tx, decision.cleared)
        await repository.add_flags(tx, decision.raised)
        announce(tx, decision.events)
    await repository.save_checked(tx, customers)
    return len(due)


async def _load_snapshots(
    tx: Transaction, customers: Sequence[UUID], is_group: Mapping[UUID, bool], months: int
) -> list[CustomerSnapshot]:
    """Snapshots of all customers at once; of group accounts (there are few) one by one, with all below them."""
    own = await account_figures.load_account_snapshots(tx, customers, tx.at, months)
    return [
        await account_figures.load_account_snapshot(tx, customer_id, tx.at, months, group=True)
        if is_group[customer_id]
        else snapshot
        for customer_id, snapshot in zip(customers, own, strict=True)
    ]


async def set_flag_by_hand(
    tx: Transaction, customer_id: UUID, risk: str, reason: str, until: datetime, by: str
) -> RiskFlag:
    """A person flags a risk until an instant; a timer clears it then."""
    await lock_customers(tx, [str(customer_id)])
    open_flags = await repository.list_open_of_all(tx, customer_id)
    flag = flags.set_by_hand(new_id(), customer_id, risk, reason, until, by, tx.at, open_flags)
    await repository.add_flags(tx, [flag])
    announce(tx, [flag.raising()])
    await set_timer(tx, str(flag.flag_id), RISK_END, 1, until)
    return flag


async def clear_flag_by_hand(tx: Transaction, customer_id: UUID, flag_id: UUID, reason: str, by: str) -> RiskFlag:
    """A person clears a flag before its end."""
    await lock_customers(tx, [str(customer_id)])
    flag = await repository.find_flag(tx, customer_id, flag_id)
    cleared, event = flags.clear_by_hand(flag, by, tx.at, reason)
    await repository.save_cleared(tx, [cleared])
    announce(tx, [event])
    return cleared


async def when_flags_set_by_hand_reach_their_end_clear_them(tx: Transaction, timers: Sequence[Timer]) -> None:
    """The timers of flags' `until`; flags that a person cleared before are left as they are."""
    due = {UUID(timer.aggregate): timer.due_at for timer in timers}
    await lock_customers(tx, [str(customer_id) for customer_id in await repository.list_customers_of(tx, due)])
    flags = [flag for flag in await repository.list_flags_by_id(tx, due) if flag.cleared_at is None]
    cleared = [flag.cleared(due[flag.flag_id], SYSTEM, "end_reached") for flag in flags]
    await repository.save_cleared(tx, [flag for flag, _ in cleared])
    announce(tx, [event for _, event in cleared])
