"""Sweeps (T12, T11): every customer looked at by every rule in force, in small steps that a crash can interrupt.

A sweep follows each applied review, as of its date: the review has waited for everything that intake had accepted, so
the sweep has nothing to wait for. From then on there is one a day, and one whenever somebody asks.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from services.tiering_svc.core.handlers.background import WARNINGS, Parts, work
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
from services.tiering_svc.monitoring.handlers.back_tests import measure_a_chunk
from services.tiering_svc.monitoring.handlers.warnings import closed_event
from services.tiering_svc.monitoring.repository import (
    back_tests as warning_back_tests,
)
from services.tiering_svc.monitoring.repository import (
    monthly_series as observed,
)
from services.tiering_svc.monitoring.repository import (
    stages,
    warning_rules,
    warnings,
)
from services.tiering_svc.monitoring.repository import (
    sweeps as warning_runs,
)
from services.tiering_svc.monitoring.repository.stage_rules import STAGE_RULES
from services.tiering_svc.monitoring.repository.sweeps import Sweep
from shared.errors import conflict
from shared.events import Event, WarningEscalated, WarningRaised
from shared.messaging import Database, Transaction, announce, new_id
from shared.rule_sets import load_in_force, load_rules

CHUNK = 500


async def request_run(tx: Transaction, as_of: datetime, by: str) -> Sweep:
    last = await warning_runs.find_last_as_of(tx)
    if last is not None and as_of < last:
        raise conflict("before_the_last_run", "A later day has been looked at.", last=last.isoformat())
    run_id = new_id()
    await warning_runs.add_run(tx, run_id, as_of, "request", by)
    tx.wake(WARNINGS)
    return await warning_runs.load_run(tx, run_id)


async def work_on_sweeps(service: Parts, stop: asyncio.Event) -> None:
    every = timedelta(hours=service.settings.warning_hours)

    async def step() -> bool:
        await service.database.run(lambda tx: ask_for_what_is_due(tx, every))
        return await advance(service.database)

    await work(WARNINGS, step, service, stop)


async def ask_for_what_is_due(tx: Transaction, every: timedelta) -> None:
    await warning_runs.add_runs_after_reviews(tx, SWEEP)
    if await warning_runs.is_due(tx, every):
        await warning_runs.add_run(tx, new_id(), tx.at, "daily", SWEEP)


async def advance(database: Database) -> bool:
    """One step of the oldest unfinished sweep, or of a back-test. False: nothing to do now."""
    run = await database.run(warning_runs.find_unfinished)
    if run is not None:
        return await database.run(lambda tx: _begin(tx, run) if run.started_at is None else _sweep_a_chunk(tx, run))
    test = await database.run(warning_back_tests.find_unfinished)
    if test is not None:
        return await database.run(lambda tx: measure_a_chunk(tx, test))
    return False


async def _begin(tx: Transaction, seen: Sweep) -> bool:
    """The rules and the sizes of the classes are those of this moment, for everybody."""
    run = await warning_runs.lock_run(tx, seen.run_id)
    if run is None or run.started_at is not None:
        return run is not None
    rules = await warning_rules.list_active(tx)
    classes = await stages.read_classes(tx, run.as_of)
    stage_rules = await load_in_force(tx, STAGE_RULES)
    await warning_runs.save_begun(
        tx, run.run_id, [(rule.rule_id, rule.version) for rule in rules],
        {"stage_rules": stage_rules.version, "classes": classes.sizes, "customers": classes.customers},
    )  # fmt: skip
    return True


async def _sweep_a_chunk(tx: Transaction, seen: Sweep) -> bool:
    run = await warning_runs.lock_run(tx, seen.run_id)
    if run is None or run.cursor != seen.cursor:
        return run is not None
    assert run.rules is not None
    customers = await list_customers(tx, run.cursor, CHUNK)
    rules = await warning_rules.list_compiled(tx, [(UUID(rule_id), version) for rule_id, version in run.rules])
    business = await find_business(tx)
    stage_rules = await _stage_rules(tx, run)
    looked_at = await observed.load_monthly_series(
        tx, customers, run.as_of, business.zone, observed.classes_of(rules), stage_rules.margin_months
    )
    found = _Found(Counter(run.outcomes), Counter(run.stages))
    await _watch(tx, run, rules, customers, looked_at, found)
    await _place(tx, run, stage_rules, customers, looked_at, found)
    await warnings.save_warnings(tx, found.warnings)
    await warnings.add_changes(tx, found.changes)
    announce(tx, found.events)
    cursor = customers[-1] if customers else run.cursor
    await warning_runs.save_progress(
        tx, run.run_id, cursor, run.customers + len(customers), found.outcomes, found.stages,
        last=len(customers) < CHUNK,
    )  # fmt: skip
    return True


@dataclass(slots=True)
class _Found:
    """What a chunk found, saved and announced at once."""

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
