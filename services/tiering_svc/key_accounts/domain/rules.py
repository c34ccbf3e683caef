"""The rules around key accounts, as data (T8): who is none, which risks are flagged, who is proposed.

A rule is a list of conditions that all have to hold. A condition on an indicator that is not known is not known
itself, so a rule is met, not met, or not known: nobody is disqualified or flagged for what nobody knows.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from services.tiering_svc.core.domain.calendar import MOST_MONTHS
from services.tiering_svc.core.domain.numbers import Value, grouped, number, plain, quotient
from services.tiering_svc.indicators.domain.catalogue import INDICATORS
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot
from shared.errors import invalid

KINDS = ("economic", "important", "group", "strategic")
RISKS = ("finance", "profit", "management", "churn", "concentration")
HUNDRED = Decimal(100)
COMPARISONS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "at_least": lambda value, bound: value >= bound,
    "over": lambda value, bound: value > bound,
    "at_most": lambda value, bound: value <= bound,
    "under": lambda value, bound: value < bound,
}
SAID = {
    "at_least": {"en": "at least", "zh": "不低于"},
    "over": {"en": "over", "zh": "高于"},
    "at_most": {"en": "at most", "zh": "不高于"},
    "under": {"en": "under", "zh": "低于"},
}
NOT_KNOWN = {"en": "not known", "zh": "未知"}


@dataclass(frozen=True, slots=True)
class OwnIndicator:
    """What these rules look at besides the indicators of T1."""

    names: dict[str, str]
    definition: dict[str, str]
    value: Callable[[CustomerSnapshot, Decimal], Value]  # the customer, and everybody's amount in the same window


def _silent_cycles(known: CustomerSnapshot, _: Decimal) -> Value:
    days, cycle = (INDICATORS[code].value(known) for code in ("days_since_last_order", "average_cycle"))
    return quotient(days, cycle)


OWN: dict[str, OwnIndicator] = {
    "largest_order_share": OwnIndicator(
        {"en": "Share of the largest order", "zh": "最大订单占比"},
        {"en": "The largest order over the amount of the window", "zh": "最大订单额除以窗口期内的消费金额"},
        lambda known, _: quotient(known.figures.largest_order, known.figures.amount),
    ),
    "silent_cycles": OwnIndicator(
        {"en": "Silent, in own cycles", "zh": "沉默时长（自身周期数）"},
        {"en": "Days since the last order over the average cycle", "zh": "距末单天数除以平均购买周期"},
        _silent_cycles,
    ),
    "share_of_revenue": OwnIndicator(
        {"en": "Share of all revenue", "zh": "占全部收入的比例"},
        {
            "en": "The amount over that of all customers in the same window",
            "zh": "消费金额除以同一窗口期内所有客户的金额",
        },
        lambda known, everybody: quotient(known.figures.amount, everybody) if known.figures.orders else None,
    ),
}
NAMES = {code: own.names for code, own in OWN.items()} | {
    code: one.names for code, one in INDICATORS.items() if one.gradable
}


def values_of(known: CustomerSnapshot, everybody: Decimal) -> dict[str, Value]:
    """Every number a rule may look at."""
    values = {code: one.value(known) for code, one in INDICATORS.items() if one.gradable}
    return values | {code: own.value(known, everybody) for code, own in OWN.items()}


@dataclass(frozen=True, slots=True)
class IndicatorCondition:
    indicator: str
    comparison: str
    bound: Decimal


@dataclass(frozen=True, slots=True)
class IndicatorRule:
    code: str
    names: Mapping[str, str]
    when: tuple[IndicatorCondition, ...]
    risk: str | None = None


@dataclass(frozen=True, slots=True)
class Criterion:
    """Who is proposed for a kind: among the first so many percent by amount, and all conditions hold."""

    kind: str
    names: Mapping[str, str]
    when: tuple[IndicatorCondition, ...]
    top_percent: Decimal | None


@dataclass(frozen=True, slots=True)
class AccountRules:
    version: int
    months: int
    disqualifications: tuple[IndicatorRule, ...]
    risks: tuple[IndicatorRule, ...]
    candidates: tuple[Criterion, ...]


@dataclass(frozen=True, slots=True)
class Examination:
    """How a rule stood to a customer, with everything it looked at."""

    code: str
    names: Mapping[str, str]
    met: bool | None  # None: not known
    parts: tuple[dict[str, Any], ...]
    risk: str | None = None

    def as_data(self) -> dict[str, Any]:
        return {"code": self.code, "name": dict(self.names), "met": self.met, "parts": list(self.parts)}


def examine(rule: IndicatorRule | Criterion, values: Mapping[str, Value]) -> Examination:
    parts = []
    for condition in rule.when:
        value = values.get(condition.indicator)
        met = None if value is None else COMPARISONS[condition.comparison](Decimal(value), condition.bound)
        parts.append(
            {
                "indicator": condition.indicator,
                "value": plain(value),
                "comparison": condition.comparison,
                "bound": plain(condition.bound),
                "met": met,
            }
        )
    answers = [part["met"] for part in parts]
    met = False if False in answers else None if None in answers else True
    if isinstance(rule, Criterion):
        return Examination(rule.kind, rule.names, met, tuple(parts))
    return Examination(rule.code, rule.names, met, tuple(parts), rule.risk)


def in_words(finding: Mapping[str, Any], language: str) -> str:
    """A finding as it is kept: the rule's name and what it looked at."""
    parts = []
    for part in finding["parts"]:
        named = NAMES.get(part["indicator"], {}).get(language, part["indicator"])
        value = NOT_KNOWN[language] if part["value"] is None else grouped(part["value"])
        bound = f"{SAID[part['comparison']][language]} {grouped(part['bound'])}"
        parts.append(f"{named} {value} ({bound})" if language == "en" else f"{named}为{value}（{bound}）")
    name = str(finding["name"][language])
    if not parts:
        return name
    return f"{name}: {', '.join(parts)}" if language == "en" else f"{name}：{'，'.join(parts)}"


# --- reading a document ---------------------------------------------------------------------------------------------


def read_account_rules(document: Mapping[str, Any], version: int = 0, pointer: str = "") -> AccountRules:
    """Check a document and make the rules of it. A refusal points at the field."""
    months = document["window_months"]
    if not 1 <= months <= MOST_MONTHS:
        raise invalid(
            "window_out_of_range", f"A window has 1 to {MOST_MONTHS} months.", pointer=f"{pointer}/window_months"
        )
    risks = _rules(document["risks"], f"{pointer}/risks")
    for index, rule in enumerate(risks):
        if rule.risk not in RISKS:
            raise invalid("unknown_risk", "There is no such risk.", pointer=f"{pointer}/risks/{index}/risk")
    return AccountRules(
        version, months, _rules(document["disqualifications"], f"{pointer}/disqualifications"), risks,
        _criteria(document["candidates"], f"{pointer}/candidates"),
    )  # fmt: skip


def _rules(rules: Sequence[Mapping[str, Any]], pointer: str) -> tuple[IndicatorRule, ...]:
    read: list[IndicatorRule] = []
    for index, rule in enumerate(rules):
        at = f"{pointer}/{index}"
        if any(rule["code"] == one.code for one in read):
            raise invalid("duplicate_rule", "Each rule once.", pointer=f"{at}/code")
        if not rule["when"]:
            raise invalid("no_conditions", "A rule needs a condition.", pointer=f"{at}/when")
        read.append(
            IndicatorRule(rule["code"], rule["name"], _conditions(rule["when"], f"{at}/when"), rule.get("risk"))
        )
    return tuple(read)


def _criteria(criteria: Sequence[Mapping[str, Any]], pointer: str) -> tuple[Criterion, ...]:
    read: list[Criterion] = []
    for index, one in enumerate(criteria):
        at = f"{pointer}/{index}"
        if one["kind"] not in KINDS:
            raise invalid("unknown_kind", "There is no such kind of key account.", pointer=f"{at}/kind")
        if any(one["kind"] == earlier.kind for earlier in read):
            raise invalid("duplicate_rule", "Each kind once.", pointer=f"{at}/kind")
        top = None
        if one.get("top_percent") is not None:
            top = number(one["top_percent"], f"{at}/top_percent")
            if not 0 < top <= HUNDRED:
                raise invalid("out_of_range", "More than 0 and at most 100.", pointer=f"{at}/top_percent")
        elif not one["when"]:
            raise invalid("no_conditions", "A share or a condition is needed.", pointer=f"{at}/when")
        read.append(Criterion(one["kind"], one["name"], _conditions(one["when"], f"{at}/when"), top))
    return tuple(read)


def _conditions(conditions: Sequence[Mapping[str, Any]], pointer: str) -> tuple[IndicatorCondition, ...]:
    read = []
    for index, condition in enumerate(conditions):
        at = f"{pointer}/{index}"
        if condition["indicator"] not in NAMES:
            raise invalid("unknown_indicator", "No rule can look at this.", pointer=f"{at}/indicator")
        given = [name for name in COMPARISONS if condition.get(name) is not None]
        if len(given) != 1:
            raise invalid("one_comparison", f"Exactly one of {', '.join(COMPARISONS)}.", pointer=at)
        read.append(
            IndicatorCondition(condition["indicator"], given[0], number(condition[given[0]], f"{at}/{given[0]}"))
        )
    return tuple(read)
