"""The life of an early warning (T12): raised once while its cause lasts, made worse in place, closed when it is gone.

People acknowledge it, work on it and close it. Whoever closes one whose cause lasts is not warned of it again: a new
warning is raised only when it gets worse, or when the cause was gone in between. Pure: each function returns the
warning as it is afterwards, with the changes that its history keeps.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, NamedTuple
from uuid import UUID

from services.tiering_svc.monitoring.domain.detectors import SEVERITIES, Finding, Severity, evidence_as_data
from services.tiering_svc.monitoring.domain.warning_rules import WarningRule
from shared.errors import conflict

WarningState = Literal["open", "acknowledged", "worked", "closed"]
SWEEP = "patron"  # who did it, where no person did
NewId = Callable[[], UUID]


@dataclass(frozen=True, slots=True)
class EarlyWarning:
    """A warning of one cause at one customer."""

    warning_id: UUID
    customer_id: UUID
    cause: str
    rule_id: UUID
    rule_version: int
    severity: Severity
    state: WarningState
    lasting: bool  # the cause has not been gone since: no other warning of it is raised
    owner: str | None  # whoever looks after the customer
    as_of: datetime  # of the raising
    swept_as_of: datetime  # of the last change that a sweep made
    raised_at: datetime
    evidence: Mapping[str, Any]
    closed_at: datetime | None = None
    closed_by: str | None = None
    closing: str | None = None  # why: cause_gone, rule_retired, or the reason a person gave
    likelihood: Decimal | None = None  # of a loss, 0 to 1, as of the last sweep; None: not known, nor the three below
    value_at_stake: Decimal | None = None  # what the customer would bring over the months that the loss is about
    expected_loss: Decimal | None = None  # likelihood x value at stake
    factors: Sequence[Mapping[str, str]] | None = None  # what the likelihood follows from, the strongest first


class WarningChange(NamedTuple):
    """An entry of a warning's history: who did what, when."""

    change_id: UUID
    warning_id: UUID
    at: datetime
    kind: str  # raised, escalated, acknowledged, step, handed_over, closed, cause_gone, replaced
    by: str
    as_of: datetime | None = None
    severity: str | None = None
    code: str | None = None  # what kind of step, why it was closed, the new owner
    note: str | None = None
    evidence: Mapping[str, Any] | None = None


class WarningDecision(NamedTuple):
    """The warnings that are changed, those to end first, and the entries of their histories."""

    warnings: list[EarlyWarning]
    changes: list[WarningChange]


NOTHING = WarningDecision([], [])


@dataclass(frozen=True, slots=True)
class SweptCustomer:
    """A customer in a sweep as of a day: what becomes of its warnings is decided cause by cause."""

    customer_id: UUID
    as_of: datetime
    at: datetime
    owner: str | None
    new_id: NewId

    def decide(
        self, warning: EarlyWarning | None, rule: WarningRule | None, finding: Finding | None
    ) -> WarningDecision:
        """What becomes of a cause. `warning` is the lasting one of it, if any; `rule` None: no rule looks for the cause
        any more; `finding` None: nothing is known of it, so nothing is raised and nothing closed."""
        if warning is None:
            if rule is None or finding is None or finding.severity is None:
                return NOTHING
            return self._raise(rule, finding)
        if self.as_of < warning.swept_as_of:
            return NOTHING  # what was decided for a later date stands
        if rule is None:
            return self._end(warning, "rule_retired", None)
        if finding is None:
            return NOTHING
        if finding.severity is None:
            return self._end(warning, "cause_gone", evidence_as_data(rule.detector.kind, finding))
        if SEVERITIES.index(finding.severity) > SEVERITIES.index(warning.severity):
            return self._escalate(warning, rule, finding)
        return NOTHING

    def _raise(self, rule: WarningRule, finding: Finding) -> WarningDecision:
        assert finding.severity is not None
        evidence = evidence_as_data(rule.detector.kind, finding)
        raised = EarlyWarning(
            self.new_id(), self.customer_id, rule.cause, rule.rule_id, rule.version, finding.severity, "open", True,
            self.owner, self.as_of, self.as_of, self.at, evidence,
        )  # fmt: skip
        return WarningDecision([raised], [self._change(raised, "raised", severity=finding.severity, evidence=evidence)])

    def _escalate(self, warning: EarlyWarning, rule: WarningRule, finding: Finding) -> WarningDecision:
        """The warning made worse in place; one that a person has closed makes room for a new one."""
        assert finding.severity is not None
        if warning.state == "closed":
            ended = replace(warning, lasting=False, swept_as_of=self.as_of)
            raised = self._raise(rule, finding)
            return WarningDecision([ended, *raised.warnings], [self._change(ended, "replaced"), *raised.changes])
        evidence = evidence_as_data(rule.detector.kind, finding)
        worse = replace(
            warning, severity=finding.severity, evidence=evidence, swept_as_of=self.as_of, rule_id=rule.rule_id,
            rule_version=rule.version,
        )  # fmt: skip
        return WarningDecision(
            [worse], [self._change(worse, "escalated", severity=finding.severity, evidence=evidence)]
        )

    def _end(self, warning: EarlyWarning, reason: str, evidence: Mapping[str, Any] | None) -> WarningDecision:
        ended = replace(warning, lasting=False, swept_as_of=self.as_of)
        if warning.state == "closed":
            return WarningDecision([ended], [self._change(ended, "cause_gone", code=reason, evidence=evidence)])
        closed = replace(ended, state="closed", closed_at=self.at, closed_by=SWEEP, closing=reason)
        return WarningDecision([closed], [self._change(closed, "closed", code=reason, evidence=evidence)])

    def _change(self, warning: EarlyWarning, kind: str, **more: Any) -> WarningChange:
        return WarningChange(self.new_id(), warning.warning_id, self.at, kind, SWEEP, self.as_of, **more)


WarningWork = tuple[EarlyWarning, WarningChange]


def acknowledge(warning: EarlyWarning, by: str, at: datetime, change_id: UUID) -> WarningWork:
    """Somebody has seen it. Refused with 409: `warning_closed`, `already_acknowledged`."""
    _refuse_closed(warning)
    if warning.state != "open":
        raise conflict("already_acknowledged", "Somebody has acknowledged this warning.")
    return replace(warning, state="acknowledged"), WarningChange(change_id, warning.warning_id, at, "acknowledged", by)


def work_on(warning: EarlyWarning, step: str, note: str | None, by: str, at: datetime, change_id: UUID) -> WarningWork:
    """Somebody has done something about it. Refused with 409: `warning_closed`, `not_acknowledged`."""
    _refuse_unacknowledged(warning)
    return replace(warning, state="worked"), WarningChange(
        change_id, warning.warning_id, at, "step", by, code=step, note=note
    )


def close(warning: EarlyWarning, reason: str, note: str | None, by: str, at: datetime, change_id: UUID) -> WarningWork:
    """Somebody is done with it; while its cause lasts it stays lasting. Refused with 409: `warning_closed`,
    `not_acknowledged`."""
    _refuse_unacknowledged(warning)
    return replace(warning, state="closed", closed_at=at, closed_by=by, closing=reason), WarningChange(
        change_id, warning.warning_id, at, "closed", by, code=reason, note=note
    )


def hand_over(warning: EarlyWarning, owner: str, at: datetime, change_id: UUID) -> WarningWork:
    """A warning that belongs to whoever looks after the customer now, so that none is lost when someone leaves."""
    return replace(warning, owner=owner), WarningChange(
        change_id, warning.warning_id, at, "handed_over", SWEEP, code=owner
    )


def _refuse_closed(warning: EarlyWarning) -> None:
    if warning.state == "closed":
        raise conflict("warning_closed", "This warning is closed.")


def _refuse_unacknowledged(warning: EarlyWarning) -> None:
    _refuse_closed(warning)
    if warning.state == "open":
        raise conflict("not_acknowledged", "A warning is acknowledged before it is worked on.")
