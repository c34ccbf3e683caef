"""The life of an early warning (T12): raised once while its cause lasts, made worse in place, closed when it is gone.
Where its severity says how likely a loss is, it gets milder in place too.

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
from services.tiering_svc.monitoring.domain.likelihood.forecast import LossForecast
from services.tiering_svc.monitoring.domain.subjects import CUSTOMER, ClassSubject
from services.tiering_svc.monitoring.domain.warning_rules import WarningRule
from shared.errors import conflict

WarningState = Literal["open", "acknowledged", "worked", "closed"]
SWEEP = "patron"  # who did it, where no person did
MERGED = "merged"  # why a warning was closed: another customer stands for this one
NewId = Callable[[], UUID]


@dataclass(frozen=True, slots=True)
class EarlyWarning:
    """A warning of one cause at one customer, at a class of customers, or at a product line."""

    warning_id: UUID
    customer_id: UUID | None  # None: of a class or a product line, which `subject_kind` and the two after it say
    cause: str
    rule_id: UUID
    rule_version: int
    severity: Severity
    state: WarningState
    lasting: bool  # the cause has not been gone since: no other warning of it is raised
    owner: str | None  # who was responsible when it was raised; who is now follows from the teams
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
    subject_kind: str = CUSTOMER
    dimension: str | None = None  # by what a class is made: its tier, its region; None: of a customer
    subject_code: str | None = None  # which class of these: the code of the tier, of the region, of the category


class WarningChange(NamedTuple):
    """An entry of a warning's history: who did what, when."""

    change_id: UUID
    warning_id: UUID
    at: datetime
    kind: str  # raised, escalated, eased, acknowledged, step, closed, cause_gone, replaced
    by: str
    as_of: datetime | None = None
    severity: str | None = None
    code: str | None = None  # what kind of step, why it was closed
    note: str | None = None
    evidence: Mapping[str, Any] | None = None


class WarningDecision(NamedTuple):
    """The warnings that are changed, those to end first, and the entries of their histories."""

    warnings: list[EarlyWarning]
    changes: list[WarningChange]


NOTHING = WarningDecision([], [])


class SweptSubject:
    """What a sweep as of a day looks at: what becomes of its warnings is decided cause by cause."""

    __slots__ = ()

    as_of: datetime
    at: datetime
    owner: str | None
    new_id: NewId
    forecast: LossForecast | None = None  # of the customer, as of the day; None: not known

    def _of(self, warning: EarlyWarning) -> EarlyWarning:
        """The warning with whom it is about; a warning is made without."""
        raise NotImplementedError

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
            return self._keep(warning)
        if finding.severity is None:
            return self._end(warning, "cause_gone", evidence_as_data(rule.detector.kind, finding))
        if SEVERITIES.index(finding.severity) > SEVERITIES.index(warning.severity):
            return self._escalate(warning, rule, finding)
        is_likelihood = rule.follows_likelihood and self.forecast is not None
        if finding.severity != warning.severity and is_likelihood and warning.state != "closed":
            return self._change_severity(warning, rule, finding, "eased")
        return self._keep(warning)

    def _raise(self, rule: WarningRule, finding: Finding) -> WarningDecision:
        assert finding.severity is not None
        evidence = evidence_as_data(rule.detector.kind, finding)
        raised = self._of(EarlyWarning(
            self.new_id(), None, rule.cause, rule.rule_id, rule.version, finding.severity, "open", True,
            self.owner, self.as_of, self.as_of, self.at, evidence,
        ))  # fmt: skip
        raised = self._forecast_anew(raised)
        return WarningDecision([raised], [self._change(raised, "raised", severity=finding.severity, evidence=evidence)])

    def _escalate(self, warning: EarlyWarning, rule: WarningRule, finding: Finding) -> WarningDecision:
        """The warning made worse in place; one that a person has closed makes room for a new one."""
        assert finding.severity is not None
        if warning.state == "closed":
            ended = replace(warning, lasting=False, swept_as_of=self.as_of)
            raised = self._raise(rule, finding)
            return WarningDecision([ended, *raised.warnings], [self._change(ended, "replaced"), *raised.changes])
        return self._change_severity(warning, rule, finding, "escalated")

    def _change_severity(
        self, warning: EarlyWarning, rule: WarningRule, finding: Finding, kind: str
    ) -> WarningDecision:
        assert finding.severity is not None
        evidence = evidence_as_data(rule.detector.kind, finding)
        changed = replace(
            warning, severity=finding.severity, evidence=evidence, swept_as_of=self.as_of, rule_id=rule.rule_id,
            rule_version=rule.version,
        )  # fmt: skip
        changed = self._forecast_anew(changed)
        return WarningDecision([changed], [self._change(changed, kind, severity=finding.severity, evidence=evidence)])

    def _keep(self, warning: EarlyWarning) -> WarningDecision:
        """The warning as it is, but for what is to be expected by now; that is no entry of its history."""
        kept = warning if warning.state == "closed" else self._forecast_anew(warning)
        return NOTHING if kept == warning else WarningDecision([kept], [])

    def _forecast_anew(self, warning: EarlyWarning) -> EarlyWarning:
        likelihood, value_at_stake, expected_loss, factors = self.forecast or (None, None, None, None)
        return replace(
            warning, likelihood=likelihood, value_at_stake=value_at_stake, expected_loss=expected_loss, factors=factors
        )

    def _end(self, warning: EarlyWarning, reason: str, evidence: Mapping[str, Any] | None) -> WarningDecision:
        ended = replace(warning, lasting=False, swept_as_of=self.as_of)
        if warning.state == "closed":
            return WarningDecision([ended], [self._change(ended, "cause_gone", code=reason, evidence=evidence)])
        closed = replace(ended, state="closed", closed_at=self.at, closed_by=SWEEP, closing=reason)
        return WarningDecision([closed], [self._change(closed, "closed", code=reason, evidence=evidence)])

    def _change(self, warning: EarlyWarning, kind: str, **more: Any) -> WarningChange:
        return WarningChange(self.new_id(), warning.warning_id, self.at, kind, SWEEP, self.as_of, **more)


@dataclass(frozen=True, slots=True)
class SweptCustomer(SweptSubject):
    """A customer in a sweep."""

    customer_id: UUID
    as_of: datetime
    at: datetime
    owner: str | None
    new_id: NewId
    forecast: LossForecast | None = None

    def _of(self, warning: EarlyWarning) -> EarlyWarning:
        return replace(warning, customer_id=self.customer_id)


@dataclass(frozen=True, slots=True)
class SweptClass(SweptSubject):
    """A class of customers, or a product line, in a sweep."""

    subject: ClassSubject
    as_of: datetime
    at: datetime
    owner: str | None
    new_id: NewId

    def _of(self, warning: EarlyWarning) -> EarlyWarning:
        kind, dimension, code = self.subject
        return replace(warning, subject_kind=kind, dimension=dimension, subject_code=code)


WarningWork = tuple[EarlyWarning, WarningChange]


def end_by_merge(warning: EarlyWarning, at: datetime, change_id: UUID) -> WarningWork:
    """Somebody else stands for the customer (P12), and is warned of by the facts of both. What a person had closed only
    lasts no longer."""
    ended = replace(warning, lasting=False)
    if warning.state == "closed":
        return ended, WarningChange(change_id, warning.warning_id, at, "cause_gone", SWEEP, code=MERGED)
    closed = replace(ended, state="closed", closed_at=at, closed_by=SWEEP, closing=MERGED)
    return closed, WarningChange(change_id, warning.warning_id, at, "closed", SWEEP, code=MERGED)


def raise_again(warning: EarlyWarning, at: datetime, warning_id: UUID, change_id: UUID) -> WarningWork:
    """The customer stands for itself again: what it was warned of before it did not is raised anew, as it was."""
    raised = replace(
        warning, warning_id=warning_id, state="open", lasting=True, raised_at=at, closed_at=None, closed_by=None,
        closing=None,
    )  # fmt: skip
    return raised, WarningChange(
        change_id, warning_id, at, "raised", SWEEP, as_of=raised.as_of, severity=raised.severity, code=MERGED,
        evidence=raised.evidence,
    )  # fmt: skip


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


def _refuse_closed(warning: EarlyWarning) -> None:
    if warning.state == "closed":
        raise conflict("warning_closed", "This warning is closed.")


def _refuse_unacknowledged(warning: EarlyWarning) -> None:
    _refuse_closed(warning)
    if warning.state == "open":
        raise conflict("not_acknowledged", "A warning is acknowledged before it is worked on.")
