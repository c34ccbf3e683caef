"""Key accounts and exclusions (T8): nominated by one person, decided by another, ended with a reason."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.tiering_svc.core.domain.numbers import plain
from services.tiering_svc.core.repository.as_of import PointInTime
from services.tiering_svc.customers.repository import check_known, lock_customers
from services.tiering_svc.key_accounts.domain import key_account as life
from services.tiering_svc.key_accounts.domain.key_account import AccountClass, AccountClassCode, Nomination
from services.tiering_svc.key_accounts.domain.risk_flags import clear_of_rules
from services.tiering_svc.key_accounts.domain.rules import Examination, examine, values_of
from services.tiering_svc.key_accounts.repository import figures as account_figures
from services.tiering_svc.key_accounts.repository import key_accounts, risk_flags
from services.tiering_svc.key_accounts.repository.rules import KEY_ACCOUNT_RULES
from shared.customers import list_roots
from shared.jobs import wake_jobs
from shared.messaging import Transaction, announce, new_id
from shared.rule_sets import load_in_force


async def nominate(
    tx: Transaction, customer_id: UUID, class_code: AccountClassCode, kinds: Sequence[str], reason: str,
    evidence: Sequence[dict[str, Any]], by: str,
) -> Nomination:  # fmt: skip
    """Propose a customer for a class, or who stands for it (P12). What the nominator says is kept beside what the
    system finds at this instant; a kind that this belies is refused."""
    await check_known(tx, customer_id)
    await lock_customers(tx, [str(customer_id)])
    customer_id = (await list_roots(tx, [customer_id]))[customer_id]
    life.check_nomination(await key_accounts.load_situation(tx, customer_id), class_code, kinds)
    figures, _ = await collect_figures(tx, customer_id, group="group" in kinds)
    life.check_kinds(kinds, figures["values"])
    nomination = Nomination(
        new_id(), customer_id, class_code, tuple(kinds), reason, tuple(evidence), figures, by, tx.at
    )  # fmt: skip
    await key_accounts.add_nomination(tx, nomination)
    return nomination


async def collect_figures(
    tx: Transaction, customer_id: UUID, *, group: bool
) -> tuple[dict[str, Any], list[Examination]]:
    """The values of all indicators now, as a nomination keeps them, and what the disqualifying rules find in them."""
    rules = (await load_in_force(tx, KEY_ACCOUNT_RULES)).rules
    snapshot = await account_figures.load_account_snapshot(tx, customer_id, tx.at, rules.months, group=group)
    total = await account_figures.sum_amounts(tx, PointInTime(tx.at, tx.at, now=True), rules.months)
    values = values_of(snapshot, total)
    findings = [examine(rule, values) for rule in rules.disqualifications]
    figures = {
        "as_of": tx.at.isoformat(),
        "months": rules.months,
        "rules_version": rules.version,
        "of_group": group,
        "values": {code: plain(value) for code, value in values.items()},
        "disqualifications": [finding.as_data() for finding in findings],
    }
    return figures, findings


async def approve_nomination(
    tx: Transaction,
    nomination_id: UUID,
    class_code: AccountClassCode,
    by: str,
    note: str | None,
    override_reason: str | None,
) -> Nomination:
    """The class begins now. The disqualifying rules are examined anew: they may be met now though they were not when it
    was nominated."""
    nomination = await _load(tx, nomination_id, class_code)
    situation = await key_accounts.load_situation(tx, nomination.customer_id)
    _, findings = await collect_figures(tx, nomination.customer_id, group="group" in nomination.kinds)
    approval = life.approve(nomination, situation, findings, by, tx.at, note=note, override_reason=override_reason)
    await key_accounts.save_decision(tx, approval.nomination)
    for ended in approval.ended:
        await key_accounts.save_ended(tx, ended)
    await key_accounts.add_class(tx, approval.opened)
    announce(tx, approval.events)
    wake_jobs(tx)  # the risk rules look at a new key account at once
    if approval.ended and class_code == "excluded":
        await _clear_flags_of_rules(tx, nomination.customer_id, by)
    return approval.nomination


async def reject_nomination(
    tx: Transaction, nomination_id: UUID, class_code: AccountClassCode, by: str, note: str
) -> Nomination:
    """Decided against, by another person than who nominated."""
    rejected = life.reject(await _load(tx, nomination_id, class_code), by, tx.at, note)
    await key_accounts.save_decision(tx, rejected)
    return rejected


async def cancel_nomination(tx: Transaction, nomination_id: UUID, class_code: AccountClassCode, by: str) -> Nomination:
    """Taken off the table by who nominated, while it waits."""
    cancelled = life.cancel(await _load(tx, nomination_id, class_code), by, tx.at)
    await key_accounts.save_decision(tx, cancelled)
    return cancelled


async def end_class(
    tx: Transaction, customer_id: UUID, class_code: AccountClassCode, by: str, reason: str
) -> AccountClass:
    """The customer is a key account, or excluded, no longer, nor is any that is one with it; 404 where none is."""
    await lock_customers(tx, [str(customer_id)])
    ended, events = life.end(await key_accounts.load_situation(tx, customer_id), class_code, by, tx.at, reason)
    for each in ended:
        await key_accounts.save_ended(tx, each)
    announce(tx, events)
    if class_code == "key":
        await _clear_flags_of_rules(tx, customer_id, by)
    return ended[0]


async def _clear_flags_of_rules(tx: Transaction, customer_id: UUID, by: str) -> None:
    decision = clear_of_rules(await risk_flags.list_open_of_all(tx, customer_id), tx.at, by)
    await risk_flags.save_cleared(tx, decision.cleared)
    announce(tx, decision.events)


async def _load(tx: Transaction, nomination_id: UUID, class_code: AccountClassCode) -> Nomination:
    """The customer's lock first, then the nomination as it is under it."""
    nomination = await key_accounts.find_nomination(tx, nomination_id, class_code)
    await lock_customers(tx, [str(nomination.customer_id)])
    return await key_accounts.load_nomination(tx, nomination_id, class_code)
