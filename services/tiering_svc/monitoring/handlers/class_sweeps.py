"""Sweeps over classes of customers and product lines (T12): each follows a sweep over customers, as of its day.

A step looks at one dimension with all rules about it. The rules are those in force when the sweep was asked for; the
last step closes what no rule looks for any more.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.customers.repository import list_deputies
from services.tiering_svc.monitoring.domain.class_rules import ClassDetector, ClassSeries
from services.tiering_svc.monitoring.domain.subjects import ClassSubject
from services.tiering_svc.monitoring.domain.warning import (
    SWEEP,
    EarlyWarning,
    SweptClass,
    WarningChange,
    WarningDecision,
)
from services.tiering_svc.monitoring.domain.warning_rules import WarningRule
from services.tiering_svc.monitoring.handlers.warnings import class_fields, closed_event
from services.tiering_svc.monitoring.repository import class_warnings, warning_rules, warnings
from services.tiering_svc.monitoring.repository.class_series import load_class_series
from services.tiering_svc.monitoring.repository.class_warnings import CLASS_SWEEP
from shared.events import ClassWarningEscalated, ClassWarningRaised, Event
from shared.jobs import Done, Job, JobContext, JobKind, Outcome, request_job_once
from shared.messaging import Transaction, announce, new_id

Dimension = tuple[str, str]  # the kind of subject, and by what its classes are made


async def request_when_due(tx: Transaction, context: JobContext) -> None:
    """A sweep over classes after the last finished one over customers; once, however many replicas ask."""
    await request_due_class_sweep(tx)


async def request_due_class_sweep(tx: Transaction) -> None:
    """The sweep over classes that follows the last finished sweep over customers, unless it was asked for."""
    followed = await class_warnings.find_sweep_to_follow(tx)
    if followed is None:
        return
    run_id, as_of = followed
    rules = [(str(rule.rule_id), rule.version) for rule in await warning_rules.list_active_of_classes(tx)]
    params = {"as_of": as_of.isoformat(), "rules": rules}
    await request_job_once(tx, CLASS_SWEEP, f"sweep:{run_id}", params, by=SWEEP)


async def sweep_next_dimension(tx: Transaction, job: Job) -> Outcome:
    """A step of the job: the rules about the next dimension are tried on all its classes."""
    as_of = datetime.fromisoformat(job.params["as_of"])
    versions = [(UUID(rule_id), version) for rule_id, version in job.params["rules"]]
    rules = await warning_rules.list_compiled(tx, versions)
    by_dimension = _by_dimension(rules)
    dimensions = sorted(by_dimension)
    step = job.cursor or 0
    if step < len(dimensions):
        dimension = dimensions[step]
        decisions = await _decide(tx, as_of, dimension, by_dimension[dimension])
        await _save(tx, decisions)
        return job.next(step + 1, done=1)
    causes = [(*dimension, rule.cause) for dimension in dimensions for rule in by_dimension[dimension]]
    await _save(tx, await _retire(tx, as_of, causes))
    return Done()


CLASS_SWEEPS = JobKind(sweep_next_dimension, when_due=request_when_due)


def _by_dimension(rules: Sequence[WarningRule]) -> dict[Dimension, list[WarningRule]]:
    by_dimension: dict[Dimension, list[WarningRule]] = {}
    for rule in rules:
        assert isinstance(rule.detector, ClassDetector)
        by_dimension.setdefault((rule.detector.subject_kind, rule.detector.dimension), []).append(rule)
    return by_dimension


async def _decide(
    tx: Transaction, as_of: datetime, dimension: Dimension, rules: Sequence[WarningRule]
) -> list[WarningDecision]:
    zone = (await find_business(tx)).zone
    months = max(rule.detector.months for rule in rules if isinstance(rule.detector, ClassDetector))
    all_series = await load_class_series(tx, *dimension, as_of, zone, months)
    lasting = await class_warnings.load_lasting(tx, *dimension)
    deputies = await list_deputies(tx, tx.at)
    decisions: list[WarningDecision] = []
    for code in sorted(all_series.keys() | lasting.keys()):
        swept = _swept(tx, as_of, ClassSubject(*dimension, code), deputies)
        decisions += _decide_class(swept, all_series.get(code), lasting.get(code, {}), rules)
    return decisions


def _decide_class(
    swept: SweptClass, series: ClassSeries | None, lasting: Mapping[str, EarlyWarning], rules: Sequence[WarningRule]
) -> list[WarningDecision]:
    """What becomes of each rule's cause at one class; a class that has nobody any more is not known."""
    return [
        swept.decide(lasting.get(rule.cause), rule, None if series is None else rule.detector.detect(series))
        for rule in rules
    ]


async def _retire(tx: Transaction, as_of: datetime, causes: Sequence[tuple[str, str, str]]) -> list[WarningDecision]:
    """What lasts of causes that no rule looks for any more is closed."""
    return [
        _swept(tx, as_of, class_fields(warning), {}).decide(warning, None, None)
        for warning in await class_warnings.load_lasting_of_other_causes(tx, causes)
    ]


def _swept(tx: Transaction, as_of: datetime, subject: ClassSubject, deputies: Mapping[str, str]) -> SweptClass:
    """A class of one manager's customers is that manager's, or the deputy's; another class is nobody's."""
    owner = deputies.get(subject.code, subject.code) if subject.dimension == "manager" else None
    return SweptClass(subject, as_of, tx.at, owner, new_id)


async def _save(tx: Transaction, decisions: Sequence[WarningDecision]) -> None:
    changed = [warning for decision in decisions for warning in decision.warnings]
    changes = [change for decision in decisions for change in decision.changes]
    by_id = {warning.warning_id: warning for warning in changed}
    await warnings.save_warnings(tx, changed)
    await warnings.add_changes(tx, changes)
    events = (_event(by_id[change.warning_id], change) for change in changes)
    announce(tx, [event for event in events if event is not None])


def _event(warning: EarlyWarning, change: WarningChange) -> Event | None:
    subject: dict[str, Any] = {
        "warning_id": warning.warning_id, "subject_kind": warning.subject_kind, "dimension": warning.dimension,
        "subject_code": warning.subject_code, "cause": warning.cause,
    }  # fmt: skip
    if change.kind == "raised":
        return ClassWarningRaised(
            **subject, severity=warning.severity, rule_id=warning.rule_id, rule_version=warning.rule_version,
            owner=warning.owner, as_of=warning.as_of,
        )  # fmt: skip
    if change.kind == "escalated":
        return ClassWarningEscalated(
            **subject, severity=warning.severity, since=warning.as_of, as_of=warning.swept_as_of
        )
    return closed_event(warning) if change.kind == "closed" else None
