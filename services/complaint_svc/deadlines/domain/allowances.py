"""How much working time each stage of a case is given, by kind, severity and tier (C3): data an operator replaces."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from types import MappingProxyType

from shared.events.complaint import CaseKind, Severity, Stage

ANY_TIER = "any"
"""Stands for every tier the rules do not name, and for customers without one."""

STAGES: tuple[Stage, ...] = ("acknowledgement", "proposal", "solution")
KINDS: tuple[CaseKind, ...] = ("complaint", "suggestion", "praise", "consultation", "repair")
SEVERITIES: tuple[Severity, ...] = ("low", "normal", "high", "critical")

RuleKey = tuple[CaseKind, Severity, str]


@dataclass(frozen=True, slots=True)
class Allowance:
    """Working time from filing to each stage. None: this kind of case has no such deadline."""

    acknowledgement: timedelta | None
    proposal: timedelta | None
    solution: timedelta | None

    def of(self, stage: Stage) -> timedelta | None:
        """The working time of one stage."""
        return {"acknowledgement": self.acknowledgement, "proposal": self.proposal, "solution": self.solution}[stage]


def _default_allowances() -> dict[RuleKey, Allowance]:
    """Working hours of an ordinary case, then less for what is worse and for who is worth more."""
    hours: dict[CaseKind, tuple[int, int | None, int | None]] = {
        "complaint": (4, 16, 40),
        "repair": (4, 16, 80),
        "consultation": (4, None, 16),
        "suggestion": (8, None, 80),
        "praise": (16, None, None),
    }
    by_severity: dict[Severity, Fraction] = {
        "low": Fraction(2),
        "normal": Fraction(1),
        "high": Fraction(1, 2),
        "critical": Fraction(1, 4),
    }
    by_tier = {
        ANY_TIER: Fraction(1),
        "silver": Fraction(3, 4),
        "gold": Fraction(1, 2),
        "platinum": Fraction(1, 4),
    }

    def time(hours: int | None, share: Fraction) -> timedelta | None:
        return None if hours is None else timedelta(seconds=int(hours * 3600 * share))

    return {
        (kind, severity, tier): Allowance(*(time(stage, weight * discount) for stage in stages))
        for kind, stages in hours.items()
        for severity, weight in by_severity.items()
        for tier, discount in by_tier.items()
    }


DEFAULT_ALLOWANCES: Mapping[RuleKey, Allowance] = MappingProxyType(_default_allowances())


@dataclass(frozen=True)
class AllowanceRules:
    """The rules in force: the defaults, replaced one by one by those an operator wrote."""

    overrides: Mapping[RuleKey, Allowance] = field(default_factory=dict)

    def in_force(self) -> dict[RuleKey, Allowance]:
        """Every rule by kind, severity and tier."""
        return {**DEFAULT_ALLOWANCES, **self.overrides}

    def allowance(self, kind: CaseKind, severity: Severity, tier: str | None) -> Allowance:
        """The rule of the tier, or of any tier where none names it."""
        rules = self.in_force()
        for name in (tier, ANY_TIER):
            if name is not None and (rule := rules.get((kind, severity, name))) is not None:
                return rule
        raise LookupError(f"no allowance for {kind}/{severity}")  # DEFAULT_ALLOWANCES has every kind and severity
