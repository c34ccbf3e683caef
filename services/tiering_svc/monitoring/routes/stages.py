"""Stages and relationship types (T11): of one customer as of any instant, and counted over all of them."""

from collections import Counter
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query

from services.tiering_svc.core.dependencies import AsOf, MonthsBack, instant_or_now
from services.tiering_svc.core.repository.as_of import PointInTime
from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.customers.dependencies import VisibleCustomer
from services.tiering_svc.customers.domain import Responsible, managers_of, responsible_for
from services.tiering_svc.customers.repository import list_deputies
from services.tiering_svc.monitoring.dependencies import CustomerIds, OwnerFilter, RegionFilter, TierFilter
from services.tiering_svc.monitoring.domain.audience import readable_reasons
from services.tiering_svc.monitoring.domain.relationship import TierSizes, relationship_of
from services.tiering_svc.monitoring.domain.stage import STAGES, stage_of
from services.tiering_svc.monitoring.domain.stage_history import StagePeriod, instants_of, stage_periods
from services.tiering_svc.monitoring.handlers.sweeps import tier_sizes_in
from services.tiering_svc.monitoring.repository import monthly_series, stages, sweeps
from services.tiering_svc.monitoring.repository.stage_rules import STAGE_RULES, load_stage_setting
from services.tiering_svc.monitoring.repository.stages import StagedCustomer, StageFilter
from services.tiering_svc.monitoring.schemas.stages import (
    ClassificationRead,
    CustomerStageRead,
    CustomerStagesRead,
    RelationshipCode,
    StageCountRead,
    StagedCustomerRead,
    StagePeriodRead,
    StageRulesDocument,
    StagesRead,
)
from services.tiering_svc.monitoring.texts.stages import (
    RELATIONSHIP_NAMES,
    STAGE_NAMES,
    describe_relationship,
    describe_stage,
)
from services.tiering_svc.retention.repository.churn import find_rhythm, load_rhythms
from shared.chassis import (
    CurrentActor,
    Cursor,
    Limit,
    Page,
    Tx,
    allow,
    data_scope,
    list_visible_members,
    page_of,
    read_cursor,
    service_router,
    staff_only,
)
from shared.chassis.audience import hidden_fields
from shared.errors import not_found
from shared.messaging import Transaction
from shared.rule_sets import rule_set_routes

router = service_router(prefix="/v1", tags=["stages"])

StageFilterCode = Annotated[
    Literal["acquire", "expand", "retain", "dormant", "lost"] | None, Query(description="customers in this stage")
]
RelationshipFilter = Annotated[RelationshipCode | None, Query(description="customers with this relationship type")]


@router.get("/customers/{customer_id}/stage", dependencies=[allow("tiers:read")])
async def show_stage(
    customer_id: VisibleCustomer, tx: Tx, actor: CurrentActor, as_of: AsOf = None
) -> CustomerStageRead:
    """A customer's stage and relationship type, by the facts and the rules as of an instant.

    The sizes of the tiers are those of the last sweep by then. Partners are shown the relationship type without the
    size of the tier, and of who are one what is of the customers that they know; margins only who may read them.
    """
    instant = instant_or_now(as_of, tx, "/as_of")
    business = await find_business(tx)
    setting = await load_stage_setting(tx, instant)
    rules = setting.rules
    members = await list_visible_members(tx, actor, customer_id)
    series = await monthly_series.load_series_of(tx, members, instant, business.zone, rules.relationship.margin_months)
    tier = (await stages.list_tiers(tx, [customer_id], instant)).get(customer_id)
    rhythm = await find_rhythm(tx, PointInTime(instant, tx.at, True), members)
    stage = stage_of(series, rhythm, rules.stage, setting.churn)
    relationship = relationship_of(series, tier, await _tier_sizes(tx, instant), rules.relationship)
    assert stage.code is not None  # there is always one
    last_swept = await stages.find_stage_since(tx, customer_id) if as_of is None else None
    reasons = readable_reasons(relationship.reasons, hidden_fields(actor), internal=actor.source is None)
    return CustomerStageRead(
        customer_id=customer_id,
        as_of=instant,
        stage=ClassificationRead(
            code=stage.code,
            name=STAGE_NAMES[stage.code],
            words=describe_stage(stage.code, stage.reasons),
            reasons=stage.reasons,
        ),
        since=last_swept[1] if last_swept is not None and last_swept[0] == stage.code else None,
        relationship=ClassificationRead(
            code=relationship.code,
            name=None if relationship.code is None else RELATIONSHIP_NAMES[relationship.code],
            words=describe_relationship(relationship.code, reasons),
            reasons=reasons,
        ),
    )


@router.get("/customers/{customer_id}/stages", dependencies=[allow("tiers:read"), staff_only])
async def list_stages_of_customer(
    customer_id: VisibleCustomer, tx: Tx, as_of: AsOf = None, months: MonthsBack = 12
) -> CustomerStagesRead:
    """A customer's stages through time, by the facts as of the end of each month, and by the rules in force
    as of the instant asked about."""
    instant = instant_or_now(as_of, tx, "/as_of")
    zone = (await find_business(tx)).zone
    setting = await load_stage_setting(tx, instant)
    stages_at = []
    for at in instants_of(instant, months, zone):
        [series] = await monthly_series.load_monthly_series(tx, [customer_id], at, zone, frozenset(), 1)
        rhythms = await load_rhythms(tx, PointInTime(at, tx.at, True), [customer_id])
        stages_at.append((at, stage_of(series, rhythms.get(customer_id), setting.rules.stage, setting.churn)))
    return CustomerStagesRead(
        customer_id=customer_id, as_of=instant, items=[_period(period) for period in stage_periods(stages_at)]
    )


def _period(period: StagePeriod) -> StagePeriodRead:
    code, reasons = period.stage
    assert code is not None  # there is always one
    return StagePeriodRead(
        stage=code,
        name=STAGE_NAMES[code],
        since=period.since,
        until=period.until,
        words=describe_stage(code, reasons),
        reasons=reasons,
    )


async def _tier_sizes(tx: Transaction, as_of: datetime) -> TierSizes:
    run = await sweeps.find_finished_by(tx, as_of)
    return await stages.count_tiers(tx, as_of) if run is None or run.setting is None else tier_sizes_in(run.setting)


@router.get("/stages", dependencies=[allow("tiers:read"), staff_only])
async def count_stages(tx: Tx, as_of: AsOf = None) -> StagesRead:
    """How many customers are in which stage, as the last sweep by that instant counted them."""
    run = await sweeps.find_finished_by(tx, instant_or_now(as_of, tx, "/as_of"))
    if run is None:
        raise not_found("no_sweep_then", "No sweep had been made by then.")
    counted: dict[str, Counter[str]] = {stage: Counter() for stage in STAGES}
    for code, customers in run.stages.items():
        stage, _, relationship = code.partition("/")
        counted[stage][relationship or "unknown"] += customers
    return StagesRead(
        as_of=run.as_of,
        run_id=run.run_id,
        customers=run.job.done,
        stages=[
            StageCountRead(
                stage=stage,
                name=STAGE_NAMES[stage],
                customers=relationships.total(),
                relationships=dict(relationships),
            )
            for stage, relationships in counted.items()
        ],
    )


@router.get("/stages/customers", dependencies=[allow("tiers:read"), staff_only])
async def list_staged_customers(
    tx: Tx,
    actor: CurrentActor,
    ids: CustomerIds = None,
    stage: StageFilterCode = None,
    relationship: RelationshipFilter = None,
    tier: TierFilter = None,
    region: RegionFilter = None,
    owner: OwnerFilter = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[StagedCustomerRead]:
    """Customers with their stages and relationship types as the last sweep found them, in the order of their ids."""
    deputies = await list_deputies(tx, tx.at)
    responsible = None if owner is None else managers_of(owner, deputies)
    wanted = StageFilter(ids, stage, relationship, tier, region, responsible, data_scope(tx, actor))
    after = read_cursor(cursor, UUID)
    listed = await stages.list_stages(tx, wanted, after[0] if after else None, limit + 1)
    return page_of(
        [_staged(customer, responsible_for(customer.manager, deputies)) for customer in listed],
        limit,
        lambda customer: (customer.customer_id,),
    )


def _staged(customer: StagedCustomer, responsible: Responsible) -> StagedCustomerRead:
    return StagedCustomerRead(
        customer_id=customer.customer_id,
        manager=responsible.manager,
        deputy=responsible.deputy,
        owner=responsible.owner,
        stage=customer.stage,
        relationship=customer.relationship,
        since=customer.since,
        tier=customer.tier,
        region=customer.region,
    )


rules = rule_set_routes(
    STAGE_RULES,
    "/v1/stage-rules",
    StageRulesDocument,
    singular="stage_rules",
    tags=["stages"],
    read="tiers:read",
    dependencies=[staff_only],
)
