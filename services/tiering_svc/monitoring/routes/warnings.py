"""Early warnings (T12): what they are, what was done about them, and the sweeps that raise and close them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query, Request

from services.tiering_svc.core.dependencies import instant_or_now, settings_of
from services.tiering_svc.core.domain.numbers import Names, plain
from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.monitoring.domain.warning import EarlyWarning, WarningChange
from services.tiering_svc.monitoring.handlers import warnings as handlers
from services.tiering_svc.monitoring.handlers.sweeps import cancel_run, request_run
from services.tiering_svc.monitoring.repository import sweeps, warning_rules, warnings
from services.tiering_svc.monitoring.repository.sweeps import Sweep
from services.tiering_svc.monitoring.repository.warnings import WarningFilter
from services.tiering_svc.monitoring.schemas.warnings import (
    ClosingCreate,
    LikelihoodFactorRead,
    WarningChangeRead,
    WarningHistoryRead,
    WarningRead,
    WarningRuleReference,
    WarningRunCreate,
    WarningRunRead,
    WarningStepCreate,
)
from services.tiering_svc.monitoring.texts.warnings import describe_evidence, describe_factor
from shared.chassis import (
    Code,
    CurrentActor,
    Cursor,
    Id,
    Limit,
    Page,
    Tx,
    allow,
    page_of,
    read_cursor,
    service_router,
    staff_only,
)
from shared.chassis.http.instants import refuse_backdating
from shared.jobs.http import job_fields
from shared.messaging import Transaction

router = service_router(prefix="/v1", tags=["warnings"], dependencies=[staff_only])

WarningStateFilter = Annotated[Literal["open", "acknowledged", "worked", "closed", "not_closed"] | None, Query()]
SeverityFilter = Annotated[Literal["yellow", "red"] | None, Query()]
RuleNames = Mapping[tuple[UUID, int], Names]


@router.post("/warnings/runs", status_code=202, dependencies=[allow("evaluations:run")])
async def start_warning_run(request: Request, body: WarningRunCreate, tx: Tx, actor: CurrentActor) -> WarningRunRead:
    """Try all warning rules in force on everybody, as of an instant.

    Each applied review is followed by such a sweep, and there is one a day.
    """
    as_of = instant_or_now(body.as_of, tx, "/as_of")
    refuse_backdating(as_of, tx.at, actor, allowed=timedelta(days=settings_of(request).backdating_days))
    return _run(await request_run(tx, as_of, actor.subject))


@router.get("/warnings/runs", dependencies=[allow("tiers:read")])
async def list_warning_runs(
    tx: Tx, evaluation: Id | None = None, cursor: Cursor = None, limit: Limit = 50
) -> Page[WarningRunRead]:
    """Sweeps over all customers, newest first. `evaluation`: the one that followed this review."""
    before = read_cursor(cursor, datetime, UUID)
    runs = await sweeps.list_runs(tx, evaluation, before, limit + 1)
    return page_of([_run(run) for run in runs], limit, lambda run: (run.requested_at, run.id))


@router.get("/warnings/runs/{run_id}", dependencies=[allow("tiers:read")])
async def show_warning_run(run_id: Id, tx: Tx) -> WarningRunRead:
    """How far a sweep over all customers is, and what it raised."""
    return _run(await sweeps.load_run(tx, run_id))


@router.post("/warnings/runs/{run_id}/cancellation", dependencies=[allow("evaluations:run")])
async def cancel_warning_run(run_id: Id, tx: Tx, actor: CurrentActor) -> WarningRunRead:
    """Stop a sweep that is waiting or running."""
    return _run(await cancel_run(tx, run_id, actor.subject))


@router.get("/warnings", dependencies=[allow("tiers:read")])
async def list_warnings(
    tx: Tx,
    customer_id: Id | None = None,
    state: WarningStateFilter = None,
    rule: Id | None = None,
    cause: Code | None = None,
    severity: SeverityFilter = None,
    owner: Code | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[WarningRead]:
    """Early warnings, the highest expected loss first. `state=not_closed`: whatever still wants attention."""
    wanted = WarningFilter(customer_id, state, rule, cause, severity, owner)
    after = read_cursor(cursor, Decimal, UUID)
    listed = await warnings.list_warnings(tx, wanted, after, limit + 1)
    names, currency = await _names_and_currency(tx, listed)
    return page_of(
        [WarningRead(**_fields(warning, names, currency)) for warning in listed],
        limit,
        place_in_list,
    )


@router.get("/warnings/{warning_id}", dependencies=[allow("tiers:read")])
async def show_warning(warning_id: Id, tx: Tx) -> WarningHistoryRead:
    """A warning with everything that was done about it, by whom and when."""
    return await _with_history(tx, await warnings.read_warning(tx, warning_id))


@router.post("/warnings/{warning_id}/acknowledgement", dependencies=[allow("customers:write")])
async def acknowledge_warning(warning_id: Id, tx: Tx, actor: CurrentActor) -> WarningHistoryRead:
    """Say that a warning was seen."""
    return await _with_history(tx, await handlers.acknowledge_warning(tx, warning_id, actor.subject))


@router.post("/warnings/{warning_id}/steps", status_code=201, dependencies=[allow("customers:write")])
async def take_a_step(warning_id: Id, body: WarningStepCreate, tx: Tx, actor: CurrentActor) -> WarningHistoryRead:
    """Record what was done about a warning."""
    return await _with_history(tx, await handlers.take_a_step(tx, warning_id, body.step, body.note, actor.subject))


@router.post("/warnings/{warning_id}/closing", dependencies=[allow("customers:write")])
async def close_warning(warning_id: Id, body: ClosingCreate, tx: Tx, actor: CurrentActor) -> WarningHistoryRead:
    """Close a warning with a reason. While its cause lasts, another one is raised only when it gets worse."""
    return await _with_history(tx, await handlers.close_warning(tx, warning_id, body.reason, body.note, actor.subject))


async def _with_history(tx: Transaction, warning: EarlyWarning) -> WarningHistoryRead:
    names, currency = await _names_and_currency(tx, [warning])
    changes = await warnings.list_changes(tx, warning.warning_id)
    return WarningHistoryRead(
        **_fields(warning, names, currency), changes=[_change(change, currency) for change in changes]
    )


async def _names_and_currency(tx: Transaction, listed: Sequence[EarlyWarning]) -> tuple[RuleNames, str]:
    """The names of the rules behind these warnings, and the currency of their amounts."""
    versions = {(warning.rule_id, warning.rule_version) for warning in listed}
    rules = await warning_rules.list_compiled(tx, sorted(versions))
    return {(rule.rule_id, rule.version): rule.names for rule in rules}, (await find_business(tx)).currency


def _fields(warning: EarlyWarning, names: RuleNames, currency: str) -> dict[str, Any]:
    return {
        "id": warning.warning_id,
        "customer_id": warning.customer_id,
        "cause": warning.cause,
        "severity": warning.severity,
        "state": warning.state,
        "lasting": warning.lasting,
        "owner": warning.owner,
        "rule": WarningRuleReference(
            id=warning.rule_id, version=warning.rule_version, name=names[warning.rule_id, warning.rule_version]
        ),
        "as_of": warning.as_of,
        "raised_at": warning.raised_at,
        "evidence": dict(warning.evidence),
        "words": describe_evidence(warning.evidence, currency),
        "closed_at": warning.closed_at,
        "closed_by": warning.closed_by,
        "closing": warning.closing,
        "likelihood": plain(warning.likelihood),
        "value_at_stake": plain(warning.value_at_stake),
        "expected_loss": plain(warning.expected_loss),
        "factors": [LikelihoodFactorRead(**factor, words=describe_factor(factor)) for factor in warning.factors or ()],
    }


def _change(change: WarningChange, currency: str) -> WarningChangeRead:
    return WarningChangeRead(
        at=change.at,
        kind=change.kind,
        by=change.by,
        as_of=change.as_of,
        severity=change.severity,
        code=change.code,
        note=change.note,
        evidence=None if change.evidence is None else dict(change.evidence),
        words=None if change.evidence is None else describe_evidence(change.evidence, currency),
    )


def place_in_list(warning: WarningRead) -> tuple[Decimal, UUID]:
    """Where a warning stands in the list, for the cursor of the next page."""
    return Decimal(-1) if warning.expected_loss is None else Decimal(warning.expected_loss), warning.id


def _run(run: Sweep) -> WarningRunRead:
    return WarningRunRead(
        **job_fields(run.job),
        as_of=run.as_of,
        because=run.because,
        evaluation_id=run.evaluation_id,
        outcomes=run.outcomes,
    )
