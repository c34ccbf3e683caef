"""The rules that come with Patron: warnings (T12), all in force from the start, and stages and relationships (T11).

A multiple of the own cycle is the field's own figure; windows, least amounts and multiples were chosen on the first
part of the demo's real year. What the warnings are worth was measured on the other part. Rules no better than chance
there are not among them; their kinds can be written (`docs/tiering/warnings.md`). Red is as likely as not.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.tiering_svc.core.domain.numbers import Names


@dataclass(frozen=True, slots=True)
class DefaultWarningRule:
    """A warning rule of the first start: its id, its name, its document."""

    rule_id: UUID
    names: Names
    document: dict[str, Any]


LEAST, RED = "0.3", "0.5"  # likelihoods of a loss: twice the base rate where it was chosen, and as likely as not


def _thresholds(yellow: str, red: str) -> list[dict[str, str]]:
    return [{"severity": "yellow", "at_least": yellow}, {"severity": "red", "at_least": red}]


def _rule(number: int, en: str, zh: str, document: dict[str, Any]) -> DefaultWarningRule:
    rule_id = UUID(f"0198c5a0-0000-7000-8000-0000000001{number:02}")
    return DefaultWarningRule(rule_id, {"en": en, "zh": zh}, document)


DEFAULT_WARNING_RULES = (
    _rule(
        2, "Revenue more than halved", "收入降幅过半",
        {"kind": "revenue_down", "cause": "revenue_halved", "recent_months": 1, "baseline_months": 3,
         "thresholds": [{"severity": "yellow", "at_least": "60"}], "least_baseline": "100",
         "least_likelihood": LEAST, "red_likelihood": RED},
    ),
    _rule(
        4, "Silent", "客户沉默",
        {"kind": "silent", "thresholds": _thresholds("3", "6"), "cycle_months": 12, "least_orders": 6,
         "least_days": 14, "least_likelihood": LEAST, "red_likelihood": RED},
    ),
    _rule(
        5, "More complaints", "投诉增多",
        {"kind": "complaints_up", "recent_months": 1, "baseline_months": 6, "thresholds": _thresholds("1", "3"),
         "red_likelihood": RED},
    ),
    _rule(
        6, "In arrears", "逾期欠款",
        {"kind": "arrears", "measure": "days", "thresholds": _thresholds("15", "45"), "red_likelihood": RED},
    ),
    _rule(
        7, "Satisfaction down", "满意度下降",
        {"kind": "satisfaction_down", "measure": "cases", "recent_months": 2, "baseline_months": 6,
         "least_answers": 1, "thresholds": _thresholds("1", "2"), "red_likelihood": RED},
    ),
    _rule(
        8, "Loss likely", "可能流失",
        {"kind": "likely_loss", "thresholds": _thresholds(LEAST, RED)},
    ),
)  # fmt: skip

DEFAULT_STAGE_RULES: dict[str, Any] = {
    "stages": {
        "acquire": {"days": 60},
        "expand": {"growth": "15", "recent_months": 3, "baseline_months": 3},
    },
    "relationships": {
        "customers": {"by": "share", "few_up_to": "10", "many_over": "35"},
        "margin": {"months": 12, "medium_from": "0.2", "high_from": "0.3"},
        "types": {
            "many": {"high": "accountable", "medium": "reactive", "low": "basic"},
            "medium": {"high": "proactive", "medium": "accountable", "low": "reactive"},
            "few": {"high": "partner", "medium": "proactive", "low": "accountable"},
        },
    },
}
