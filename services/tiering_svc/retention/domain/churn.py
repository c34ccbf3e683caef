"""Who stays and who is lost (T13): the rule that says when a customer is lost, and the rates of a period."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any, Literal

from services.tiering_svc.core.domain.numbers import number, plain
from shared.errors import invalid

MOST_CYCLES = Decimal(100)
MOST_DAYS = 3660
RATE = Decimal("0.0001")
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class LostRule:
    """Lost: silent for longer than so many of its own order cycles, and at least for so many days."""

    cycles: Decimal
    least_days: int


def read_retention_rules(document: Mapping[str, Any], pointer: str = "") -> LostRule:
    """Checked shapes come in; what the shapes cannot say is refused here, at its field."""
    lost = document["lost"]
    cycles = number(lost["cycles"], f"{pointer}/lost/cycles")
    if not 0 <= cycles <= MOST_CYCLES:
        raise invalid("out_of_range", f"Between 0 and {MOST_CYCLES} cycles.", pointer=f"{pointer}/lost/cycles")
    days = lost["least_days"]
    if not 1 <= days <= MOST_DAYS:
        raise invalid("out_of_range", f"Between 1 and {MOST_DAYS} days.", pointer=f"{pointer}/lost/least_days")
    return LostRule(cycles, days)


@dataclass(frozen=True, slots=True)
class Movement:
    """A period's customers: active in the one before (`base`), of these still active, new, and back after a pause."""

    base: int
    retained: int
    new: int
    back: int

    @property
    def churned(self) -> int:
        return self.base - self.retained

    @property
    def retention_rate(self) -> Decimal | None:
        """Not known where nobody was there to stay."""
        return share(self.retained, self.base)

    @property
    def churn_rate(self) -> Decimal | None:
        return share(self.churned, self.base)


def share(part: int, whole: int) -> Decimal | None:
    return (Decimal(part) / Decimal(whole)).quantize(RATE) if whole else None


def cost_of_one(spent: Decimal | None, customers: int) -> Decimal | None:
    """What one customer cost; not known where no cost was told, or nobody was won or kept for it."""
    return None if spent is None or not customers else (spent / customers).quantize(CENT)


def ratio(win: Decimal | None, keep: Decimal | None) -> Decimal | None:
    """How many times as dear it is to win one as to keep one."""
    return None if win is None or not keep else (win / keep).quantize(CENT)


def why_lost(
    last_order_at: datetime, cycle_days: Decimal | None, limit_days: Decimal, lost_at: datetime, rule: LostRule,
    language: Literal["en", "zh"], zone: tzinfo,
) -> str:  # fmt: skip
    last, since = (instant.astimezone(zone).date() for instant in (last_order_at, lost_at))
    limit, cycles = plain(limit_days.quantize(Decimal("0.1"))), plain(rule.cycles)
    if language == "zh":
        own = "仅有一笔订单，自身周期未知" if cycle_days is None else f"自身周期为{_days(cycle_days)}天"
        bounds = f"期限为{cycles}个周期且不少于{rule.least_days}天，即{limit}天"
        return f"最近一笔订单为{last}；{own}，{bounds}；自{since}起视为流失。"
    own = "one order only, so no cycle of its own" if cycle_days is None else f"own cycle {_days(cycle_days)} days"
    return (
        f"Last order on {last}; {own}; the limit is {cycles} cycles and at least {rule.least_days} days, {limit} days "
        f"here; lost since {since}."
    )


def _days(days: Decimal) -> str:
    return plain(days.quantize(Decimal("0.1"))) or "0"
