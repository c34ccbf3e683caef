"""Warning rules (T12): written, listed, put in force by a second person, retired, tried on history."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.tiering_svc.core.dependencies import not_for_partners
from services.tiering_svc.core.domain.calendar import shift, spelled
from services.tiering_svc.core.domain.numbers import number
from services.tiering_svc.monitoring.domain.back_test import Measured, Ratio, RuleOutcome
from services.tiering_svc.monitoring.handlers.back_tests import cancel_back_test, request_back_test
from services.tiering_svc.monitoring.repository import back_tests as warning_back_tests
from services.tiering_svc.monitoring.repository.back_tests import RuleBackTest
from services.tiering_svc.monitoring.repository.warning_rules import WARNING_RULES
from services.tiering_svc.monitoring.schemas.warnings import (
    LeadRead,
    RuleBackTestCreate,
    RuleBackTestRead,
    ShareRead,
    WarningRuleDocument,
    WarningRuleVersion,
)
from shared.chassis import CurrentActor, Cursor, Id, Limit, Page, Tx, allow, page_of, read_cursor, service_router
from shared.errors import invalid
from shared.jobs.http import job_fields
from shared.messaging import Transaction
from shared.rule_sets import RuleSetVersion, VersionKey, load_version, rule_set_routes

router = service_router(prefix="/v1/warning-rules", tags=["warnings"], dependencies=[not_for_partners])


async def _causes_of(tx: Transaction, versions: Sequence[RuleSetVersion]) -> Mapping[VersionKey, Mapping[str, Any]]:
    return {(version.id, version.version): {"cause": version.slot} for version in versions}


rules = rule_set_routes(
    WARNING_RULES, "/v1/warning-rules", WarningRuleDocument, singular="warning_rule", tags=["warnings"],
    read="tiers:read", dependencies=[not_for_partners], named=True, version_read=WarningRuleVersion, facts=_causes_of,
)  # fmt: skip


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
    await load_version(tx, WARNING_RULES, rule_id, None)  # there is such a rule
    before = read_cursor(cursor, UUID)
    tests = await warning_back_tests.list_back_tests(tx, rule_id, before[0] if before else None, limit + 1)
    return page_of([_back_test(test) for test in tests], limit, lambda test: (test.id,))


@router.get("/{rule_id}/back-tests/{back_test_id}", dependencies=[allow("tiers:read")])
async def show_rule_back_test(rule_id: Id, back_test_id: Id, tx: Tx) -> RuleBackTestRead:
    return _back_test(await warning_back_tests.read_back_test(tx, rule_id, back_test_id))


@router.post("/{rule_id}/back-tests/{back_test_id}/cancellation", dependencies=[allow("evaluations:run")])
async def cancel_rule_back_test(rule_id: Id, back_test_id: Id, tx: Tx, actor: CurrentActor) -> RuleBackTestRead:
    return _back_test(await cancel_back_test(tx, rule_id, back_test_id, actor.subject))


def _after(month: str) -> date:
    """The beginning of the month after this one: where its end is looked at."""
    return shift(date.fromisoformat(f"{month}-01"), 1)


def _back_test(test: RuleBackTest) -> RuleBackTestRead:
    measured = Measured.from_data(test.measured)
    return RuleBackTestRead(
        **job_fields(test.job),
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
