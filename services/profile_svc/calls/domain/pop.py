"""The call-centre pop (G4): how to greet who is ringing, what to watch out for, and what to do about it.

Decided here as codes and facts; the sentences are in the area's texts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from services.profile_svc.files.domain.customer_file import CustomerFile
from services.profile_svc.overview.domain.standing import exclusion_in, key_account_in, longest_first
from services.profile_svc.overview.domain.warnings import worst_first

DayPart = Literal["morning", "afternoon", "evening"]
Title = Literal["male", "female"]
AlertCode = Literal[
    "excluded",
    "key_account",
    "deadline_overdue",
    "points_debt",
    "settlement_withdrawn",
    "payment_overdue",
    "dissatisfied",
    "expected_more",
    "risk",
    "early_warning",
    "gone_quiet",
    "unknown_customer",
]
AdviceCode = Literal[
    "take_no_order",
    "apologise_and_date",
    "tell_progress",
    "remind_payment",
    "no_points_promises",
    "ask_who",
    "complete_file",
]
Weight = Literal["high", "normal"]

DISSATISFIED = 2  # of 5, and less
COMPLETE_ENOUGH = 60  # percent
ASKED_ABOUT = timedelta(days=60)  # points that were taken back: until the next statement or two have said so
GONE_QUIET = frozenset({"dormant", "lost"})  # stages of who has not ordered for long


@dataclass(frozen=True, slots=True)
class Greeting:
    """Whom to greet how: the name in each language, the title, and the code of the tier there is to thank for."""

    day_part: DayPart
    name_en: str | None
    name_zh: str | None
    title: Title | None
    tier: str | None


@dataclass(frozen=True, slots=True)
class Alert:
    """Something to watch out for, and the facts that its sentence names."""

    code: AlertCode
    weight: Weight
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Advice:
    """Something to do, and the facts that its sentence names."""

    code: AdviceCode
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallContext:
    """What the overview says that a conversation should know."""

    tier: str | None
    tier_rank: int | None
    open_cases: int
    overdue_cases: int
    points_balance: int
    points_debt: int
    overdue_amount: Decimal
    last_satisfaction: int | None
    warnings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    classes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # key account or exclusion, that last
    risks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    life_stage: str | None = None
    satisfaction_index: Decimal | None = None  # experience less expectation
    points_withdrawn: int | None = None  # of a settlement that was taken back lately

    @property
    def is_excluded(self) -> bool:
        """Whether it is not served."""
        return exclusion_in(self.classes) is not None


def lately(points: int | None, withdrawn_at: datetime | None, at: datetime) -> int | None:
    """Points of a settlement that were taken back so lately that who calls may ask about them; else None."""
    return points if withdrawn_at is not None and at - withdrawn_at < ASKED_ABOUT else None


def day_part(hour: int) -> DayPart:
    """The part of the day that one greets by, of an hour from 0 to 23."""
    if hour < 5 or hour >= 18:
        return "evening"
    return "morning" if hour < 12 else "afternoon"


def greet(file: CustomerFile, context: CallContext, *, hour: int) -> Greeting:
    """How to greet a customer at an hour of the business's day."""
    sex = file.facts.get("sex") if file.kind == "person" else None
    # the lowest level, rank 0, is nothing to be thanked for
    tier = context.tier if context.tier_rank else None
    title: Title | None = sex if sex in ("male", "female") else None
    return Greeting(day_part(hour), file.name_in("en"), file.name_in("zh"), title, tier)


def alerts_for(context: CallContext, file: CustomerFile) -> list[Alert]:
    """What to watch out for in this conversation, in the order in which it is shown."""
    alerts = []
    if context.is_excluded:
        alerts.append(Alert("excluded", "high"))
    key_account = key_account_in(context.classes)
    for kind in () if key_account is None else key_account["kinds"]:
        alerts.append(Alert("key_account", "normal", {"account_kind": kind}))
    if context.overdue_cases:
        alerts.append(Alert("deadline_overdue", "high", {"count": context.overdue_cases}))
    if context.overdue_amount > 0:
        alerts.append(Alert("payment_overdue", "high", {"amount": context.overdue_amount}))
    if context.points_debt > 0:
        alerts.append(Alert("points_debt", "normal", {"count": context.points_debt}))
    if context.points_withdrawn is not None:
        alerts.append(Alert("settlement_withdrawn", "normal", {"count": context.points_withdrawn}))
    if context.last_satisfaction is not None and context.last_satisfaction <= DISSATISFIED:
        alerts.append(Alert("dissatisfied", "normal"))
    if context.satisfaction_index is not None and context.satisfaction_index < 0:
        alerts.append(Alert("expected_more", "normal"))
    for _, flag in longest_first(context.risks):
        alerts.append(Alert("risk", "normal", {"risk": flag["risk"]}))
    for _, warning in worst_first(context.warnings):
        weight: Weight = "high" if warning["severity"] == "red" else "normal"
        alerts.append(Alert("early_warning", weight, {"cause": warning["cause"]}))
    if context.life_stage in GONE_QUIET:
        alerts.append(Alert("gone_quiet", "normal", {"stage": context.life_stage}))
    if file.kind == "unknown":
        alerts.append(Alert("unknown_customer", "normal"))
    return alerts


def advise(context: CallContext, file: CustomerFile) -> list[Advice]:
    """What to do, the most pressing first. Nothing is said that the agent could not act on."""
    advice = []
    if context.is_excluded:
        advice.append(Advice("take_no_order"))
    if context.overdue_cases:
        advice.append(Advice("apologise_and_date"))
    elif context.open_cases:
        advice.append(Advice("tell_progress"))
    if context.overdue_amount > 0:
        advice.append(Advice("remind_payment"))
    if context.points_debt > 0:
        advice.append(Advice("no_points_promises"))
    if file.kind == "unknown":
        advice.append(Advice("ask_who"))
    elif file.completeness.percent < COMPLETE_ENOUGH:
        advice.append(Advice("complete_file", {"field": file.completeness.missing[0]}))
    return advice
