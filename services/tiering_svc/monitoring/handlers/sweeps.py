"""Sweeps (T12, T11): every customer looked at by every rule in force, in small steps that a crash can interrupt.

A sweep follows each applied review, as of its date: the review has waited for everything that intake had accepted, so
the sweep has nothing to wait for. From then on there is one a day, and one whenever somebody asks.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.customers import repository as teams
from services.tiering_svc.customers.repository import list_customers
from services.tiering_svc.monitoring.domain.monthly_series import MonthlySeries
from services.tiering_svc.monitoring.domain.stage import (
    Classes,
    StageRules,
    relationship_of,
    stage_of,
)
from services.tiering_svc.monitoring.domain.warning import (
    SWEEP,
    EarlyWarning,
    SweptCustomer,
    WarningChange,
    WarningDecision,
)
from services.tiering_svc.monitoring.domain.warning_rules import WarningRule
from services.tiering_svc.monitoring.handlers.warnings import closed_event
from services.tiering_svc.monitoring.repository import monthly_series, stages, sweeps, warning_rules, warnings
from services.tiering_svc.monitoring.repository.stage_rules import STAGE_RULES
from services.tiering_svc.monitoring.repository.sweeps import WARNING_SWEEP, Sweep
from shared.errors import conflict
from shared.events import Event, WarningEscalated, WarningRaised
from shared.jobs import Done, Job, JobContext, JobKind, Outcome, cancel_job, request_job, request_job_once
from shared.messaging import Transaction, announce, new_id
from shared.rule_sets import load_in_force, load_rules

BATCH = 500


async def request_run(tx: Transaction, as_of: datetime, by: str) -> Sweep:
    last = await sweeps.find_last_as_of(tx)
    if last is not None and as_of < last:
        raise conflict("before_the_last_run", "A later day has been looked at.", last=last.isoformat())
    job = await request_job(tx, WARNING_SWEEP, by=by)
    await sweeps.add_run(tx, job, as_of, "request")
    return await sweeps.load_run(tx, job.id)


async def cancel_run(tx: Transaction, run_id: UUID, by: str) -> Sweep:
    """Whom it has looked at already keeps what it found; the next sweep looks at everybody."""
    await cancel_job(tx, run_id, by=by, kind=WARNING_SWEEP)
    return await sweeps.load_run(tx, run_id)


async def ask_when_due(tx: Transaction, context: JobContext) -> None:
    await ask_for_what_is_due(tx, timedelta(hours=context.settings.warning_hours))


async def ask_for_what_is_due(tx: Transaction, every: timedelta) -> None:
    """Each of them once, however many replicas ask."""
    for evaluation_id, as_of in await sweeps.list_reviews_to_follow(tx):
        job = await request_job_once(tx, WARNING_SWEEP, f"review:{evaluation_id}", by=SWEEP)
        if job is not None:
            await sweeps.add_run(tx, job, as_of, "review", evaluation_id)
    last = await sweeps.find_sweep_to_follow(tx, every)
    if last is not None:
        job = await request_job_once(tx, WARNING_SWEEP, f"daily:{last}", by=SWEEP)
        if job is not None:
            await sweeps.add_run(tx, job, tx.at, "daily")


async def sweep_next_batch(tx: Transaction, job: Job) -> Outcome:
    run = await sweeps.load_run(tx, job.id)
    if run.rules is None:
        return await _begin(tx, job, run)
    customers = await list_customers(tx, None if job.cursor is None else UUID(job.cursor), BATCH)
    rules = await warning_rules.list_compiled(tx, [(UUID(rule_id), version) for rule_id, version in run.rules])
    business = await find_business(tx)
    stage_rules = await _stage_rules(tx, run)
    series = await monthly_series.load_monthly_series(
        tx, customers, run.as_of, business.zone, monthly_series.classes_of(rules), stage_rules.margin_months
    )
    found = _Found(Counter(run.outcomes), Counter(run.stages))
    await _watch(tx, run, rules, customers, series, found)
    await _place(tx, run, stage_rules, customers, series, found)
    await warnings.save_warnings(tx, found.warnings)
    await warnings.add_changes(tx, found.changes)
    announce(tx, found.events)
    await sweeps.save_outcomes(tx, run.run_id, found.outcomes, found.stages)
    return Done(len(customers)) if len(customers) < BATCH else job.next(customers[-1], done=len(customers))


WARNINGS = JobKind(sweep_next_batch, when_due=ask_when_due)


async def _begin(tx: Transaction, job: Job, run: Sweep) -> Outcome:
    """The rules and the sizes of the classes are those of this moment, for everybody."""
    rules = await warning_rules.list_active(tx)
    classes = await stages.read_classes(tx, run.as_of)
    book = await load_in_force(tx, STAGE_RULES)
    await sweeps.save_setting(
        tx, run.run_id, [(rule.rule_id, rule.version) for rule in rules],
        {"stage_rules": book.version, "classes": classes.sizes, "customers": classes.customers},
    )  # fmt: skip
    return job.next(None)


@dataclass(slots=True)
class _Found:
    """What a batch found, saved and announced at once."""

    outcomes: Counter[str]
    stages: Counter[str]
    warnings: list[EarlyWarning] = field(default_factory=list)
    changes: list[WarningChange] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def add(self, decided: WarningDecision) -> None:
        self.warnings += decided.warnings
        self.changes += decided.changes
        by_id = {warning.warning_id: warning for warning in decided.warnings}
        for change in decided.changes:
            self.outcomes[change.kind] += 1
            event = _event(by_id[change.warning_id], change)
            if event is not None:
                self.events.append(event)


async def _watch(
    tx: Transaction,
    run: Sweep,
    rules: Sequence[WarningRule],
    customers: Sequence[UUID],
    looked_at: Sequence[MonthlySeries],
    found: _Found,
) -> None:
    lasting = await warnings.load_lasting(tx, customers)
    owners = await teams.list_account_managers(tx, run.as_of, customers)
    watched = {rule.cause for rule in rules}
    for customer_id, one in zip(customers, looked_at, strict=True):
        mine = lasting.get(customer_id, {})
        sweep = SweptCustomer(customer_id, run.as_of, tx.at, owners.get(customer_id), new_id)
        for rule in rules:
            looked = rule.looking.look(one)
            warning = mine.get(rule.cause)
            if looked is None:
                found.outcomes["not_known"] += 1
            if warning is not None or (looked is not None and looked.severity is not None):
                found.add(sweep.decide(warning, rule, looked))
        for cause in mine.keys() - watched:
            found.add(sweep.decide(mine[cause], None, None))


async def _stage_rules(tx: Transaction, run: Sweep) -> StageRules:
    """Those that the sweep began with."""
    assert run.setting is not None
    return await load_rules(tx, STAGE_RULES, run.setting["stage_rules"])


async def _place(
    tx: Transaction, run: Sweep, rules: StageRules, customers: Sequence[UUID], looked_at: Sequence[MonthlySeries],
    found: _Found,
) -> None:  # fmt: skip
    """Each customer's stage and relationship type (T11), by the classes the sweep began with."""
    assert run.setting is not None
    classes = classes_in(run.setting)
    tiers = await stages.list_tiers(tx, customers, run.as_of)
    placed = [stage_of(one, rules).code for one in looked_at]
    related = [
        relationship_of(one, tiers.get(customer_id), classes, rules).code
        for customer_id, one in zip(customers, looked_at, strict=True)
    ]
    found.stages += Counter(
        f"{stage}/{relationship or ''}" for stage, relationship in zip(placed, related, strict=True)
    )
    await stages.save_stages(tx, run.run_id, run.as_of, customers, placed, related)


def classes_in(setting: Mapping[str, object]) -> Classes:
    sizes, customers = setting["classes"], setting["customers"]
    assert isinstance(sizes, dict)
    assert isinstance(customers, int)
    return Classes(sizes, customers)


def _event(warning: EarlyWarning, change: WarningChange) -> Event | None:
    if change.kind == "raised":
        return WarningRaised(
            customer_id=warning.customer_id, warning_id=warning.warning_id, cause=warning.cause,
            severity=warning.severity, rule_id=warning.rule_id, rule_version=warning.rule_version,
            owner=warning.owner, as_of=warning.as_of,
        )  # fmt: skip
    if change.kind == "escalated":
        return WarningEscalated(
            customer_id=warning.customer_id, warning_id=warning.warning_id, cause=warning.cause,
            severity=warning.severity, since=warning.as_of, as_of=warning.seen_as_of,
        )  # fmt: skip
    return closed_event(warning) if change.kind == "closed" else None
