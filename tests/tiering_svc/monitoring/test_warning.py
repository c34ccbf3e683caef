"""The life of a warning (T12) as a state machine: raised once, closed when the cause is gone, never two of a cause."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.tiering_svc.monitoring.domain import warning as warning_life
from services.tiering_svc.monitoring.domain.detectors import Finding
from services.tiering_svc.monitoring.domain.likelihood.forecast import LossForecast
from services.tiering_svc.monitoring.domain.warning import EarlyWarning, SweptCustomer, WarningChange
from services.tiering_svc.monitoring.domain.warning_rules import WarningRule, read_rule
from shared.errors import DomainError

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
ANN = UUID(int=1)
SEVERITY = {0: None, 1: "yellow", 2: "red"}


def silent_rule() -> WarningRule:
    document = {
        "kind": "silent", "cycle_months": 12, "thresholds": [{"severity": "yellow", "at_least": "3"}],
    }  # fmt: skip
    return read_rule(document, rule_id=ANN, version=1, names={"en": "x", "zh": "x"})


def finding_of(level: int) -> Finding:
    return Finding(SEVERITY[level], lambda: {"silent_days": level})  # type: ignore[arg-type]


class OneCustomerOneCause(RuleBasedStateMachine):
    """Beside the warnings a plain account: how bad it is, how bad was warned of, since when."""

    def __init__(self) -> None:
        super().__init__()
        self.rule = silent_rule()
        self.ids = count(1)
        self.now = BEGINNING
        self.warnings: dict[UUID, EarlyWarning] = {}
        self.changes: list[WarningChange] = []
        self.warned = 0  # the worst level warned of since the cause was last gone

    def _new_id(self) -> UUID:
        return UUID(int=next(self.ids))

    @property
    def lasting(self) -> EarlyWarning | None:
        return next((warning for warning in self.warnings.values() if warning.lasting), None)

    def _sweep(self, rule: WarningRule | None, finding: Finding | None, *, back: int = 0) -> list[WarningChange]:
        self.now += timedelta(days=1)
        as_of = self.now - timedelta(days=back)
        decision = SweptCustomer(ANN, as_of, self.now, None, self._new_id).decide(self.lasting, rule, finding)
        self.warnings |= {warning.warning_id: warning for warning in decision.warnings}
        self.changes += decision.changes
        return decision.changes

    @rule(level=st.sampled_from([0, 0, 1, 1, 2]))
    def sweep(self, level: int) -> None:
        before = self.lasting
        kinds = [change.kind for change in self._sweep(self.rule, finding_of(level))]
        if level == 0:
            expected = [] if before is None else ["cause_gone" if before.state == "closed" else "closed"]
            self.warned = 0
        elif level <= self.warned:
            expected = []
        else:
            closed = before is not None and before.state == "closed"
            expected = ["raised"] if before is None else ["replaced", "raised"] if closed else ["escalated"]
            self.warned = level
        assert kinds == expected

    @rule()
    def sweep_without_knowing(self) -> None:
        assert self._sweep(self.rule, None) == []

    @rule(level=st.sampled_from([0, 2]))
    def sweep_an_earlier_day(self, level: int) -> None:
        if self.lasting is not None:
            assert self._sweep(self.rule, finding_of(level), back=10_000) == []

    @rule()
    def retire_the_rule(self) -> None:
        kinds = [change.kind for change in self._sweep(None, None)]
        assert len(kinds) <= 1
        self.warned = 0

    @rule(what=st.sampled_from(["acknowledge", "work", "close"]))
    def do(self, what: str) -> None:
        warning = next((warning for warning in self.warnings.values() if warning.state != "closed"), None)
        if warning is None:
            return
        self.now += timedelta(hours=1)
        act = {
            "acknowledge": lambda: warning_life.acknowledge(warning, "p", self.now, self._new_id()),
            "work": lambda: warning_life.work_on(warning, "call", None, "p", self.now, self._new_id()),
            "close": lambda: warning_life.close(warning, "solved", None, "p", self.now, self._new_id()),
        }[what]
        allowed = (warning.state == "open") == (what == "acknowledge")
        if not allowed:
            with pytest.raises(DomainError):
                act()
            return
        after, change = act()
        self.warnings[after.warning_id] = after
        self.changes.append(change)

    @invariant()
    def never_two_of_a_cause(self) -> None:
        assert sum(warning.lasting for warning in self.warnings.values()) <= 1
        assert all(warning.lasting for warning in self.warnings.values() if warning.state != "closed")

    @invariant()
    def what_is_warned_of_is_the_worst_that_was_seen(self) -> None:
        warning = self.lasting
        assert (warning.severity if warning is not None else None) == SEVERITY[self.warned]

    @invariant()
    def every_change_has_who_and_when(self) -> None:
        for warning in self.warnings.values():
            changes = [change for change in self.changes if change.warning_id == warning.warning_id]
            assert changes[0].kind == "raised"
            assert sum(change.kind == "raised" for change in changes) == 1
            assert sum(change.kind == "closed" for change in changes) == (warning.state == "closed")
            assert all(change.by and change.at.tzinfo for change in changes)
            if warning.state == "closed":
                assert (warning.closed_at, warning.closed_by) == next(
                    (change.at, change.by) for change in changes if change.kind == "closed"
                )


OneCustomerOneCause.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestT12OneCustomerOneCause = OneCustomerOneCause.TestCase


def likely(chance: str) -> LossForecast:
    return LossForecast(Decimal(chance), Decimal(100), Decimal(chance) * 100, [])


def test_T12_a_warning_whose_red_means_likely_gets_milder_when_a_loss_is_less_likely():
    document = {
        "kind": "silent", "cycle_months": 12, "thresholds": [{"severity": "yellow", "at_least": "3"}],
        "red_likelihood": "0.5",
    }  # fmt: skip
    by_likelihood = read_rule(document, rule_id=ANN, version=1, names={"en": "x", "zh": "x"})
    ids = count(1)

    def sweep(day: int, warning: EarlyWarning | None, chance: str | None, level: int, rule: WarningRule):
        at = BEGINNING + timedelta(days=day)
        forecast = None if chance is None else likely(chance)
        swept = SweptCustomer(ANN, at, at, None, lambda: UUID(int=next(ids)), forecast)
        return swept.decide(warning, rule, finding_of(level))

    [red] = sweep(0, None, "0.6", 2, by_likelihood).warnings
    assert (red.likelihood, red.value_at_stake, red.expected_loss) == (Decimal("0.6"), 100, 60)
    eased = sweep(1, red, "0.4", 1, by_likelihood)
    assert [(change.kind, change.severity) for change in eased.changes] == [("eased", "yellow")]
    assert (eased.warnings[0].severity, eased.warnings[0].likelihood) == ("yellow", Decimal("0.4"))
    assert sweep(2, eased.warnings[0], "0.4", 1, by_likelihood) == ([], [])
    unknown = sweep(1, red, None, 1, by_likelihood)
    assert (unknown.changes, unknown.warnings[0].severity, unknown.warnings[0].likelihood) == ([], "red", None)
    large = sweep(1, red, "0.4", 1, silent_rule())
    assert (large.changes, large.warnings[0].severity, large.warnings[0].likelihood) == ([], "red", Decimal("0.4"))
    closed = replace(red, state="closed", closed_at=BEGINNING, closed_by="p", closing="solved")
    assert sweep(1, closed, "0.4", 1, by_likelihood) == ([], [])
    assert sweep(-1, red, "0.4", 1, by_likelihood) == ([], [])
