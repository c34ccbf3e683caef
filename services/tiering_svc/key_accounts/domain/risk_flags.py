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
        return RiskFlagRaised(
            customer_id=self.customer_id, flag_id=self.flag_id, risk=cast(Risk, self.risk), source=self.source,
            rule=self.rule, until=self.until, raised_at=self.raised_at,
        )  # fmt: skip

    def cleared(
        self, at: datetime, by: str, cause: ClearingCause, reason: str | None = None
    ) -> tuple["RiskFlag", Event]:
        flag = replace(self, cleared_at=max(at, self.raised_at), cleared_by=by, clear_cause=cause, clear_reason=reason)
        event = RiskFlagCleared(
            customer_id=self.customer_id, flag_id=self.flag_id, risk=cast(Risk, self.risk), cause=cause,
            cleared_at=max(at, self.raised_at),
        )  # fmt: skip
        return flag, event


@dataclass(frozen=True, slots=True)
class RiskFlagDecision:
    raised: list[RiskFlag]
    cleared: list[RiskFlag]
    events: list[Event]


def flag_by_rules(
    customer_id: UUID, open_flags: Sequence[RiskFlag], findings: Sequence[Examination], at: datetime,
    new_id: Callable[[], UUID], taken: Mapping[str, Any],
) -> RiskFlagDecision:  # fmt: skip
    """One flag a risk, by the first rule that is met. It goes when no rule is met: what is not known keeps it."""
    by_risk = {flag.risk: flag for flag in open_flags if flag.source == "rule"}
    done = RiskFlagDecision([], [], [])
    for risk in RISKS:
        mine = [finding for finding in findings if finding.risk == risk]
        met = next((finding for finding in mine if finding.met), None)
        flag = by_risk.get(risk)
        if flag is None and met is not None:
            evidence = {**taken, "finding": met.as_data()}
            raised = RiskFlag(new_id(), customer_id, risk, "rule", met.code, None, evidence, SYSTEM, at)
            done.raised.append(raised)
            done.events.append(raised.raising())
        elif flag is not None and all(finding.met is False for finding in mine):
            _clear(done, flag, at, SYSTEM, "cause_gone")
    return done


def clear_of_rules(open_flags: Sequence[RiskFlag], at: datetime, by: str) -> RiskFlagDecision:
    """The customer is no key account any more: no rule looks at it."""
    done = RiskFlagDecision([], [], [])
    for flag in open_flags:
        if flag.source == "rule":
            _clear(done, flag, at, by, "not_a_key_account")
    return done


def set_by_hand(
    flag_id: UUID, customer_id: UUID, risk: str, reason: str, until: datetime, by: str, at: datetime,
    open_flags: Sequence[RiskFlag],
) -> RiskFlag:  # fmt: skip
    if until <= at:
        raise invalid("in_the_past", "A flag set by hand ends in the future.", pointer="/until")
    if any(flag.source == "hand" and flag.risk == risk for flag in open_flags):
        raise conflict("already_flagged", "The risk is flagged by hand already.")
    return RiskFlag(flag_id, customer_id, risk, "hand", None, reason, {}, by, at, until)


def clear_by_hand(flag: RiskFlag, by: str, at: datetime, reason: str) -> tuple[RiskFlag, Event]:
    if flag.cleared_at is not None:
        raise conflict("already_cleared", "The flag was cleared.")
    if flag.source == "rule":
        raise conflict("raised_by_a_rule", "A rule raised it and clears it when its cause is gone.")
    return flag.cleared(at, by, "by_hand", reason)


def _clear(done: RiskFlagDecision, flag: RiskFlag, at: datetime, by: str, cause: ClearingCause) -> None:
    cleared, event = flag.cleared(at, by, cause)
    done.cleared.append(cleared)
    done.events.append(event)
