"""What a reader is shown of the figures behind a key account, a candidate or a risk (G1).

A finding is readable when everything its rule looks at is: that a rule on the margin is met would tell the margin.
`hidden` are the indicators that the reader may not read.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

from services.tiering_svc.key_accounts.domain.key_account import Nomination
from services.tiering_svc.key_accounts.domain.risk_flags import RiskFlag

Finding = Mapping[str, Any]  # an examination as it is kept


def is_readable(finding: Finding, hidden: AbstractSet[str]) -> bool:
    """Whether the reader may read everything that the finding is about."""
    return hidden.isdisjoint(part["indicator"] for part in finding["parts"])


def readable_findings(findings: Iterable[Finding], hidden: AbstractSet[str]) -> list[Finding]:
    """The findings that the reader may read."""
    return [finding for finding in findings if is_readable(finding, hidden)]


def readable_parts(finding: Finding, hidden: AbstractSet[str]) -> dict[str, Any]:
    """The finding with those of its parts that the reader may read. For lists of findings that are all met, where being
    listed gives nothing away."""
    return {**finding, "parts": [part for part in finding["parts"] if part["indicator"] not in hidden]}


def readable_nomination(nomination: Nomination, hidden: AbstractSet[str]) -> Nomination:
    """The nomination with the evidence, figures and findings that the reader may read."""
    if not hidden:
        return nomination
    figures = {
        **nomination.figures,
        "values": {code: value for code, value in nomination.figures["values"].items() if code not in hidden},
        "disqualifications": readable_findings(nomination.figures["disqualifications"], hidden),
    }
    findings = nomination.findings
    return replace(
        nomination,
        evidence=tuple(statement for statement in nomination.evidence if statement["indicator"] not in hidden),
        figures=figures,
        findings=None if findings is None else tuple(dict(f) for f in readable_findings(findings, hidden)),
    )


def readable_flag(flag: RiskFlag, hidden: AbstractSet[str], *, internal: bool) -> RiskFlag:
    """The flag as a reader is shown it. `internal`: the reader is one of the company's own people, who also read who
    raised it, and why."""
    finding = flag.evidence.get("finding")
    if not internal:
        return replace(flag, rule=None, reason=None, evidence={}, raised_by="")
    if finding is not None and not is_readable(finding, hidden):
        return replace(
            flag, rule=None, evidence={name: part for name, part in flag.evidence.items() if name != "finding"}
        )
    return flag
