"""What an indicator is (T1): code, class, unit, window, a definition in two languages, and the function behind it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.tiering_svc.core.domain.numbers import Value
from services.tiering_svc.indicators.domain.figures import Figures
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot

UNITS = {
    "money": ("the accounting currency", "记账货币"),
    "count": ("a whole number", "整数"),
    "ratio": ("a share: 0.25 is a quarter", "比率：0.25 即四分之一"),
    "days": ("days", "天"),
    "years": ("years", "年"),
    "percent": ("percent", "百分比"),
    "score": ("points on a scale of 1 to 5", "1 至 5 分"),
    "points": ("points of the scale of the satisfaction index, also below 0", "满意度指标体系的分值，可为负"),
    "code": ("a word, no number", "代码，非数值"),
}
WINDOWS = {
    "window": ("the months asked for, that of `as_of` up to its instant", "所请求的月份，`as_of` 所在月截至该时刻"),
    "as_of": ("at that instant", "截至该时刻"),
    "ever": ("from the beginning until that instant", "自始至该时刻"),
}


@dataclass(frozen=True, slots=True)
class Indicator:
    """A figure or a code that a customer's snapshot gives."""

    code: str
    group: str  # its class
    unit: str
    window: str
    names: dict[str, str]
    definition: dict[str, str]
    value: Callable[[CustomerSnapshot], Any]  # a Value; text where the unit is `code`. None is not known, never 0
    of_figures: Callable[[Figures], Value] | None = None  # set: it follows from the sums of the window alone
    signed: bool = False  # its values may be less than 0

    @property
    def gradable(self) -> bool:
        """Whether a policy can put its values into bands: they are numbers."""
        return self.unit != "code"


def of_class(group: str) -> Callable[..., Indicator]:
    """A function that makes the indicators of one class: `indicator(code, unit, window, en, zh, value=…)`, where `en`
    and `zh` are (name, definition). `of_figures` in place of `value`: it follows from the sums of a window alone;
    `signed`: it may be less than 0."""

    def indicator(
        code: str, unit: str, window: str, en: tuple[str, str], zh: tuple[str, str],
        *, value: Callable[[CustomerSnapshot], Any] | None = None, of_figures: Callable[[Figures], Value] | None = None,
        signed: bool = False,
    ) -> Indicator:  # fmt: skip
        if value is None:
            assert of_figures is not None
            value = _from_figures(of_figures)
        names, definition = {"en": en[0], "zh": zh[0]}, {"en": en[1], "zh": zh[1]}
        return Indicator(code, group, unit, window, names, definition, value, of_figures, signed)

    return indicator


def _from_figures(of_figures: Callable[[Figures], Value]) -> Callable[[CustomerSnapshot], Value]:
    return lambda snapshot: of_figures(snapshot.figures)


def days_since(instant: datetime | None, as_of: datetime) -> Value:
    """Whole days from an instant to `as_of`; None without an instant, or where it is later."""
    return None if instant is None or instant > as_of else (as_of - instant) // timedelta(days=1)
