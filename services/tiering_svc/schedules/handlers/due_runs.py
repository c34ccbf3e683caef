"""Runs that are due are requested: each once, in order, with its row in the transaction that requests it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import structlog

from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.key_accounts.handlers.risk_flags import RISK_SWEEP
from services.tiering_svc.monitoring.handlers import sweeps
from services.tiering_svc.retention.handlers import lifetime_values
from services.tiering_svc.reviews.handlers.reviews import request_review
from services.tiering_svc.schedules.domain.due_runs import DueRun, find_next_due, list_due_runs
from services.tiering_svc.schedules.domain.run_schedule import KINDS, RunKind
from services.tiering_svc.schedules.handlers.monthly_assessments import assess_scheduled_month, request_assessment
from services.tiering_svc.schedules.repository import scheduled_runs
from services.tiering_svc.schedules.repository.rules import RUN_SCHEDULES, list_periods
from shared.errors import DomainError
from shared.jobs import JobContext, JobKind, request_job
from shared.messaging import Transaction
from shared.rule_sets import list_in_force

log = structlog.get_logger(__name__)

SCHEDULE = "schedule"  # who requested it
MOST_AT_ONCE = 100  # runs that one transaction requests of a kind; the next look goes on
HORIZON_MONTHS, DISCOUNT_RATE = 12, Decimal("0.1")  # as a run of lifetime values that says neither


async def request_when_due(tx: Transaction, context: JobContext) -> None:
    """What is due by now is requested. Looks cost one small query until the next due instant, or another version."""
    if not context.settings.run_schedules:
        return
    in_force = [version.key for version in await list_in_force(tx, RUN_SCHEDULES)]
    seen, next_due_at = context.memory.get("next_due", (None, None))
    if seen == in_force and (next_due_at is None or tx.at < next_due_at):
        return
    if not await request_due_runs(tx):
        context.memory["next_due"] = in_force, await _first_due_after(tx)


async def request_due_runs(tx: Transaction) -> int:
    """Request all runs that are due and that nobody has requested. Returns how many were seen to, refused ones too."""
    periods, last_due = await list_periods(tx), await scheduled_runs.find_last_due(tx)
    if not periods:
        return 0
    zone, began = (await find_business(tx)).zone, periods[0].begins_at
    seen_to = 0
    for kind in KINDS:
        due = list_due_runs(kind, periods, zone, last_due.get(kind, began), tx.at)[:MOST_AT_ONCE]
        claimed = [run for run in due if await scheduled_runs.claim_run(tx, run)]
        for run in claimed:
            await _request(tx, run)
        if len(claimed) > 1 or any(run.passed_over for run in claimed):
            _log_catch_up(tx, claimed)
        seen_to += len(claimed)
    return seen_to


# The service's looks at its jobs come to this kind too, and with it to what is due of every kind.
SCHEDULED_ASSESSMENTS = JobKind(assess_scheduled_month, when_due=request_when_due)


async def _request(tx: Transaction, due: DueRun) -> None:
    """A run that cannot be requested leaves nothing but the code of why."""
    job_id, refused = None, None
    try:
        async with tx.raw.transaction():
            job_id = await REQUESTS[due.kind](tx, due)
    except DomainError as refusal:
        refused = refusal.code
    await scheduled_runs.save_job(tx, due, job_id, refused)
    facts = {
        "kind": due.kind, "due_at": _text(due.due_at), "as_of": _text(due.as_of), "job_id": job_id and str(job_id),
        "schedule_version": due.version, "refused": refused,
    }  # fmt: skip
    event = "scheduled_run_requested" if refused is None else "scheduled_run_refused"
    tx.after_commit(lambda: log.info(event, **facts))


async def _review(tx: Transaction, due: DueRun) -> UUID:
    run = await request_review(tx, _known(due.as_of), apply=due.schedule.apply, by=SCHEDULE)
    return run.run_id


async def _warning_sweep(tx: Transaction, due: DueRun) -> UUID:
    return (await sweeps.request_run(tx, _known(due.as_of), SCHEDULE, because="schedule")).run_id


async def _risk_sweep(tx: Transaction, due: DueRun) -> UUID:
    return (await request_job(tx, RISK_SWEEP, {"before": tx.at}, by=SCHEDULE)).id


async def _assessment(tx: Transaction, due: DueRun) -> UUID:
    zone = (await find_business(tx)).zone
    return (await request_assessment(tx, _known(due.as_of).astimezone(zone).date(), SCHEDULE)).id


async def _lifetime_values(tx: Transaction, due: DueRun) -> UUID:
    as_of = _known(due.as_of)
    run = await lifetime_values.request_run(tx, as_of, tx.at, HORIZON_MONTHS, DISCOUNT_RATE, SCHEDULE)
    return run.run_id


REQUESTS: Mapping[RunKind, Callable[[Transaction, DueRun], Awaitable[UUID]]] = {
    "review": _review,
    "warning_sweep": _warning_sweep,
    "risk_sweep": _risk_sweep,
    "assessment": _assessment,
    "lifetime_values": _lifetime_values,
}


async def _first_due_after(tx: Transaction) -> datetime | None:
    """The next due instant of any kind after this transaction's."""
    periods, zone = await list_periods(tx), (await find_business(tx)).zone
    every = (find_next_due(kind, periods, zone, tx.at) for kind in KINDS)
    return min((due_at for due_at in every if due_at is not None), default=None)


def _log_catch_up(tx: Transaction, runs: Sequence[DueRun]) -> None:
    facts: dict[str, Any] = {
        "kind": runs[0].kind, "runs": len(runs), "first_due_at": _text(runs[0].due_at),
        "last_due_at": _text(runs[-1].due_at), "passed_over": sum(run.passed_over for run in runs),
    }  # fmt: skip
    tx.after_commit(lambda: log.warning("scheduled_runs_caught_up", **facts))


def _known(as_of: datetime | None) -> datetime:
    assert as_of is not None  # only risks are checked as of when they are
    return as_of


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()
