"""The overview over HTTP (G3): everything about a customer in one answer, from one row."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import orjson
from pydantic import Field

from services.profile_svc.employees.schemas import EmployeeRead
from services.profile_svc.files.schemas import NameEntry
from services.profile_svc.overview.domain.standing import exclusion_in, key_account_in, longest_first
from services.profile_svc.overview.domain.warnings import worst_first
from shared.chassis import Actor, Amount, Day, Id, Instant, Read, SignedAmount
from shared.chassis.audience import may_read
from shared.texts import Words

ZERO = Decimal(0)

OpenFactsOfRow = Mapping[str, Mapping[str, Any]]  # what lasts, by its id, as the row keeps it in JSON


class OverviewCustomer(Read):
    """What the file says of the customer, as far as an overview needs it."""

    id: Id
    kind: Literal["organisation", "person", "unknown"]
    names: list[NameEntry]
    region: str | None
    industry: str | None
    completeness: int
    registered_at: Instant
    merged_from: list[Id] = Field(description="the other members of a merged customer: all figures are of all of them")


class TierNameRead(Read):
    """What the policy calls the tier."""

    en: str
    zh: str


class OverviewTier(Read):
    """The tier now, its name, its rank (0 is the lowest), since when, and how it came about.

    `kind`: `first`, `upgrade`, `downgrade`, `correction` of what stood before, `override` by a person; or another code.
    """

    tier: str
    name: TierNameRead | None = Field(description="null: tiering has not said it yet")
    rank: int
    since: Instant
    kind: str


class OverviewOrders(Read):
    """`revenue` is what is left of `ordered` after returns and cancellations."""

    count: int
    returns: int
    cancelled: int
    ordered: Amount
    returned: Amount
    called_off: Amount
    revenue: SignedAmount
    first_at: Instant | None
    last_at: Instant | None
    last_id: Id | None
    last_return_at: Instant | None
    last_delivery_at: Instant | None


class OverviewPoints(Read):
    """Points: `balance` to spend, `held` set aside, `debt` owed."""

    balance: int
    held: int
    debt: int


class OverviewCases(Read):
    """Cases that are open, those of them past a deadline, and the last answer about satisfaction, 1 to 5."""

    open: int
    overdue: int
    last_at: Instant | None
    last_satisfaction: int | None


class OverviewReceivables(Read):
    """What is owed: all of it, what is past its due date, and the oldest due date of what is still owed."""

    outstanding: Amount
    overdue: Amount
    oldest_due_on: Day | None


class OverviewWarning(Read):
    """An open early warning; `cause` is a code, and so is `severity`: `yellow`, `red` (the worst), or another one."""

    id: Id
    cause: str
    severity: str
    since: Instant


class OverviewKeyAccount(Read):
    """The customer is a key account: as which kinds (`economic`, `important`, `group`, `strategic`, or others), and
    since when."""

    kinds: list[str]
    since: Instant


class OverviewExclusion(Read):
    """The customer is excluded, so it is not served any more: since when."""

    since: Instant


class OverviewRisk(Read):
    """A risk flag that is up: `finance`, `profit`, `management`, `churn`, `concentration`, or another code."""

    id: Id
    risk: str
    since: Instant


class OverviewLifeStage(Read):
    """Where the customer is in its life with the company (`acquire`, `expand`, `retain`, `dormant`, `lost`, or another
    code), since when, and the type of relationship that calls for; null: not known."""

    stage: str
    since: Instant
    relationship: str | None


class OverviewSatisfaction(Read):
    """The latest answered questionnaire: experience less expectation, below 0 where expectations were not met."""

    index: SignedAmount
    answered_at: Instant


class OverviewWithdrawal(Read):
    """Points of a settlement that were taken back, because the complaint turned out to be another customer's."""

    points: int
    withdrawn_at: Instant


class OverviewRead(Read):
    """Everything about a customer in one answer. Amounts are in the deployment's accounting currency."""

    customer: OverviewCustomer
    tier: OverviewTier | None
    account_manager: EmployeeRead | None = Field(description="not told to partners")
    orders: OverviewOrders
    points: OverviewPoints
    cases: OverviewCases
    receivables: OverviewReceivables | None = Field(description="not told to partners")
    warnings: list[OverviewWarning] = Field(description="open early warnings, the worst first; not told to partners")
    key_account: OverviewKeyAccount | None = Field(description="null: it is none; not told to partners")
    exclusion: OverviewExclusion | None = Field(description="null: it is served; not told to partners")
    risks: list[OverviewRisk] = Field(description="risk flags that are up, the oldest first; not told to partners")
    life_stage: OverviewLifeStage | None = Field(description="null: no sweep found one yet; not told to partners")
    satisfaction_index: OverviewSatisfaction | None = Field(description="null: never asked; not told to partners")
    settlement_withdrawn: OverviewWithdrawal | None = Field(description="the last one, if any; not told to partners")
    updated_at: Instant | None


def show_overview(row: Mapping[str, Any], actor: Actor, tier_names: Mapping[str, Words]) -> OverviewRead:
    """A row of `find_overview` as this actor may see it. `tier_names` are by tier, in both languages.

    A customer nobody did anything with yet has no row of figures: all of them are nothing.
    """
    insight = may_read(actor, "early_warnings")
    classes = orjson.loads(row["classes"] or "{}") if insight else {}
    return OverviewRead(
        customer=OverviewCustomer(
            id=row["id"],
            kind=row["kind"],
            names=[NameEntry(**entry) for entry in orjson.loads(row["names"] or "[]")],
            region=row["region"],
            industry=row["industry"],
            completeness=row["completeness"],
            registered_at=row["registered_at"],
            merged_from=list(row.get("merged_from") or ()),
        ),
        tier=show_tier(row, tier_names),
        account_manager=show_manager(row) if may_read(actor, "account_team") else None,
        orders=show_orders(row),
        points=OverviewPoints(
            balance=row["points_balance"] or 0, held=row["points_held"] or 0, debt=row["points_debt"] or 0
        ),
        cases=OverviewCases(
            open=row["open_cases"] or 0,
            overdue=row["overdue_cases"] or 0,
            last_at=row["last_case_at"],
            last_satisfaction=row["last_satisfaction"],
        ),
        receivables=show_receivables(row) if may_read(actor, "arrears") else None,
        warnings=[
            OverviewWarning(
                id=UUID(id),
                cause=warning["cause"],
                severity=warning["severity"],
                since=instant_in(warning),
            )
            for id, warning in worst_first(orjson.loads(row["warnings"] or "{}"))
            if insight
        ],
        key_account=show_key_account(classes),
        exclusion=show_exclusion(classes),
        risks=show_risks(orjson.loads(row["risks"] or "{}") if insight else {}),
        life_stage=show_life_stage(row) if insight else None,
        satisfaction_index=show_satisfaction(row) if insight else None,
        settlement_withdrawn=show_withdrawal(row) if insight else None,
        updated_at=row["updated_at"],
    )


def show_manager(row: Mapping[str, Any]) -> EmployeeRead | None:
    """The account manager in a row of `find_overview`, if there is one."""
    if row["manager_name"] is None:
        return None
    return EmployeeRead(
        employee_id=row["account_manager"], name=row["manager_name"], phone_extension=row["manager_extension"]
    )


def show_receivables(row: Mapping[str, Any]) -> OverviewReceivables:
    """What is owed, in a row of `find_overview`."""
    return OverviewReceivables(
        outstanding=row["outstanding_amount"] or ZERO,
        overdue=row["overdue_amount"] or ZERO,
        oldest_due_on=row["oldest_due_on"],
    )


def show_key_account(classes: OpenFactsOfRow) -> OverviewKeyAccount | None:
    """The key account among the classes that last."""
    entry = key_account_in(classes)
    return None if entry is None else OverviewKeyAccount(kinds=entry["kinds"], since=instant_in(entry))


def show_exclusion(classes: OpenFactsOfRow) -> OverviewExclusion | None:
    """The exclusion among the classes that last."""
    entry = exclusion_in(classes)
    return None if entry is None else OverviewExclusion(since=instant_in(entry))


def show_risks(risks: OpenFactsOfRow) -> list[OverviewRisk]:
    """The flags that are up, the oldest first."""
    return [
        OverviewRisk(id=UUID(id), risk=entry["risk"], since=instant_in(entry)) for id, entry in longest_first(risks)
    ]


def instant_in(entry: Mapping[str, Any]) -> datetime:
    """Since when something lasts that is kept as JSON."""
    return datetime.fromisoformat(entry["since"])


def show_life_stage(row: Mapping[str, Any]) -> OverviewLifeStage | None:
    """The stage in a row with `life_stage`, `life_stage_since` and `relationship`; None before the first sweep."""
    if row["life_stage"] is None:
        return None
    return OverviewLifeStage(stage=row["life_stage"], since=row["life_stage_since"], relationship=row["relationship"])


def show_satisfaction(row: Mapping[str, Any]) -> OverviewSatisfaction | None:
    """The latest answer in a row with `satisfaction_index` and `satisfaction_at`; None where there is none."""
    if row["satisfaction_at"] is None:
        return None
    return OverviewSatisfaction(index=row["satisfaction_index"], answered_at=row["satisfaction_at"])


def show_withdrawal(row: Mapping[str, Any]) -> OverviewWithdrawal | None:
    """The last settlement taken back in a row with `settlement_withdrawn_points` and `settlement_withdrawn_at`."""
    if row["settlement_withdrawn_at"] is None:
        return None
    return OverviewWithdrawal(points=row["settlement_withdrawn_points"], withdrawn_at=row["settlement_withdrawn_at"])


def show_tier(row: Mapping[str, Any], tier_names: Mapping[str, Words]) -> OverviewTier | None:
    """The tier in a row with `tier`, `tier_rank`, `tier_since` and `tier_kind`; None before the first one."""
    if row["tier"] is None:
        return None
    name = tier_names.get(row["tier"])
    return OverviewTier(
        tier=row["tier"], name=None if name is None else TierNameRead(en=name["en"], zh=name["zh"]),
        rank=row["tier_rank"], since=row["tier_since"], kind=row["tier_kind"],
    )  # fmt: skip


def show_orders(row: Mapping[str, Any]) -> OverviewOrders:
    """Orders and what came back of them, in a row of `find_overview`."""
    ordered, returned, called_off = (
        row[name] or ZERO for name in ("revenue_total", "revenue_returned", "revenue_cancelled")
    )
    return OverviewOrders(
        count=row["orders_count"] or 0,
        returns=row["returns_count"] or 0,
        cancelled=row["cancelled_count"] or 0,
        ordered=ordered,
        returned=returned,
        called_off=called_off,
        revenue=ordered - returned - called_off,
        first_at=row["first_order_at"],
        last_at=row["last_order_at"],
        last_id=row["last_order_id"],
        last_return_at=row["last_return_at"],
        last_delivery_at=row["last_delivery_at"],
    )
