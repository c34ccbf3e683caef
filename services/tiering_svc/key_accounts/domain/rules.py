"""The rules around key accounts, as data (T8): who is disqualified, which risks are flagged, who is a candidate.

A rule is a list of conditions that all have to hold. A condition on an indicator that is not known is not known
itself, so a rule is met, not met, or not known: nobody is disqualified or flagged for what nobody knows.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from services.tiering_svc.core.domain.calendar import MOST_MONTHS
from services.tiering_svc.core.domain.numbers import HUNDRED, Value, number, plain, quotient
from services.tiering_svc.indicators.domain.catalogue import INDICATORS
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot
from shared.errors import invalid

KINDS = ("economic", "important", "group", "strategic")
RISKS = ("finance", "profit", "management", "churn", "concentration")
COMPARISONS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "at_least": lambda value, bound: value >= bound,
    "over": lambda value, bound: value > bound,
    "at_most": lambda value, bound: value <= bound,
    "under": lambda value, bound: value < bound,
}


def _silent_cycles(snapshot: CustomerSnapshot, _: Decimal) -> Value:
    days, cycle = (INDICATORS[code].value(snapshot) for code in ("days_since_last_order", "average_cycle"))
    return quotient(days, cycle)


def _share_of_revenue(snapshot: CustomerSnapshot, total: Decimal) -> Value:
    return quotient(snapshot.figures.amount, total) if snapshot.figures.orders else None


# What these rules look at besides the indicators of T1, from a customer's figures and all customers' amount in the same
# window: the largest order over the amount; days since the last order over the average cycle; the amount over that of
# all customers.
ACCOUNT_INDICATORS: dict[str, Callable[[CustomerSnapshot, Decimal], Value]] = {
    "largest_order_share": lambda snapshot, _: quotient(snapshot.figures.largest_order, snapshot.figures.amount),
    "silent_cycles": _silent_cycles,
    "share_of_revenue": _share_of_revenue,
}
KNOWN_INDICATORS = ACCOUNT_INDICATORS.keys() | {code for code, known in INDICATORS.items() if known.gradable}


def values_of(snapshot: CustomerSnapshot, total: Decimal) -> dict[str, Value]:
    """Every number a rule may look at, by its indicator's code. `total`: all customers' amount in the same window."""
    values = {code: indicator.value(snapshot) for code, indicator in INDICATORS.items() if indicator.gradable}
    return values | {code: value_of(snapshot, total) for code, value_of in ACCOUNT_INDICATORS.items()}


@dataclass(frozen=True, slots=True)
class IndicatorCondition:
    """A comparison (`at_least`, `over`, `at_most`, `under`) of one indicator with a bound."""

    indicator: str
    comparison: str
    bound: Decimal


@dataclass(frozen=True, slots=True)
class IndicatorRule:
    """A rule that disqualifies, or flags a risk, when all of its conditions hold."""

    code: str
    names: Mapping[str, str]
    when: tuple[IndicatorCondition, ...]
    risk: str | None = None


@dataclass(frozen=True, slots=True)
class Criterion:
    """Who is a candidate of a kind: among the first so many percent by amount, and all conditions hold."""

    kind: str
    names: Mapping[str, str]
    when: tuple[IndicatorCondition, ...]
    top_percent: Decimal | None


@dataclass(frozen=True, slots=True)
class AccountRules:
    """A version of the rules, and how many months back they look."""

    version: int
    months: int
    disqualifications: tuple[IndicatorRule, ...]
    risks: tuple[IndicatorRule, ...]
    candidates: tuple[Criterion, ...]


@dataclass(frozen=True, slots=True)
class Examination:
    """What a rule found at a customer, with all figures it found it by."""

    code: str
    names: Mapping[str, str]
    met: bool | None  # None: not known
    parts: tuple[dict[str, Any], ...]
    risk: str | None = None

    def as_data(self) -> dict[str, Any]:
        """As it is kept with a decision."""
        return {"code": self.code, "name": dict(self.names), "met": self.met, "parts": list(self.parts)}


def examine(rule: IndicatorRule | Criterion, values: Mapping[str, Value]) -> Examination:
    """Whether all conditions of a rule hold; not known where none fails and one is not known."""
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


# --- the document ---------------------------------------------------------------------------------------------------


def read_account_rules(document: Mapping[str, Any], version: int = 0, pointer: str = "") -> AccountRules:
    """The rules of a document whose shape is checked. What the shape cannot say is refused with 422 at its field below
    `pointer`: an unknown indicator, kind or risk, a rule twice, one without a condition, numbers out of range."""
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


def _rules(documents: Sequence[Mapping[str, Any]], pointer: str) -> tuple[IndicatorRule, ...]:
    rules: list[IndicatorRule] = []
    for index, document in enumerate(documents):
        at = f"{pointer}/{index}"
        if any(document["code"] == earlier.code for earlier in rules):
            raise invalid("duplicate_rule", "Each rule once.", pointer=f"{at}/code")
        if not document["when"]:
            raise invalid("no_conditions", "A rule needs a condition.", pointer=f"{at}/when")
        conditions = _conditions(document["when"], f"{at}/when")
        rules.append(IndicatorRule(document["code"], document["name"], conditions, document.get("risk")))
    return tuple(rules)


def _criteria(documents: Sequence[Mapping[str, Any]], pointer: str) -> tuple[Criterion, ...]:
    criteria: list[Criterion] = []
    for index, document in enumerate(documents):
        at = f"{pointer}/{index}"
        if document["kind"] not in KINDS:
            raise invalid("unknown_kind", "There is no such kind of key account.", pointer=f"{at}/kind")
        if any(document["kind"] == earlier.kind for earlier in criteria):
            raise invalid("duplicate_rule", "Each kind once.", pointer=f"{at}/kind")
        top = None
        if document.get("top_percent") is not None:
            top = number(document["top_percent"], f"{at}/top_percent")
            if not 0 < top <= HUNDRED:
                raise invalid("out_of_range", "More than 0 and at most 100.", pointer=f"{at}/top_percent")
        elif not document["when"]:
            raise invalid("no_conditions", "A share or a condition is needed.", pointer=f"{at}/when")
        conditions = _conditions(document["when"], f"{at}/when")
        criteria.append(Criterion(document["kind"], document["name"], conditions, top))
    return tuple(criteria)


def _conditions(documents: Sequence[Mapping[str, Any]], pointer: str) -> tuple[IndicatorCondition, ...]:
    conditions = []
    for index, document in enumerate(documents):
        at = f"{pointer}/{index}"
        if document["indicator"] not in KNOWN_INDICATORS:
            raise invalid("unknown_indicator", "No rule can look at this.", pointer=f"{at}/indicator")
        given = [name for name in COMPARISONS if document.get(name) is not None]
        if len(given) != 1:
            raise invalid("one_comparison", f"Exactly one of {', '.join(COMPARISONS)}.", pointer=at)
        [comparison] = given
        bound = number(document[comparison], f"{at}/{comparison}")
        conditions.append(IndicatorCondition(document["indicator"], comparison, bound))
    return tuple(conditions)
