"""Sweeps (T12, T11): every rule in force is tried on every customer, in batches that a crash can interrupt.

A sweep follows each applied review, as of its date: the review has waited for everything that intake had accepted, so
the sweep has nothing to wait for. Beside these there are those that a schedule or a person requests.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.tiering_svc.core.repository.as_of import PointInTime
from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.customers import repository as teams
from services.tiering_svc.customers.repository import list_customers
from services.tiering_svc.monitoring.domain.likelihood.forecast import forecast_of
from services.tiering_svc.monitoring.domain.likelihood.model import LikelihoodModel, with_likelihood
from services.tiering_svc.monitoring.domain.monthly_series import MonthlySeries
from services.tiering_svc.monitoring.domain.relationship import TierSizes, relationship_of
from services.tiering_svc.monitoring.domain.stage import stage_of
from services.tiering_svc.monitoring.domain.stage_changes import FoundStage, stage_events
from services.tiering_svc.monitoring.domain.stage_rules import StageSetting
from services.tiering_svc.monitoring.domain.warning import (
    SWEEP,
    EarlyWarning,
    SweptCustomer,
    WarningChange,
    WarningDecision,
)
from services.tiering_svc.monitoring.domain.warning_rules import WarningRule
from services.tiering_svc.monitoring.handlers.warnings import closed_event, raised_event
from services.tiering_svc.monitoring.repository import (
    likelihood_models,
    monthly_series,
    stages,
    sweeps,
    warning_rules,
    warnings,
)
from services.tiering_svc.monitoring.repository.stage_rules import find_stage_versions, load_stage_versions
from services.tiering_svc.monitoring.repository.sweeps import WARNING_SWEEP, Sweep
from services.tiering_svc.retention.repository.churn import load_rhythms
from shared.errors import conflict
from shared.events import Event, WarningEased, WarningEscalated
from shared.jobs import Done, Job, JobContext, JobKind, Outcome, cancel_job, request_job, request_job_once
from shared.messaging import Transaction, announce, new_id

BATCH = 500


async def request_run(tx: Transaction, as_of: datetime, by: str, because: str = "request") -> Sweep:
    """A sweep as of an instant; one before the last sweep's is refused: 409 `before_the_last_run`."""
    last = await sweeps.find_last_as_of(tx)
    if last is not None and as_of < last:
        raise conflict("before_the_last_run", "A later day has been swept.", last=last.isoformat())
    job = await request_job(tx, WARNING_SWEEP, by=by)
    await sweeps.add_run(tx, job, as_of, because)
    return await sweeps.load_run(tx, job.id)


async def cancel_run(tx: Transaction, run_id: UUID, by: str) -> Sweep:
    """A sweep stopped: what it has decided stays decided; the next sweep is about everybody again."""
    await cancel_job(tx, run_id, by=by, kind=WARNING_SWEEP)
    return await sweeps.load_run(tx, run_id)


async def request_when_due(tx: Transaction, context: JobContext) -> None:
    """The sweeps whose time has come: one after each review."""
    await request_due_sweeps(tx)


async def request_due_sweeps(tx: Transaction) -> None:
    """A sweep for each review that none has followed. Each once, however many replicas ask."""
    for evaluation_id, as_of in await sweeps.list_reviews_to_follow(tx):
        job = await request_job_once(tx, WARNING_SWEEP, f"review:{evaluation_id}", by=SWEEP)
        if job is not None:
            await sweeps.add_run(tx, job, as_of, "review", evaluation_id)


async def sweep_next_batch(tx: Transaction, job: Job) -> Outcome:
    """A step of the job: the first fixes what the sweep goes by, each other one decides the next customers."""
    run = await sweeps.load_run(tx, job.id)
    if run.rules is None:
        return await _begin(tx, job, run)
    customers = await list_customers(tx, None if job.cursor is None else UUID(job.cursor), BATCH)
    rules = await warning_rules.list_compiled(tx, [(UUID(rule_id), version) for rule_id, version in run.rules])
    business = await find_business(tx)
    setting = await _stage_setting(tx, run)
    facts = monthly_series.facts_for(rules) | monthly_series.FACTS_OF_LIKELIHOOD
    series = await monthly_series.load_monthly_series(
        tx, customers, run.as_of, business.zone, facts, setting.rules.relationship.margin_months
    )
    model = await _likelihood_model(tx, run)
    series = [with_likelihood(known, model) for known in series]
    batch = _SweptBatch(Counter(run.outcomes), Counter(run.stages))
    await _decide_warnings(tx, run, rules, customers, series, batch)
    await _classify(tx, run, setting, customers, series, batch)
    await warnings.save_warnings(tx, batch.warnings)
    await warnings.add_changes(tx, batch.changes)
    announce(tx, batch.events)
    await sweeps.save_outcomes(tx, run.run_id, batch.outcomes, batch.stages)
    return Done(len(customers)) if len(customers) < BATCH else job.next(customers[-1], done=len(customers))


WARNING_SWEEPS = JobKind(sweep_next_batch, when_due=request_when_due)


async def _begin(tx: Transaction, job: Job, run: Sweep) -> Outcome:
    """The rules and the sizes of the tiers are those of this moment, for everybody."""
    rules = await warning_rules.list_active(tx)
    sizes = await stages.count_tiers(tx, run.as_of)
    versions = await find_stage_versions(tx, run.as_of)
    model = await likelihood_models.find_model(tx, run.as_of)
    await sweeps.save_setting(
        tx, run.run_id, [(rule.rule_id, rule.version) for rule in rules],
        versions | {
            "tier_sizes": sizes.by_tier, "customers": sizes.customers,
            "likelihood_model": None if model is None else str(model.model_id),
        },
    )  # fmt: skip
    return job.next(None)


@dataclass(slots=True)
class _SweptBatch:
    """What a batch comes to, saved and announced at once; the counters are those of the whole sweep so far."""

    outcomes: Counter[str]
    stages: Counter[str]
    warnings: list[EarlyWarning] = field(default_factory=list)
    changes: list[WarningChange] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def add(self, decision: WarningDecision) -> None:
        self.warnings += decision.warnings
        self.changes += decision.changes
        by_id = {warning.warning_id: warning for warning in decision.warnings}
        for change in decision.changes:
            self.outcomes[change.kind] += 1
            event = _event(by_id[change.warning_id], change)
            if event is not None:
                self.events.append(event)


async def _decide_warnings(
    tx: Transaction,
    run: Sweep,
    rules: Sequence[WarningRule],
    customers: Sequence[UUID],
    all_series: Sequence[MonthlySeries],
    batch: _SweptBatch,
) -> None:
    lasting = await warnings.load_lasting(tx, customers)
    managers = await teams.list_account_managers(tx, tx.at, customers)
    deputies = await teams.list_deputies(tx, tx.at)
    owners = {customer: deputies.get(manager, manager) for customer, manager in managers.items()}
    causes = {rule.cause for rule in rules}
    for customer_id, series in zip(customers, all_series, strict=True):
        by_cause = lasting.get(customer_id, {})
        findings = [rule.detect(series) for rule in rules]
        swept = SweptCustomer(
            customer_id, run.as_of, tx.at, owners.get(customer_id), new_id,
            forecast_of(series) if by_cause or any(finding and finding.severity for finding in findings) else None,
        )  # fmt: skip
        for rule, finding in zip(rules, findings, strict=True):
            warning = by_cause.get(rule.cause)
            if finding is None:
                batch.outcomes["not_known"] += 1
            if warning is not None or (finding is not None and finding.severity is not None):
                batch.add(swept.decide(warning, rule, finding))
        for cause in by_cause.keys() - causes:  # no rule looks for it any more
            batch.add(swept.decide(by_cause[cause], None, None))


async def _likelihood_model(tx: Transaction, run: Sweep) -> LikelihoodModel:
    """The model that the sweep began with."""
    assert run.setting is not None
    model_id = run.setting.get("likelihood_model")
    return await likelihood_models.load_likelihood_model(tx, None if model_id is None else UUID(model_id))


async def _stage_setting(tx: Transaction, run: Sweep) -> StageSetting:
    """The rules of stages, relationship types and churn that the sweep began with."""
    assert run.setting is not None
    return await load_stage_versions(tx, run.setting)


async def _classify(
    tx: Transaction, run: Sweep, setting: StageSetting, customers: Sequence[UUID],
    all_series: Sequence[MonthlySeries], batch: _SweptBatch,
) -> None:  # fmt: skip
    """Each customer's stage and relationship type (T11), by the sizes of the tiers that the sweep began with."""
    assert run.setting is not None
    sizes = tier_sizes_in(run.setting)
    tiers = await stages.list_tiers(tx, customers, run.as_of)
    rhythms = await load_rhythms(tx, PointInTime(run.as_of, tx.at, True), customers)
    before = await stages.load_stages(tx, customers)
    stages_now: dict[UUID, FoundStage] = {}
    for customer_id, series in zip(customers, all_series, strict=True):
        rhythm = rhythms.get(customer_id)
        stage = stage_of(series, rhythm, setting.rules.stage, setting.churn).code
        assert stage is not None  # there always is one
        relationship = relationship_of(series, tiers.get(customer_id), sizes, setting.rules.relationship).code
        stages_now[customer_id] = FoundStage(stage, relationship)
        last_order_at = None if rhythm is None else rhythm.last_at
        batch.events += stage_events(
            customer_id, before.get(customer_id), stages_now[customer_id], run.as_of, last_order_at
        )  # fmt: skip
    batch.stages += Counter(f"{stage.stage}/{stage.relationship or ''}" for stage in stages_now.values())
    await stages.save_stages(tx, run.run_id, run.as_of, stages_now)


def tier_sizes_in(setting: Mapping[str, object]) -> TierSizes:
    """The sizes of the tiers that a sweep began with, as its setting keeps them."""
    by_tier, customers = setting["tier_sizes"], setting["customers"]
    assert isinstance(by_tier, dict)
    assert isinstance(customers, int)
    return TierSizes(by_tier, customers)


def _event(warning: EarlyWarning, change: WarningChange) -> Event | None:
    assert warning.customer_id is not None
    if change.kind == "raised":
        return raised_event(warning)
    if change.kind in ("escalated", "eased"):
        changed = WarningEscalated if change.kind == "escalated" else WarningEased
        return changed(
            customer_id=warning.customer_id, warning_id=warning.warning_id, cause=warning.cause,
            severity=warning.severity, since=warning.as_of, as_of=warning.swept_as_of, likelihood=warning.likelihood,
            value_at_stake=warning.value_at_stake, expected_loss=warning.expected_loss,
        )  # fmt: skip
    return closed_event(warning) if change.kind == "closed" else None
