"""Risk flags of customers (T8): raised by rules that are data and cleared when the cause is gone, or set by hand."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

from services.tiering_svc.key_accounts.domain.key_account import SYSTEM
from services.tiering_svc.key_accounts.domain.rules import RISKS, Examination
from shared.errors import conflict, invalid
from shared.events import Event, RiskFlagCleared, RiskFlagRaised

Risk = Literal["finance", "profit", "management", "churn", "concentration"]
ClearingCause = Literal["by_hand", "end_reached", "cause_gone", "not_a_key_account"]


@dataclass(frozen=True, slots=True)
class RiskFlag:
    """A risk of a customer that a rule found or a person set, until it is cleared."""

    flag_id: UUID
    customer_id: UUID
    risk: str
    source: Literal["rule", "hand"]
    rule: str | None
    reason: str | None
    evidence: dict[str, Any]
    raised_by: str
    raised_at: datetime
    until: datetime | None = None  # by hand: cleared then by itself
    cleared_at: datetime | None = None
    cleared_by: str | None = None
    clear_cause: ClearingCause | None = None
    clear_reason: str | None = None

    def raising(self) -> Event:
        """What is announced of a flag that goes up."""
        return RiskFlagRaised(
            customer_id=self.customer_id, flag_id=self.flag_id, risk=cast(Risk, self.risk), source=self.source,
            rule=self.rule, until=self.until, raised_at=self.raised_at,
        )  # fmt: skip

    def cleared(
        self, at: datetime, by: str, cause: ClearingCause, reason: str | None = None
    ) -> tuple["RiskFlag", Event]:
        """The flag when it has come down, never before it went up, and what is announced of that."""
        flag = replace(self, cleared_at=max(at, self.raised_at), cleared_by=by, clear_cause=cause, clear_reason=reason)
        event = RiskFlagCleared(
            customer_id=self.customer_id, flag_id=self.flag_id, risk=cast(Risk, self.risk), cause=cause,
            cleared_at=max(at, self.raised_at),
        )  # fmt: skip
        return flag, event


@dataclass(frozen=True, slots=True)
class RiskFlagDecision:
    """The flags of one customer that go up and come down, and what is announced of them."""

    raised: list[RiskFlag]
    cleared: list[RiskFlag]
    events: list[Event]

    def clear(self, flag: RiskFlag, at: datetime, by: str, cause: ClearingCause) -> None:
        """Note that a flag comes down."""
        cleared, event = flag.cleared(at, by, cause)
        self.cleared.append(cleared)
        self.events.append(event)


def flag_by_rules(
    customer_id: UUID, open_flags: Sequence[RiskFlag], findings: Sequence[Examination], at: datetime,
    new_id: Callable[[], UUID], basis: Mapping[str, Any],
) -> RiskFlagDecision:  # fmt: skip
    """One flag a risk, by the first rule that is met; it comes down when no rule of the risk is met. What is not known
    raises nothing and clears nothing. `basis`: by what the rules looked, kept as evidence beside the finding."""
    by_risk = {flag.risk: flag for flag in open_flags if flag.source == "rule"}
    decision = RiskFlagDecision([], [], [])
    for risk in RISKS:
        of_risk = [finding for finding in findings if finding.risk == risk]
        met = next((finding for finding in of_risk if finding.met), None)
        flag = by_risk.get(risk)
        if flag is None and met is not None:
            evidence = {**basis, "finding": met.as_data()}
            raised = RiskFlag(new_id(), customer_id, risk, "rule", met.code, None, evidence, SYSTEM, at)
            decision.raised.append(raised)
            decision.events.append(raised.raising())
        elif flag is not None and all(finding.met is False for finding in of_risk):
            decision.clear(flag, at, SYSTEM, "cause_gone")
    return decision


def clear_of_rules(open_flags: Sequence[RiskFlag], at: datetime, by: str) -> RiskFlagDecision:
    """The flags of rules come down: the customer is no key account any more, so no rule looks at it."""
    decision = RiskFlagDecision([], [], [])
    for flag in open_flags:
        if flag.source == "rule":
            decision.clear(flag, at, by, "not_a_key_account")
    return decision


def set_by_hand(
    flag_id: UUID, customer_id: UUID, risk: str, reason: str, until: datetime, by: str, at: datetime,
    open_flags: Sequence[RiskFlag],
) -> RiskFlag:  # fmt: skip
    """A flag that a person sets until an instant to come, one a risk; else 422 `in_the_past`, 409 `already_flagged`."""
    if until <= at:
        raise invalid("in_the_past", "A flag set by hand ends in the future.", pointer="/until")
    if any(flag.source == "hand" and flag.risk == risk for flag in open_flags):
        raise conflict("already_flagged", "The risk is flagged by hand already.")
    return RiskFlag(flag_id, customer_id, risk, "hand", None, reason, {}, by, at, until)


def clear_by_hand(flag: RiskFlag, by: str, at: datetime, reason: str) -> tuple[RiskFlag, Event]:
    """A flag set by hand comes down before its end; else 409 `already_cleared`, `raised_by_a_rule`."""
    if flag.cleared_at is not None:
        raise conflict("already_cleared", "The flag was cleared.")
    if flag.source == "rule":
        raise conflict("raised_by_a_rule", "A rule raised it and clears it when its cause is gone.")
    return flag.cleared(at, by, "by_hand", reason)
