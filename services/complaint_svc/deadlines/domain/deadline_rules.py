"""The rules of deadlines as data (C3): working time by kind, severity and tier; when to warn, escalate and reopen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from itertools import product
from typing import Any

from shared.errors import invalid
from shared.events.complaint import CaseKind, Severity, Stage

ANY_TIER = "any"
"""Stands for every tier the rules do not name, and for customers without one."""

STAGES: tuple[Stage, ...] = ("acknowledgement", "proposal", "solution")
KINDS: tuple[CaseKind, ...] = ("complaint", "suggestion", "praise", "consultation", "repair")
SEVERITIES: tuple[Severity, ...] = ("low", "normal", "high", "critical")

DEFAULT_SHARE = Fraction(4, 5)

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
    working time before it is due; a breach that is ignored is escalated after each
    `escalate_after` of working time; a closed case may be reopened within `reopen_within`.
    """

    allowances: Mapping[AllowanceKey, Allowance]
    warning_share: Fraction = DEFAULT_SHARE
    escalate_after: timedelta = timedelta(hours=8)
    reopen_within: timedelta = timedelta(days=30)
    warning_lead: timedelta | None = None

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
    `warning_share_or_lead` where both say when to warn, or none does.
    """
    percent, lead = document.get("warning_percent"), document.get("warning_lead_minutes")
    if (percent is None) == (lead is None):
        raise invalid(
            "warning_share_or_lead", "When to warn is said by warning_percent or by warning_lead_minutes.",
            pointer=f"{pointer}/warning_percent",
        )  # fmt: skip
    return DeadlineRules(
        allowances=_read_allowances(document["allowances"], f"{pointer}/allowances"),
        warning_share=DEFAULT_SHARE if percent is None else Fraction(percent, 100),
        warning_lead=_minutes(lead),
        escalate_after=timedelta(hours=document["escalation_hours"]),
        reopen_within=timedelta(days=document["reopening_days"]),
    )


def _read_allowances(allowances: Sequence[Mapping[str, Any]], pointer: str) -> dict[AllowanceKey, Allowance]:
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
