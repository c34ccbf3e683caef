"""The rules of deadlines as data (C3): working time by kind, severity and tier; when to warn, escalate and reopen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

from shared.errors import invalid
from shared.events.complaint import CaseKind, Severity, Stage

ANY_TIER = "any"
"""Stands for every tier the rules do not name, and for customers without one."""

STAGES: tuple[Stage, ...] = ("acknowledgement", "proposal", "solution")
KINDS: tuple[CaseKind, ...] = ("complaint", "suggestion", "praise", "consultation", "repair")
SEVERITIES: tuple[Severity, ...] = ("low", "normal", "high", "critical")

ESCALATED_LEVELS = ("manager", "head")
"""Whom an ignored breach is taken from: the breach itself takes it from the agent, the sponsor has nobody above."""

DEFAULT_SHARE = Fraction(4, 5)
DEFAULT_ESCALATION_HOURS = 8

AllowanceKey = tuple[CaseKind, Severity, str]
"""Kind, severity, and the tier's code or `any`."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """Working time from filing to each stage. None: this kind of case has no such deadline."""

    acknowledgement: timedelta | None
    proposal: timedelta | None
    solution: timedelta | None

    def of(self, stage: Stage) -> timedelta | None:
        """The working time of one stage."""
        return {"acknowledgement": self.acknowledgement, "proposal": self.proposal, "solution": self.solution}[stage]


@dataclass(frozen=True)
class DeadlineRules:
    """What a version says: the allowances (for the tier `any` one of every kind and severity), and what follows them.

    A deadline warns when `warning_share` of its allowance is used, or where there is a `warning_lead`, that much
    working time before it is due; a breach that a level ignores is escalated after that level's working time in
    `escalate_after_by_level`, or where none is given for it, after `escalate_after`; a closed case may be reopened
    within `reopen_within`.
    """

    allowances: Mapping[AllowanceKey, Allowance]
    warning_share: Fraction = DEFAULT_SHARE
    escalate_after: timedelta = timedelta(hours=DEFAULT_ESCALATION_HOURS)
    reopen_within: timedelta = timedelta(days=30)
    warning_lead: timedelta | None = None
    escalate_after_by_level: Mapping[str, timedelta] = field(default_factory=dict)

    def time_to_escalate(self, level: str) -> timedelta:
        """The working time for which a level of the ladder may ignore a breach."""
        return self.escalate_after_by_level.get(level, self.escalate_after)

    def left_at_warning(self, allowance: timedelta) -> timedelta:
        """How much working time of an allowance is left when it warns: never more than all of it."""
        if self.warning_lead is not None:
            return min(self.warning_lead, allowance)
        return timedelta(seconds=int(allowance.total_seconds() * (1 - self.warning_share)))

    def allowance(self, kind: CaseKind, severity: Severity, tier: str | None) -> Allowance:
        """The working time of a tier's cases, or of any tier's where none is given for it."""
        named = None if tier is None else self.allowances.get((kind, severity, tier))
        return self.allowances[kind, severity, ANY_TIER] if named is None else named


def read_deadline_rules(document: Mapping[str, Any], pointer: str = "") -> DeadlineRules:
    """Check a document and make the rules of it. A refusal points at the field.

    422 `duplicate_allowance`; 422 `allowance_missing` where a kind and severity has none for the tier `any`; 422
    `warning_share_or_lead` where both say when to warn, or none does; 422 `escalation_hours_shrink` where a level of
    the ladder has fewer hours than the one below it.
    """
    percent, lead = document.get("warning_percent"), document.get("warning_lead_minutes")
    if (percent is None) == (lead is None):
        raise invalid(
            "warning_share_or_lead", "When to warn is said by warning_percent or by warning_lead_minutes.",
            pointer=f"{pointer}/warning_percent",
        )  # fmt: skip
    return DeadlineRules(
        allowances=read_allowances(document["allowances"], f"{pointer}/allowances"),
        warning_share=DEFAULT_SHARE if percent is None else Fraction(percent, 100),
        warning_lead=_minutes(lead),
        escalate_after=timedelta(hours=document["escalation_hours"]),
        escalate_after_by_level=read_ladder(
            document["escalation_hours"], document.get("escalation_hours_by_level") or {},
            f"{pointer}/escalation_hours_by_level",
        ),
        reopen_within=timedelta(days=document["reopening_days"]),
    )  # fmt: skip


def read_ladder(hours: int, by_level: Mapping[str, int | None], pointer: str) -> dict[str, timedelta]:
    """The levels that have hours of their own; `hours` are those of the others.

    Upwards the ladder gives more time, or as much: 422 `escalation_hours_shrink` where it gives less.
    """
    own = {level: given for level, given in by_level.items() if given is not None}
    for below, above in pairwise(ESCALATED_LEVELS):
        if own.get(above, hours) < own.get(below, hours):
            raise invalid(
                "escalation_hours_shrink", "A level has at least as many hours as the level below it.",
                pointer=f"{pointer}/{above if above in own else below}",
            )  # fmt: skip
    return {level: timedelta(hours=given) for level, given in own.items()}


def read_allowances(allowances: Sequence[Mapping[str, Any]], pointer: str) -> dict[AllowanceKey, Allowance]:
    """The working times by kind, severity and tier. 422 `duplicate_allowance`, `allowance_missing`."""
    read: dict[AllowanceKey, Allowance] = {}
    for index, allowance in enumerate(allowances):
        key = allowance["kind"], allowance["severity"], allowance["tier"]
        if key in read:
            raise invalid(
                "duplicate_allowance", "A kind, severity and tier has one allowance.", pointer=f"{pointer}/{index}"
            )
        read[key] = Allowance(*(_minutes(allowance.get(f"{stage}_minutes")) for stage in STAGES))
    missing = [f"{kind}/{severity}" for kind, severity in product(KINDS, SEVERITIES)
               if (kind, severity, ANY_TIER) not in read]  # fmt: skip
    if missing:
        raise invalid(
            "allowance_missing", f"Every kind and severity needs an allowance for the tier `{ANY_TIER}`.",
            pointer=pointer, missing=missing,
        )  # fmt: skip
    return read


def _minutes(minutes: int | None) -> timedelta | None:
    return None if minutes is None else timedelta(minutes=minutes)
