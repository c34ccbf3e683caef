"""Warning rules (T12): written, listed, put in force by a second person, retired, tried on history."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from services.tiering_svc.core.dependencies import not_for_partners
from services.tiering_svc.core.domain.calendar import shift, spelled
from services.tiering_svc.core.domain.numbers import number
from services.tiering_svc.monitoring.domain.back_test import Measured, Ratio, RuleOutcome
from services.tiering_svc.monitoring.handlers import warning_rules as handlers
from services.tiering_svc.monitoring.handlers.back_tests import request_back_test
from services.tiering_svc.monitoring.repository import back_tests as warning_back_tests
from services.tiering_svc.monitoring.repository import warning_rules
from services.tiering_svc.monitoring.repository.back_tests import RuleBackTest
from services.tiering_svc.monitoring.repository.warning_rules import RuleVersion
from services.tiering_svc.monitoring.schemas.warnings import (
    LeadRead,
    RuleActivationCreate,
    RuleBackTestCreate,
    RuleBackTestRead,
    RuleCreate,
    RuleRead,
    RuleVersionRead,
    ShareRead,
)
from shared.chassis import CurrentActor, Cursor, Id, Limit, Page, Tx, allow, page_of, read_cursor, service_router
from shared.errors import invalid

router = service_router(prefix="/v1/warning-rules", tags=["warnings"], dependencies=[not_for_partners])


@router.get("", dependencies=[allow("tiers:read")])
async def list_warning_rules(tx: Tx, cursor: Cursor = None, limit: Limit = 50) -> Page[RuleVersionRead]:
    """Of each rule the version in force, or else the newest."""
    after = read_cursor(cursor, UUID)
    versions = await warning_rules.list_newest(tx, after[0] if after else None, limit + 1)
    return page_of([_version(version) for version in versions], limit, lambda version: (version.id,))


@router.post("", status_code=201, dependencies=[allow("policies:write")])
async def write_warning_rule(body: RuleCreate, tx: Tx, actor: CurrentActor) -> RuleVersionRead:
    return _version(await handlers.write_rule(tx, *_written(body), actor.subject))


@router.get("/{rule_id}", dependencies=[allow("tiers:read")])
async def show_warning_rule(rule_id: Id, tx: Tx) -> RuleRead:
    versions = await warning_rules.list_versions(tx, rule_id)
    shown = next((version for version in versions if version.status == "active"), versions[0])
    return RuleRead(**_version(shown).model_dump(), versions=[_version(version) for version in versions])


@router.post("/{rule_id}/versions", status_code=201, dependencies=[allow("policies:write")])
async def write_warning_rule_version(rule_id: Id, body: RuleCreate, tx: Tx, actor: CurrentActor) -> RuleVersionRead:
    return _version(await handlers.write_rule(tx, *_written(body), actor.subject, rule_id=rule_id))


@router.post("/{rule_id}/activation", dependencies=[allow("policies:approve")])
async def activate_warning_rule(
    rule_id: Id, tx: Tx, actor: CurrentActor, body: RuleActivationCreate | None = None
) -> RuleVersionRead:
    """From the next sweep on. The version in force before retires; warnings of the same cause go on."""
    version = None if body is None else body.version
    return _version(await handlers.activate_rule(tx, rule_id, version, actor.subject))


@router.post("/{rule_id}/retirement", dependencies=[allow("policies:approve")])
async def retire_warning_rule(rule_id: Id, tx: Tx, actor: CurrentActor) -> RuleVersionRead:
    """Its open warnings are closed by the next sweep."""
    return _version(await handlers.retire_rule(tx, rule_id, actor.subject))


@router.post("/{rule_id}/back-tests", status_code=202, dependencies=[allow("evaluations:run")])
async def start_rule_back_test(rule_id: Id, body: RuleBackTestCreate, tx: Tx, actor: CurrentActor) -> RuleBackTestRead:
    """What the rule would have been worth on the history there is, as of each month's end."""
    fall = number(body.outcome.fall_percent, "/outcome/fall_percent")
    if not 0 < fall <= 100:
        raise invalid("out_of_range", "More than 0 and at most 100.", pointer="/outcome/fall_percent")
    least = number(body.outcome.least_baseline, "/outcome/least_baseline")
    if least < 0:
        raise invalid("out_of_range", "At least 0.", pointer="/outcome/least_baseline")
    outcome = RuleOutcome(body.horizon_months, body.outcome.baseline_months, fall, least)
    first, last = _after(body.from_), _after(body.to)
    return _back_test(
        await request_back_test(tx, rule_id, body.version, first, last, outcome, body.severity, actor.subject)
    )


@router.get("/{rule_id}/back-tests", dependencies=[allow("tiers:read")])
async def list_rule_back_tests(rule_id: Id, tx: Tx, cursor: Cursor = None, limit: Limit = 50) -> Page[RuleBackTestRead]:
    """Newest first."""
    await warning_rules.list_versions(tx, rule_id)
    before = read_cursor(cursor, UUID)
    tests = await warning_back_tests.list_back_tests(tx, rule_id, before[0] if before else None, limit + 1)
    return page_of([_back_test(test) for test in tests], limit, lambda test: (test.id,))


@router.get("/{rule_id}/back-tests/{back_test_id}", dependencies=[allow("tiers:read")])
async def show_rule_back_test(rule_id: Id, back_test_id: Id, tx: Tx) -> RuleBackTestRead:
    return _back_test(await warning_back_tests.read_back_test(tx, rule_id, back_test_id))


def _after(month: str) -> date:
    """The beginning of the month after this one: where its end is looked at."""
    return shift(date.fromisoformat(f"{month}-01"), 1)


def _written(body: RuleCreate) -> tuple[dict[str, str], dict[str, object]]:
    return body.name.model_dump(), body.document.model_dump(mode="json", exclude_none=True)


def _version(version: RuleVersion) -> RuleVersionRead:
    return RuleVersionRead(
        id=version.rule_id,
        version=version.version,
        status=version.status,
        cause=version.cause,
        name=version.name,
        document=dict(version.document),
        author=version.author,
        created_at=version.created_at,
        activated_by=version.activated_by,
        activated_at=version.activated_at,
        retired_by=version.retired_by,
        retired_at=version.retired_at,
    )


def _back_test(test: RuleBackTest) -> RuleBackTestRead:
    measured = Measured.from_data(test.measured or {})
    return RuleBackTestRead(
        id=test.back_test_id,
        rule_id=test.rule_id,
        rule_version=test.rule_version,
        from_=spelled(shift(test.first_month, -1)),
        to=spelled(shift(test.last_month, -1)),
        severity=test.severity,
        horizon_months=test.horizon_months,
        outcome={
            "baseline_months": test.baseline_months,
            "fall_percent": format(test.fall.normalize(), "f"),
            "least_baseline": format(test.least_baseline.normalize(), "f"),
        },
        requested_by=test.requested_by,
        requested_at=test.requested_at,
        finished_at=test.finished_at,
        customers=test.customers,
        warnings=measured.precision.whole,
        precision=_share(measured.precision),
        recall=_share(measured.recall),
        base_rate=_share(measured.base_rate),
        lead_days=LeadRead(
            median=measured.lead_quantile(0.5),
            quarter=measured.lead_quantile(0.25),
            three_quarters=measured.lead_quantile(0.75),
        ),
        not_known=measured.not_known,
        not_measured=measured.not_measured,
    )


def _share(ratio: Ratio) -> ShareRead:
    low, high = ratio.interval or (None, None)
    return ShareRead(part=ratio.part, of=ratio.whole, share=_said(ratio.share), low=_said(low), high=_said(high))


def _said(share: float | None) -> str | None:
    return None if share is None else str(Decimal(share).quantize(Decimal("0.0001")))
