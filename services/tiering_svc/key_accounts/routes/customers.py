"""One customer as a key account, or excluded, and its risks (T8): now, at any past instant, and why."""

from typing import Annotated, Literal

from fastapi import Query

from services.tiering_svc.core.dependencies import AsOf, instant_or_now, source_of
from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.customers.repository import check_known
from services.tiering_svc.key_accounts.handlers import key_accounts as handlers
from services.tiering_svc.key_accounts.handlers import risk_flags as risk_handlers
from services.tiering_svc.key_accounts.repository import key_accounts
from services.tiering_svc.key_accounts.repository import risk_flags as risks
from services.tiering_svc.key_accounts.routes.reads import class_read, flag_read, nomination_read
from services.tiering_svc.key_accounts.schemas import (
    AccountClassRead,
    CustomerKeyAccountRead,
    CustomerRisksRead,
    EndingCreate,
    RiskFlagCreate,
    RiskFlagRead,
)
from services.tiering_svc.key_accounts.texts.classes import class_in_words
from shared.chassis import CurrentActor, Id, Tx, allow, service_router

router = service_router(prefix="/v1/customers/{customer_id}", tags=["key accounts"])

Language = Annotated[Literal["en", "zh"], Query(alias="lang")]


@router.get("/key-account", dependencies=[allow("tiers:read")])
async def show_key_account(
    customer_id: Id, tx: Tx, actor: CurrentActor, at: AsOf = None, language: Language = "en"
) -> CustomerKeyAccountRead:
    """Whether it is one, and why: what was kept with the decision. A partner is not told reasons."""
    await check_known(tx, customer_id, source_of(actor))
    instant, inside = instant_or_now(at, tx, "/at"), actor.partner_id is None
    held = await key_accounts.find_class_at(tx, customer_id, instant)
    nomination = None
    if held is not None and inside:
        nomination = await key_accounts.find_nomination(tx, held.class_id, held.class_code)
    zone = (await find_business(tx)).zone
    return CustomerKeyAccountRead(
        customer_id=customer_id,
        at=instant,
        is_key_account=held is not None and held.class_code == "key",
        excluded=held is not None and held.class_code == "excluded",
        held=None if held is None else class_read(held, reasons=inside),
        nomination=None if nomination is None else nomination_read(nomination),
        history=[class_read(one, reasons=inside) for one in await key_accounts.list_history(tx, customer_id)],
        words=class_in_words(held, nomination, language, zone),
    )


@router.post("/key-account/end", dependencies=[allow("policies:approve")])
async def end_key_account(customer_id: Id, body: EndingCreate, tx: Tx, actor: CurrentActor) -> AccountClassRead:
    """A key account is none any more from now on."""
    await check_known(tx, customer_id, source_of(actor))
    return class_read(await handlers.end_class(tx, customer_id, "key", actor.subject, body.reason))


@router.post("/exclusion/end", dependencies=[allow("policies:approve")])
async def end_exclusion(customer_id: Id, body: EndingCreate, tx: Tx, actor: CurrentActor) -> AccountClassRead:
    """A customer is served again from now on."""
    await check_known(tx, customer_id, source_of(actor))
    return class_read(await handlers.end_class(tx, customer_id, "excluded", actor.subject, body.reason))


@router.get("/risks", dependencies=[allow("tiers:read")])
async def show_risks(
    customer_id: Id, tx: Tx, actor: CurrentActor, at: AsOf = None, language: Language = "en"
) -> CustomerRisksRead:
    """The flags that were up then. Rules look at key accounts; a flag set by hand can be on anybody."""
    await check_known(tx, customer_id, source_of(actor))
    instant, inside = instant_or_now(at, tx, "/at"), actor.partner_id is None
    zone = (await find_business(tx)).zone
    flags = await risks.list_at(tx, customer_id, instant)
    return CustomerRisksRead(
        customer_id=customer_id,
        at=instant,
        checked_at=await risks.find_checked(tx, customer_id),
        items=[flag_read(flag, language, zone, reasons=inside) for flag in flags],
    )


@router.post("/risks", status_code=201, dependencies=[allow("team:write", "policies:write")])
async def flag_a_risk(customer_id: Id, body: RiskFlagCreate, tx: Tx, actor: CurrentActor) -> RiskFlagRead:
    """By hand, with a reason and an end."""
    await check_known(tx, customer_id, source_of(actor))
    flag = await risk_handlers.set_flag_by_hand(
        tx, customer_id, body.risk, body.reason, body.until, actor.subject
    )  # fmt: skip
    return flag_read(flag, "en", (await find_business(tx)).zone)


@router.post("/risks/{flag_id}/end", dependencies=[allow("team:write", "policies:write")])
async def clear_a_risk(customer_id: Id, flag_id: Id, body: EndingCreate, tx: Tx, actor: CurrentActor) -> RiskFlagRead:
    """Only what was set by hand: a rule clears what it raised."""
    await check_known(tx, customer_id, source_of(actor))
    flag = await risk_handlers.clear_flag_by_hand(tx, customer_id, flag_id, body.reason, actor.subject)
    return flag_read(flag, "en", (await find_business(tx)).zone)
