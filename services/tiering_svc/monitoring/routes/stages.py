"""Stages and relationship types (T11): of one customer as of any instant, and counted over all of them."""

from collections import Counter
from datetime import datetime

from services.tiering_svc.core.dependencies import AsOf, instant_or_now, not_for_partners, source_of
from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.customers.repository import check_known
from services.tiering_svc.monitoring.domain.stage import (
    STAGES,
    Classes,
    relationship_of,
    stage_of,
)
from services.tiering_svc.monitoring.handlers.sweeps import classes_in
from services.tiering_svc.monitoring.repository import monthly_series as observed
from services.tiering_svc.monitoring.repository import stages, sweeps
from services.tiering_svc.monitoring.repository.stage_rules import STAGE_RULES
from services.tiering_svc.monitoring.schemas.stages import (
    CustomerStageRead,
    JudgedRead,
    StageCountRead,
    StageRulesDocument,
    StagesRead,
)
from services.tiering_svc.monitoring.texts.stages import (
    RELATIONSHIP_NAMES,
    STAGE_NAMES,
    relationship_in_words,
    stage_in_words,
)
from shared.chassis import CurrentActor, Id, Tx, allow, service_router
from shared.errors import not_found
from shared.messaging import Transaction
from shared.rule_sets import load_in_force, rule_set_routes

router = service_router(prefix="/v1", tags=["stages"])


@router.get("/customers/{customer_id}/stage", dependencies=[allow("tiers:read")])
async def show_stage(customer_id: Id, tx: Tx, actor: CurrentActor, as_of: AsOf = None) -> CustomerStageRead:
    """Told from the facts as of that instant. The sizes of the classes are those of the last sweep by then."""
    await check_known(tx, customer_id, source_of(actor))
    instant = instant_or_now(as_of, tx, "/as_of")
    business = await find_business(tx)
    rules = (await load_in_force(tx, STAGE_RULES)).rules
    [seen] = await observed.load_monthly_series(
        tx, [customer_id], instant, business.zone, frozenset(), rules.margin_months
    )
    tier = (await stages.list_tiers(tx, [customer_id], instant)).get(customer_id)
    stage = stage_of(seen, rules)
    relationship = relationship_of(seen, tier, await _classes(tx, instant), rules)
    assert stage.code is not None  # there is always one
    found = await stages.find_since(tx, customer_id) if as_of is None else None
    return CustomerStageRead(
        customer_id=customer_id,
        as_of=instant,
        stage=JudgedRead(
            code=stage.code,
            name=STAGE_NAMES[stage.code],
            words=stage_in_words(stage.code, stage.reasons),
            reasons=stage.reasons,
        ),
        since=found[1] if found is not None and found[0] == stage.code else None,
        relationship=JudgedRead(
            code=relationship.code,
            name=None if relationship.code is None else RELATIONSHIP_NAMES[relationship.code],
            words=relationship_in_words(relationship.code, relationship.reasons),
            reasons=relationship.reasons,
        ),
    )


async def _classes(tx: Transaction, as_of: datetime) -> Classes:
    run = await sweeps.find_finished_by(tx, as_of)
    return await stages.read_classes(tx, as_of) if run is None or run.setting is None else classes_in(run.setting)


@router.get("/stages", dependencies=[allow("tiers:read"), not_for_partners])
async def count_stages(tx: Tx, as_of: AsOf = None) -> StagesRead:
    """As the last sweep by that instant counted them."""
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
                stage=stage, name=STAGE_NAMES[stage], customers=relations.total(), relationships=dict(relations)
            )
            for stage, relations in counted.items()
        ],
    )


rules = rule_set_routes(
    STAGE_RULES,
    "/v1/stage-rules",
    StageRulesDocument,
    singular="stage_rules",
    tags=["stages"],
    read="tiers:read",
    dependencies=[not_for_partners],
)
