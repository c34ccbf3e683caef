"""A customer's tier: now, its history, and why (T9, T10)."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Annotated, Any

from fastapi import Query

from services.tiering_svc.core.dependencies import AsOf, KnownAt, instant_or_now
from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.core.schemas.shapes import PolicyReference
from services.tiering_svc.customers.dependencies import VisibleCustomer, is_one_with_others
from services.tiering_svc.customers.repository import list_sources
from services.tiering_svc.indicators.domain.catalogue import INDICATORS
from services.tiering_svc.key_accounts.repository import key_accounts
from services.tiering_svc.key_accounts.texts import describe_class
from services.tiering_svc.policies import repository as policies
from services.tiering_svc.policies.domain.policy import Policy
from services.tiering_svc.tiers import handlers as overrides
from services.tiering_svc.tiers.domain.audience import hidden_with_group, readable_next, readable_reasons
from services.tiering_svc.tiers.domain.tier_view import Development, TierView
from services.tiering_svc.tiers.repository import history as reading
from services.tiering_svc.tiers.repository import overrides as privileges
from services.tiering_svc.tiers.repository import standings
from services.tiering_svc.tiers.repository.history import HistoryRow
from services.tiering_svc.tiers.repository.tier_view import assess_now, load_joined_standing, load_tier_view
from services.tiering_svc.tiers.routes.overrides import show_privilege
from services.tiering_svc.tiers.schemas import (
    DevelopmentRead,
    ExplanationRead,
    FiguresRead,
    HistoryRead,
    HistoryRowRead,
    JoinedTierRead,
    NextTierRead,
    OverrideCreate,
    TierRead,
)
from services.tiering_svc.tiers.texts import Language, texts, write_explanation
from services.tiering_svc.tiers.texts.developments import write_developments
from shared.chassis import (
    CurrentActor,
    Id,
    Instant,
    Tx,
    allow,
    list_visible_members,
    service_router,
    staff_only,
    visible_customer,
)
from shared.chassis.audience import hidden_fields
from shared.customers import list_roots
from shared.errors import conflict, invalid, not_found
from shared.texts import sentences

router = service_router(prefix="/v1/customers/{customer_id}", tags=["tiers"])

ReadLanguage = Annotated[Language, Query(alias="lang")]

# `as_of` is what such an instant is called everywhere; the explanation's was published as `at`
Absorbed = Annotated[Id, Query(description="who would be absorbed")]
OtherName = Annotated[Instant | None, Query(description="another name of `as_of`")]


@router.get("/tier", dependencies=[allow("tiers:read")])
async def show_tier(customer_id: VisibleCustomer, tx: Tx, actor: CurrentActor) -> TierRead:
    """The tier now, since when and by which policy, and what is missing for the next one, as far as the reader may
    read it."""
    standing = await standings.find_standing(tx, customer_id)
    if standing is None or standing.since is None or standing.kind is None:
        raise not_found("no_tier_yet", "The customer has no tier yet: the first order gives one.")
    assert standing.tier is not None
    assert standing.policy_id is not None
    assert standing.policy_version is not None
    placed_by = await policies.load_policy(tx, standing.policy_id, standing.policy_version)
    view = await assess_now(tx, standing)
    hidden = hidden_with_group(
        view.assessment, view.policy, hidden_fields(actor), internal=actor.source is None,
        of_others=await is_one_with_others(tx, actor, customer_id),
    )  # fmt: skip
    kept = [until for until in (standing.grace_until, standing.kept_until, standing.overridden_until) if until]
    return TierRead(
        customer_id=customer_id,
        tier=standing.tier,
        name=placed_by.levels[standing.rank].names,
        rank=standing.rank,
        since=standing.since,
        kind=standing.kind,
        policy=PolicyReference(id=placed_by.policy_id, version=placed_by.version, name=placed_by.names),
        value=view.assessment.get("value") if hidden.isdisjoint(view.policy.measured) else None,
        next=_next_of(view, hidden),
        kept_until=max((until for until in kept if until > tx.at), default=None),
        below_since=standing.below_since,
        overridden_until=standing.overridden_until,
    )


@router.get("/tier/preview", dependencies=[allow("customers:merge"), staff_only])
async def show_joined_tier(
    customer_id: VisibleCustomer, absorbed: Absorbed, tx: Tx, actor: CurrentActor
) -> JoinedTierRead:
    """The tier that the customer and another one would have if they were found to be one now, by the facts of both."""
    await visible_customer(tx, actor, absorbed, list_sources)
    absorbed_id = (await list_roots(tx, [absorbed]))[absorbed]
    if absorbed_id == customer_id:
        raise conflict("already_one", "These two are one customer already.", pointer="/absorbed")
    standing = await load_joined_standing(tx, customer_id, absorbed_id)
    name = None
    if standing.policy_id is not None and standing.policy_version is not None:
        placed_by = await policies.load_policy(tx, standing.policy_id, standing.policy_version)
        name = placed_by.levels[standing.rank].names
    return JoinedTierRead(
        root_id=customer_id, absorbed_id=absorbed_id, tier=standing.tier, name=name,
        rank=None if standing.tier is None else standing.rank, overridden_until=standing.overridden_until,
    )  # fmt: skip


@router.get("/tier/history", dependencies=[allow("tiers:read")])
async def show_tier_history(
    customer_id: VisibleCustomer, tx: Tx, actor: CurrentActor, known_at: KnownAt = None
) -> HistoryRead:
    """Oldest first, as it was known at an instant: what a correction replaced later is still there before it."""
    known_at = instant_or_now(known_at, tx, "/known_at")
    rows = await reading.list_history(tx, customer_id, known_at)
    return HistoryRead(customer_id=customer_id, known_at=known_at, items=[_row(row) for row in rows])


@router.get("/tier/explanation", dependencies=[allow("tiers:read")])
async def explain_tier(
    customer_id: VisibleCustomer,
    tx: Tx,
    actor: CurrentActor,
    as_of: AsOf = None,
    at: OtherName = None,
    known_at: KnownAt = None,
    language: ReadLanguage = "en",
) -> ExplanationRead:
    """Why the customer was in its tier then: what the decision looked at when it was made, what happened since the tier
    began, and the figures of that instant with what is missing for the next level, by the policy in force then."""
    if as_of is not None and at is not None and as_of != at:
        raise invalid("two_instants", "as_of and at are names of one instant.", pointer="/at")
    at = instant_or_now(as_of or at, tx, "/at" if as_of is None else "/as_of")
    known_at = instant_or_now(known_at, tx, "/known_at")
    row = _in_force(await reading.list_history(tx, customer_id, known_at), at)
    view = await load_tier_view(tx, customer_id, row.starts_at, at, known_at)
    business = await find_business(tx)
    hidden, internal = hidden_fields(actor), actor.source is None
    of_others = await is_one_with_others(tx, actor, customer_id)
    reasons = readable_reasons(row.reasons, hidden, internal=internal, of_others=of_others)
    figures = readable_reasons(view.assessment, hidden, internal=internal, of_others=of_others)
    zone, currency = business.zone, business.currency
    paragraph = [
        write_explanation(row.kind, reasons, row.starts_at, language, zone=zone, currency=currency),
        write_developments(view, figures, at, language, zone=zone, currency=currency),
    ]
    account_class = await key_accounts.find_class_at(tx, await list_visible_members(tx, actor, customer_id), at)
    if account_class is not None and account_class.since <= known_at:  # T8: a key account or excluded, in any tier
        paragraph.append(describe_class(account_class, None, language, zone))
    else:
        account_class = None
    privilege = await privileges.find_privilege_on(tx, customer_id, at, known_at) if internal else None
    standing = view.standing
    return ExplanationRead(
        customer_id=customer_id, as_of=at, known_at=known_at, tier=_row(row),
        words=texts.say(language, sentences(*paragraph)),
        reasons=reasons if "next" not in figures else reasons | {"next": figures["next"]},
        since_then=[_development(development) for development in view.developments],
        below_since=standing.below_since, grace_until=standing.grace_until,
        retained_until=_to_come(standing.retained_until, at), promised_until=_to_come(standing.promised_until, at),
        overridden_until=standing.overridden_until, privilege=None if privilege is None else show_privilege(privilege),
        now=FiguresRead(
            policy=_reference(view.policy), reasons=figures,
            next=_next_of(
                view,
                hidden_with_group(view.assessment, view.policy, hidden, internal=internal, of_others=of_others),
            ),
        ),
        account_class=None if account_class is None else account_class.class_code,
    )  # fmt: skip


def _to_come(until: datetime | None, at: datetime) -> datetime | None:
    return until if until is not None and until > at else None


def _development(development: Development) -> DevelopmentRead:
    return DevelopmentRead(
        kind=development.kind, at=development.at, evaluation_id=development.run_id, until=development.until,
        policy=None if development.policy is None else _reference(development.policy),
    )  # fmt: skip


def _reference(policy: Policy) -> PolicyReference:
    return PolicyReference(id=policy.policy_id, version=policy.version, name=policy.names)


@router.post("/tier/overrides", status_code=201, dependencies=[allow("policies:approve")])
async def override_tier(
    customer_id: VisibleCustomer, body: OverrideCreate, tx: Tx, actor: CurrentActor
) -> HistoryRowRead:
    """Set the tier until a date. Orders and reviews leave it alone until then."""
    override = await overrides.override_tier(
        tx, customer_id, tier=body.tier, until=body.until, reason=body.reason, by=actor.subject
    )
    rows = await reading.list_history(tx, customer_id, tx.at)
    return _row(next(row for row in reversed(rows) if row.starts_at == override.starts_at))


def _next_of(view: TierView, hidden: AbstractSet[str]) -> NextTierRead | None:
    """What is missing for the next level up from the tier; on another pyramid the next review says."""
    following = view.assessment["next"]
    if following is None or view.standing.ladder != view.policy.ladder:
        return None
    return _next(readable_next(view.policy, following, hidden), view.policy, hidden)


def _next(following: Mapping[str, Any], policy: Policy, hidden: AbstractSet[str]) -> NextTierRead:
    one_number = any(following.get(limit) is not None for limit in ("from", "up_to", "more_than"))
    unit = INDICATORS[policy.indicator].unit if policy.indicator is not None else "points"
    return NextTierRead(
        code=following["code"],
        name=following["name"],
        indicator=None if policy.indicator in hidden else policy.indicator,
        unit=unit if one_number else None,
        from_=following.get("from"),
        up_to=following.get("up_to"),
        more_than=following.get("more_than"),
        months_short=following.get("months_short", []),
        earliest_month=following.get("earliest_month"),
        missing=following.get("missing"),
        items=following.get("items", []),
        ways=following.get("ways", []),
        held_by=following.get("held_by", []),
    )


def _in_force(rows: list[HistoryRow], at: datetime) -> HistoryRow:
    for row in reversed(rows):
        if row.starts_at <= at:
            return row
    first = rows[0].starts_at.isoformat() if rows else None
    raise not_found("no_tier_then", "The customer had no tier at that time.", first_known=first)


def _row(row: HistoryRow) -> HistoryRowRead:
    return HistoryRowRead(
        id=row.id,
        tier=row.tier,
        name=row.reasons["tier"]["name"],
        rank=row.rank,
        previous_tier=row.previous_tier,
        kind=row.kind,
        effective_from=row.starts_at,
        effective_to=row.ends_at,
        decided_at=row.recorded_at,
        policy_id=row.policy_id,
        policy_version=row.policy_version,
        evaluation_id=row.run_id,
    )
