"""A better tier, now or then, shortens the deadlines of a customer's open cases; a worse one leaves them (K11)."""

from collections.abc import Sequence
from uuid import UUID

from services.complaint_svc.cases import repository
from services.complaint_svc.cases.domain.steps import change_tiers
from services.complaint_svc.cases.handlers.deadline_timers import CaseDecision, save_decisions
from services.complaint_svc.customers.domain import TierHistory, TierPeriod
from services.complaint_svc.deadlines.handlers import load_terms
from shared.events import TierChanged
from shared.messaging import Transaction


async def when_tiers_change_shorten_open_deadlines(tx: Transaction, changes: Sequence[TierChanged]) -> None:
    """Change by change, so that a batch leaves what its changes one by one would have left."""
    by_customer = _by_customer(changes)
    cases = await repository.load_open_cases_of(tx, by_customer)
    if not cases:
        return
    terms, decisions = await load_terms(tx, tx.at), []
    for before in cases:
        assert before.customer_id is not None  # they were looked for by it
        after, events = before, []
        for change in by_customer[before.customer_id]:
            after, happened = change_tiers(after, _tail_of(change), tx.at, terms)
            events += happened
        if after != before:
            decisions.append(CaseDecision(before, after, events))
    await save_decisions(tx, decisions)


def _tail_of(change: TierChanged) -> TierHistory:
    return TierHistory(TierPeriod(period.effective_from, period.tier) for period in change.tail)


def _by_customer(changes: Sequence[TierChanged]) -> dict[UUID, list[TierChanged]]:
    changes_of: dict[UUID, list[TierChanged]] = {}
    for change in changes:
        changes_of.setdefault(change.customer_id, []).append(change)
    return changes_of
