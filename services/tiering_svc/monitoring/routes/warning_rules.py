"""Warning rules (T12): written, listed, put in force by a second person, retired, tried on history."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from services.tiering_svc.core.domain.calendar import shift, spelled
from services.tiering_svc.core.domain.numbers import number
from services.tiering_svc.monitoring.domain.back_test import LossDefinition, Ratio, RulePerformance
from services.tiering_svc.monitoring.domain.likelihood.reliability import Reliability
from services.tiering_svc.monitoring.domain.subjects import CUSTOMER
from services.tiering_svc.monitoring.handlers.back_tests import cancel_back_test, request_back_test
from services.tiering_svc.monitoring.repository import back_tests
from services.tiering_svc.monitoring.repository.back_tests import RuleBackTest
from services.tiering_svc.monitoring.repository.warning_rules import WARNING_RULES
from services.tiering_svc.monitoring.routes.reliability import four_places, reliability_read
from services.tiering_svc.monitoring.schemas.warnings import (
    LeadRead,
    RuleBackTestCreate,
    RuleBackTestRead,
    ShareRead,
    WarningRuleDocument,
    WarningRuleVersion,
)
from shared.chassis import (
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
from shared.errors import conflict, invalid
from shared.jobs.http import job_fields
from shared.messaging import Transaction
from shared.rule_sets import RuleSetVersion, VersionKey, load_version, rule_set_routes

router = service_router(prefix="/v1/warning-rules", tags=["warnings"], dependencies=[staff_only])


async def _causes_of(tx: Transaction, versions: Sequence[RuleSetVersion]) -> Mapping[VersionKey, Mapping[str, Any]]:
    return {(version.id, version.version): {"cause": version.slot} for version in versions}


rules = rule_set_routes(
    WARNING_RULES, "/v1/warning-rules", WarningRuleDocument, singular="warning_rule", tags=["warnings"],
    read="tiers:read", dependencies=[staff_only], named=True, version_read=WarningRuleVersion, facts=_causes_of,
)  # fmt: skip


@router.post("/{rule_id}/back-tests", status_code=202, dependencies=[allow("evaluations:run")])
async def start_rule_back_test(rule_id: Id, body: RuleBackTestCreate, tx: Tx, actor: CurrentActor) -> RuleBackTestRead:
    """Try a rule on the history there is, as of each month's end."""
    fall = number(body.outcome.fall_percent, "/outcome/fall_percent")
    if not 0 < fall <= 100:
        raise invalid("out_of_range", "More than 0 and at most 100.", pointer="/outcome/fall_percent")
    least = number(body.outcome.least_baseline, "/outcome/least_baseline")
    if least < 0:
        raise invalid("out_of_range", "At least 0.", pointer="/outcome/least_baseline")
    loss = LossDefinition(body.horizon_months, body.outcome.baseline_months, fall, least)
    first, last = _month_after(body.from_), _month_after(body.to)
    version = await load_version(tx, WARNING_RULES, rule_id, body.version)
    if version.document.get("subject") not in (None, CUSTOMER):
        raise conflict("rule_of_classes", "Only rules about customers can be tried on their history.")
    return _back_test(
        await request_back_test(tx, rule_id, body.version, first, last, loss, body.severity, actor.subject)
    )


@router.get("/{rule_id}/back-tests", dependencies=[allow("tiers:read")])
async def list_rule_back_tests(rule_id: Id, tx: Tx, cursor: Cursor = None, limit: Limit = 50) -> Page[RuleBackTestRead]:
    """The back-tests of a rule, newest first."""
    await load_version(tx, WARNING_RULES, rule_id, None)  # there is such a rule
    before = read_cursor(cursor, UUID)
    listed = await back_tests.list_back_tests(tx, rule_id, before[0] if before else None, limit + 1)
    return page_of([_back_test(back_test) for back_test in listed], limit, lambda back_test: (back_test.id,))


@router.get("/{rule_id}/back-tests/{back_test_id}", dependencies=[allow("tiers:read")])
async def show_rule_back_test(rule_id: Id, back_test_id: Id, tx: Tx) -> RuleBackTestRead:
    """How far a back-test of a rule is, and what the rule would have raised."""
    return _back_test(await back_tests.read_back_test(tx, rule_id, back_test_id))


@router.post("/{rule_id}/back-tests/{back_test_id}/cancellation", dependencies=[allow("evaluations:run")])
async def cancel_rule_back_test(rule_id: Id, back_test_id: Id, tx: Tx, actor: CurrentActor) -> RuleBackTestRead:
    """Stop a back-test that is waiting or running."""
    return _back_test(await cancel_back_test(tx, rule_id, back_test_id, actor.subject))


def _month_after(month: str) -> date:
    """The beginning of the month after this one, which is the end of this one."""
    return shift(date.fromisoformat(f"{month}-01"), 1)


def _back_test(back_test: RuleBackTest) -> RuleBackTestRead:
    performance = RulePerformance.from_data(back_test.measured)
    return RuleBackTestRead(
        **job_fields(back_test.job),
        rule_id=back_test.rule_id,
        rule_version=back_test.rule_version,
        from_=spelled(shift(back_test.first_month, -1)),
        to=spelled(shift(back_test.last_month, -1)),
        severity=back_test.severity,
        horizon_months=back_test.horizon_months,
        outcome={
            "baseline_months": back_test.baseline_months,
            "fall_percent": format(back_test.fall.normalize(), "f"),
            "least_baseline": format(back_test.least_baseline.normalize(), "f"),
        },
        warnings=performance.precision.whole,
        precision=_share(performance.precision),
        recall=_share(performance.recall),
        base_rate=_share(performance.base_rate),
        lead_days=LeadRead(
            median=performance.lead_quantile(0.5),
            quarter=performance.lead_quantile(0.25),
            three_quarters=performance.lead_quantile(0.75),
        ),
        not_known=performance.not_known,
        not_measured=performance.not_measured,
        reliability=reliability_read(
            Reliability.from_data(back_test.reliability), of_rules=[performance.precision.whole]
        ),
    )


def _share(ratio: Ratio) -> ShareRead:
    low, high = ratio.interval or (None, None)
    return ShareRead(
        part=ratio.part, of=ratio.whole, share=four_places(ratio.share), low=four_places(low), high=four_places(high)
    )
