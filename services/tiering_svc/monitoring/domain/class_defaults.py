"""The rules about classes of customers and product lines that come with Patron (T12).

15 and 20 percent and three months running are the field's own figures. A class whose months differ much is warned of
only where it falls out of what they usually differ by. Those about revenue on its own baseline are in force from the
start, the others are drafts: on the demo's year nothing showed that they are better than chance.
"""

from typing import Any
from uuid import UUID

from services.tiering_svc.monitoring.domain.defaults import DefaultWarningRule
from services.tiering_svc.monitoring.domain.subjects import CLASS, PRODUCT_LINE


def _rule(
    number: int, en: str, zh: str, kind: str, thresholds: tuple[str, str], **fields: Any
) -> DefaultWarningRule:  # fmt: skip
    rule_id = UUID(f"0198c5a0-0000-7000-8000-0000000001{number}")
    yellow, red = thresholds
    steps = [{"severity": "yellow", "at_least": yellow}, {"severity": "red", "at_least": red}]
    return DefaultWarningRule(rule_id, {"en": en, "zh": zh}, {"kind": kind} | fields | {"thresholds": steps})


def _class_down(number: int, en: str, zh: str, dimension: str, least_customers: int) -> DefaultWarningRule:
    return _rule(
        number, en, zh, "revenue_down", ("15", "20"), subject=CLASS, dimension=dimension,
        least_customers=least_customers, recent_months=1, baseline_months=3, least_baseline="1000",
        least_deviations="1",
    )  # fmt: skip


DEFAULT_CLASS_RULES = (
    _class_down(31, "Revenue of a tier down", "等级收入下降", "tier", 20),
    _class_down(32, "Revenue of a region down", "地区收入下降", "region", 20),
    _class_down(33, "Revenue of a manager's customers down", "客户经理名下收入下降", "manager", 10),
    _rule(
        34, "Buyers of a tier down", "等级购买客户减少", "buyers_down", ("15", "20"), subject=CLASS, dimension="tier",
        least_customers=20, recent_months=1, baseline_months=3,
    ),
    _rule(
        35, "Revenue of a product line down", "产品线收入下降", "revenue_down", ("15", "20"), subject=PRODUCT_LINE,
        least_customers=20, recent_months=1, baseline_months=3, least_baseline="1000", least_deviations="1",
    ),
    _rule(
        36, "Product line falling three months running", "产品线连续三个月下滑", "falling", ("3", "4"),
        subject=PRODUCT_LINE, least_customers=20, least_fall="20",
    ),
)  # fmt: skip

IN_FORCE = frozenset(rule.rule_id for rule in DEFAULT_CLASS_RULES if rule.document["kind"] == "revenue_down")
"""The ids of those that are in force from the start."""
