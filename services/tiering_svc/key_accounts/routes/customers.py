"""One customer as a key account, or excluded, and its risks (T8): now, at any past instant, and why."""

from typing import Annotated

from fastapi import Query

from services.tiering_svc.core.dependencies import AsOf, instant_or_now
from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.customers.dependencies import VisibleCustomer
from services.tiering_svc.key_accounts.domain.audience import readable_nomination
from services.tiering_svc.key_accounts.handlers import key_accounts as handlers
from services.tiering_svc.key_accounts.handlers import risk_flags as risk_handlers
from services.tiering_svc.key_accounts.repository import key_accounts, risk_flags
from services.tiering_svc.key_accounts.routes.reads import class_read, flag_read, nomination_read
from services.tiering_svc.key_accounts.schemas import (
    AccountClassRead,
    CustomerKeyAccountRead,
    CustomerRisksRead,
    EndingCreate,
    RiskFlagCreate,
    RiskFlagRead,
)
from services.tiering_svc.key_accounts.texts import Language, describe_class
from shared.chassis import CurrentActor, Id, Tx, allow, list_visible_members, service_router
from shared.chassis.audience import hidden_fields

router = service_router(prefix="/v1/customers/{customer_id}", tags=["key accounts"])

LanguageQuery = Annotated[Language, Query(alias="lang")]


@router.get("/key-account", dependencies=[allow("tiers:read")])
async def show_key_account(
    customer_id: VisibleCustomer, tx: Tx, actor: CurrentActor, as_of: AsOf = None, language: LanguageQuery = "en"
) -> CustomerKeyAccountRead:
    """Whether it is one, and why: what was kept with the decision. A partner is not told reasons."""
    instant, internal, hidden = instant_or_now(as_of, tx, "/as_of"), actor.source is None, hidden_fields(actor)
    members = await list_visible_members(tx, actor, customer_id)
    held = await key_accounts.find_class_at(tx, members, instant)
    nomination = None
    if held is not None and internal:
        nomination = await key_accounts.find_nomination(tx, held.class_id, held.class_code)
        nomination = readable_nomination(nomination, hidden)
    zone = (await find_business(tx)).zone
    history = await key_accounts.list_history(tx, members)
    return CustomerKeyAccountRead(
        customer_id=customer_id,
        as_of=instant,
        is_key_account=held is not None and held.class_code == "key",
        excluded=held is not None and held.class_code == "excluded",
        held=None if held is None else class_read(held, internal=internal),
        nomination=None if nomination is None else nomination_read(nomination, hidden),
        history=[class_read(account_class, internal=internal) for account_class in history],
        words=describe_class(held, nomination, language, zone),
    )


@router.post("/key-account/end", dependencies=[allow("policies:approve")])
async def end_key_account(
    customer_id: VisibleCustomer, body: EndingCreate, tx: Tx, actor: CurrentActor
) -> AccountClassRead:
    """A customer is a key account no longer; the risk flags of rules go with it."""
    return class_read(await handlers.end_class(tx, customer_id, "key", actor.subject, body.reason))


@router.post("/exclusion/end", dependencies=[allow("policies:approve")])
async def end_exclusion(
    customer_id: VisibleCustomer, body: EndingCreate, tx: Tx, actor: CurrentActor
) -> AccountClassRead:
    """A customer is served again from now on."""
    return class_read(await handlers.end_class(tx, customer_id, "excluded", actor.subject, body.reason))


@router.get("/risks", dependencies=[allow("tiers:read")])
async def show_risks(
    customer_id: VisibleCustomer, tx: Tx, actor: CurrentActor, as_of: AsOf = None, language: LanguageQuery = "en"
) -> CustomerRisksRead:
    """The flags that were up then. Rules check key accounts; a flag set by hand can be on anybody."""
    instant, internal, hidden = instant_or_now(as_of, tx, "/as_of"), actor.source is None, hidden_fields(actor)
    zone = (await find_business(tx)).zone
    members = await list_visible_members(tx, actor, customer_id)
    flags = await risk_flags.list_at(tx, members, instant)
    return CustomerRisksRead(
        customer_id=customer_id,
        as_of=instant,
        checked_at=await risk_flags.find_checked(tx, members),
        items=[flag_read(flag, language, zone, hidden, internal=internal) for flag in flags],
    )


@router.post("/risks", status_code=201, dependencies=[allow("team:write", "policies:write")])
async def flag_a_risk(customer_id: VisibleCustomer, body: RiskFlagCreate, tx: Tx, actor: CurrentActor) -> RiskFlagRead:
    """Raise a risk flag by hand, with a reason and an end."""
    flag = await risk_handlers.set_flag_by_hand(tx, customer_id, body.risk, body.reason, body.until, actor.subject)
    return flag_read(flag, "en", (await find_business(tx)).zone, hidden_fields(actor))


@router.post("/risks/{flag_id}/end", dependencies=[allow("team:write", "policies:write")])
async def end_a_risk(
    customer_id: VisibleCustomer, flag_id: Id, body: EndingCreate, tx: Tx, actor: CurrentActor
) -> RiskFlagRead:
    """Only what was set by hand: a rule clears what it raised."""
    flag = await risk_handlers.clear_flag_by_hand(tx, customer_id, flag_id, body.reason, actor.subject)
    return flag_read(flag, "en", (await find_business(tx)).zone, hidden_fields(actor))
