"""Rules that are not shipped, and stay measured on the real year: the first two were no better than chance there, the
others, which warned whatever the likelihood, worse than a plain ranking at equal counts."""

from uuid import UUID

from services.tiering_svc.monitoring.domain.warning_rules import WarningRule, read_rule


def _rule(number: int, en: str, zh: str, document: dict[str, object]) -> WarningRule:
    names = {"en": en, "zh": zh}
    return read_rule(document, rule_id=UUID(int=number), version=1, names=names)


def _thresholds(yellow: str, red: str) -> list[dict[str, str]]:
    return [{"severity": "yellow", "at_least": yellow}, {"severity": "red", "at_least": red}]


DROPPED_RULES = (
    _rule(
        1, "Revenue down*", "收入下降*",
        {"kind": "revenue_down", "recent_months": 1, "baseline_months": 3, "thresholds": _thresholds("15", "20"),
         "least_baseline": "100", "least_deviations": "1"},
    ),
    _rule(
        2, "Falling for months*", "连续下滑*",
        {"kind": "falling", "thresholds": _thresholds("3", "4"), "least_fall": "50"},
    ),
    _rule(
        3, "Halved, if unlikely too*", "收入降幅过半，不论可能性*",
        {"kind": "revenue_down", "cause": "revenue_halved", "recent_months": 1, "baseline_months": 3,
         "thresholds": _thresholds("60", "80"), "least_baseline": "100"},
    ),
    _rule(
        4, "Silent, if unlikely too*", "客户沉默，不论可能性*",
        {"kind": "silent", "thresholds": _thresholds("3", "6"), "cycle_months": 12, "least_orders": 6,
         "least_days": 14},
    ),
)  # fmt: skip
