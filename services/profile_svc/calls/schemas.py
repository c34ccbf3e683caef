"""Calls and the call-centre pop over HTTP (G4)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import orjson
from pydantic import Field, StringConstraints

from services.profile_svc.calls.domain.call import Call, CallState
from services.profile_svc.calls.domain.pop import Advice, Alert, CallContext, advise, alerts_for, greet, lately
from services.profile_svc.calls.texts import write_advice, write_alert, write_greeting
from services.profile_svc.employees.schemas import EmployeeRead, show_employee
from services.profile_svc.files.domain.customer_file import CustomerFile
from services.profile_svc.overview.schemas import (
    OverviewExclusion,
    OverviewKeyAccount,
    OverviewLifeStage,
    OverviewRisk,
    OverviewSatisfaction,
    OverviewTier,
    OverviewWithdrawal,
    show_exclusion,
    show_key_account,
    show_life_stage,
    show_risks,
    show_satisfaction,
    show_tier,
    show_withdrawal,
)
from services.profile_svc.teams.domain import who_answers
from services.profile_svc.teams.repository import TeamMember
from shared.chassis import Actor, Code, Id, Instant, Read, Shape, Text
from shared.chassis.audience import may_read
from shared.texts import Words

Number = Annotated[Text, StringConstraints(min_length=1, max_length=40)]


class CallEventCreate(Shape):
    """One state of a call, as the exchange reports it."""

    call_id: Code
    number: Number
    state: CallState
    at: Instant
    agent: Code | None = None


class CallRead(Read):
    """A call with the instants of its states; `waited_seconds` from the first ring to the answer."""

    call_id: str
    number: str
    customer_id: Id | None
    agent: str | None
    ringing_at: Instant | None
    answered_at: Instant | None
    ended_at: Instant | None
    waited_seconds: float | None


def show_call(call: Call) -> CallRead:
    """A call as the exchange's reports have made it."""
    return CallRead(
        call_id=call.call_id,
        number=call.number,
        customer_id=call.customer_id,
        agent=call.agent,
        ringing_at=call.ringing_at,
        answered_at=call.answered_at,
        ended_at=call.ended_at,
        waited_seconds=call.waited,
    )


class CallStatisticsRead(Read):
    """Of the calls that rang in the period. `answered_in_time`: within three rings."""

    since: Instant
    until: Instant
    calls: int
    answered: int
    answered_in_time: int
    missed: int
    ringing: int
    answered_in_time_percent: float | None
    median_seconds: float | None
    three_rings_seconds: int


class PopGreeting(Read):
    """How to greet who is ringing."""

    en: str
    zh: str


class PopAlert(Read):
    """Something to watch out for."""

    code: str
    weight: Literal["high", "normal"]
    en: str
    zh: str


class PopAdvice(Read):
    """Something to do."""

    code: str
    en: str
    zh: str


class PopCustomer(Read):
    """Who is ringing, as far as a pop needs it."""

    id: Id
    kind: Literal["organisation", "person", "unknown"]
    name: str | None
    region: str | None
    completeness: int


class PopMatch(Read):
    """`exact` is false where only the last eight digits are the same. `agent` is whom to put the call through to.
    What is found of the customer (`key_account` to `settlement_withdrawn`) is not told to partners."""

    exact: bool
    customer: PopCustomer
    tier: OverviewTier | None
    account_manager: EmployeeRead | None
    agent: EmployeeRead | None
    agent_role: str | None
    greeting: PopGreeting
    open_cases: int
    points_balance: int
    key_account: OverviewKeyAccount | None = Field(description="null: it is none")
    exclusion: OverviewExclusion | None = Field(description="null: it is served")
    risks: list[OverviewRisk] = Field(description="risk flags that are up, the oldest first")
    life_stage: OverviewLifeStage | None = Field(description="null: no sweep found one yet")
    satisfaction_index: OverviewSatisfaction | None = Field(description="null: never asked")
    settlement_withdrawn: OverviewWithdrawal | None = Field(description="points taken back last, if any")
    alerts: list[PopAlert]
    advice: list[PopAdvice]


class PopRead(Read):
    """Nobody known is an answer: no matches."""

    number: str = Field(description="in E.164 where it is a telephone number")
    matches: list[PopMatch]


def show_alert(alert: Alert) -> PopAlert:
    """An alert with its sentences."""
    return PopAlert(code=alert.code, weight=alert.weight, **write_alert(alert))


def show_advice(advice: Advice) -> PopAdvice:
    """An advice with its sentences."""
    return PopAdvice(code=advice.code, **write_advice(advice))


def file_of(row: Mapping[str, Any]) -> CustomerFile:
    """The file in a row of `list_callers`."""
    facts = orjson.loads(row["facts"])
    return CustomerFile(row["id"], row["kind"], facts, row["version"], row["registered_at"], row["updated_at"])


def _context_of(row: Mapping[str, Any], actor: Actor, at: datetime) -> CallContext:
    """What this actor may know of a row of `list_callers` for the conversation."""
    insight = may_read(actor, "early_warnings")
    return CallContext(
        tier=row["tier"],
        tier_rank=row["tier_rank"],
        open_cases=row["open_cases"],
        overdue_cases=row["overdue_cases"],
        points_balance=row["points_balance"],
        points_debt=row["points_debt"],
        overdue_amount=row["overdue_amount"] if may_read(actor, "arrears") else Decimal(0),
        last_satisfaction=row["last_satisfaction"],
        warnings=orjson.loads(row["warnings"] or "{}") if insight else {},
        classes=orjson.loads(row["classes"] or "{}") if insight else {},
        risks=orjson.loads(row["risks"] or "{}") if insight else {},
        life_stage=row["life_stage"] if insight else None,
        satisfaction_index=row["satisfaction_index"] if insight else None,
        points_withdrawn=lately(row["settlement_withdrawn_points"], row["settlement_withdrawn_at"], at)
        if insight
        else None,
    )


def show_match(
    row: Mapping[str, Any], team: Sequence[TeamMember], actor: Actor, tier_names: Mapping[str, Words], *, at: datetime
) -> PopMatch:
    """A row of `list_callers` with the customer's present team, as this actor may see it.

    `tier_names` are by tier, in both languages; `at` is now, in the business's zone.
    """
    file = file_of(row)
    insight = may_read(actor, "early_warnings")
    context = _context_of(row, actor, at)
    employees = {member.assignment.id: member.employee for member in team}
    assignment = who_answers([member.assignment for member in team])
    manager = next((member.employee for member in team if member.assignment.role == "account_manager"), None)
    return PopMatch(
        exact=row["exact"],
        customer=PopCustomer(
            id=file.id,
            kind=file.kind,
            name=file.display_name,
            region=file.facts.get("region"),
            completeness=file.completeness.percent,
        ),
        tier=show_tier(row, tier_names),
        account_manager=None if manager is None else show_employee(manager),
        agent=None if assignment is None else show_employee(employees[assignment.id]),
        agent_role=None if assignment is None else assignment.role,
        greeting=PopGreeting(**write_greeting(greet(file, context, hour=at.hour), tier_names)),
        open_cases=context.open_cases,
        points_balance=context.points_balance,
        key_account=show_key_account(context.classes),
        exclusion=show_exclusion(context.classes),
        risks=show_risks(context.risks),
        life_stage=show_life_stage(row) if insight else None,
        satisfaction_index=show_satisfaction(row) if insight else None,
        settlement_withdrawn=show_withdrawal(row) if insight else None,
        alerts=[show_alert(alert) for alert in alerts_for(context, file)],
        advice=[show_advice(advice) for advice in advise(context, file)],
    )
