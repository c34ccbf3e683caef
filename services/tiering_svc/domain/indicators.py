"""The indicators (T1): what each one means, its unit and its window, and how it follows from the sums of a window."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from services.tiering_svc.domain.known import Contacts, Known, Receivables, Traits, Value
from services.tiering_svc.domain.months import first_month
from services.tiering_svc.domain.orders import Figures

__all__ = ["INDICATORS", "Contacts", "Indicator", "Known", "Receivables", "Traits", "Value"]

CENT = Decimal("0.0001")
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Indicator:
    code: str
    group: str
    unit: str  # money, count, ratio, days
    window: str  # window: the months asked for; ever: since the first order; as_of: at that instant
    names: dict[str, str]
    definition: dict[str, str]
    value: Callable[[Known], Value]
    of_figures: Callable[[Figures], Value] | None = None  # set: more is better, so a policy may grade by it

    @property
    def gradable(self) -> bool:
        return self.of_figures is not None


INDICATORS: dict[str, Indicator] = {}


def _indicator(
    code: str, group: str, unit: str, window: str, en: tuple[str, str], zh: tuple[str, str],
    *, value: Callable[[Known], Value] | None = None, of_figures: Callable[[Figures], Value] | None = None,
) -> None:  # fmt: skip
    if value is None:
        assert of_figures is not None
        value = _from_figures(of_figures)
    INDICATORS[code] = Indicator(
        code, group, unit, window, {"en": en[0], "zh": zh[0]}, {"en": en[1], "zh": zh[1]}, value, of_figures
    )


def _from_figures(of_figures: Callable[[Figures], Value]) -> Callable[[Known], Value]:
    return lambda known: of_figures(known.figures)


def _amount(figures: Figures) -> Value:
    return figures.amount if figures.orders else None


def _margin_rate(figures: Figures) -> Value:
    if figures.margin is None or not figures.margin_known_amount:
        return None
    return _quotient(figures.margin, figures.margin_known_amount)


def _average_order(figures: Figures) -> Value:
    return _quotient(figures.amount, Decimal(figures.orders)) if figures.orders else None


def _returned_amount(known: Known) -> Value:
    figures = known.figures
    return figures.returned_amount if figures.orders or figures.returned_count else None


def _return_rate(known: Known) -> Value:
    """Of what was bought in the window: what came back of it or before it, over what is left plus what came back."""
    figures = known.figures
    bought = figures.amount + figures.returned_amount
    return _quotient(figures.returned_amount, bought) if bought else None


def _days_since(instant: datetime | None, as_of: datetime) -> Value:
    return None if instant is None or instant > as_of else (as_of - instant) // DAY


def _average_cycle(known: Known) -> Value:
    figures = known.figures
    if figures.orders < 2 or figures.first_order_at is None or figures.last_order_at is None:
        return None
    seconds = Decimal((figures.last_order_at - figures.first_order_at) // timedelta(seconds=1))
    return _quotient(seconds, Decimal(86_400 * (figures.orders - 1)))


def _expected_sales(known: Known) -> Value:
    """The mean month since the first order in the window: what the next month should bring if nothing changes."""
    if not known.figures.monthly:
        return None
    first = max(min(known.figures.monthly), first_month(known.last_month, known.months))
    months = (known.last_month.year - first.year) * 12 + known.last_month.month - first.month + 1
    return _quotient(known.figures.amount, Decimal(months))


def _quotient(one: Decimal, other: Decimal) -> Decimal:
    return (one / other).quantize(CENT)


_indicator(
    "orders", "transaction", "count", "window",
    ("Orders", "Orders placed in the window of which something is left after returns and cancellations"),
    ("订单数", "窗口期内下达、扣除退货和取消后仍有剩余的订单数"),
    of_figures=lambda figures: figures.orders,
)  # fmt: skip
_indicator(
    "amount", "transaction", "money", "window",
    ("Amount", "Total of the orders placed in the window, less what was later returned or cancelled of them"),
    ("消费金额", "窗口期内所下订单的总额，扣除其后退货和取消的部分"),
    of_figures=_amount,
)  # fmt: skip
_indicator(
    "margin", "transaction", "money", "window",
    ("Gross margin", "Amount less cost, of the orders whose costs are all known"),
    ("毛利", "成本全部已知的订单的金额减去成本"),
    of_figures=lambda figures: figures.margin,
)  # fmt: skip
_indicator(
    "margin_rate", "transaction", "ratio", "window",
    ("Margin rate", "Gross margin over the amount of the same orders"),
    ("毛利率", "毛利除以相同订单的金额"),
    of_figures=_margin_rate,
)  # fmt: skip
_indicator(
    "average_order", "transaction", "money", "window",
    ("Average order", "Amount over the number of orders"), ("平均订单额", "消费金额除以订单数"),
    of_figures=_average_order,
)  # fmt: skip
_indicator(
    "largest_order", "transaction", "money", "window",
    ("Largest order", "The largest single order, less what came back of it"),
    ("最大订单额", "单笔最大订单，扣除其退货部分"),
    of_figures=lambda figures: figures.largest_order,
)  # fmt: skip
_indicator(
    "returned_amount", "transaction", "money", "window",
    ("Returned amount", "What was returned or cancelled in the window, whenever it had been ordered"),
    ("退货金额", "窗口期内退回或取消的金额，不论何时下单"),
    value=_returned_amount,
)  # fmt: skip
_indicator(
    "returned_count", "transaction", "count", "window",
    ("Returns", "Returns and cancellations in the window"), ("退货次数", "窗口期内退货和取消的次数"),
    value=lambda known: known.figures.returned_count,
)  # fmt: skip
_indicator(
    "return_rate", "transaction", "ratio", "window",
    ("Return rate", "Returned amount over the amount that was kept and returned together"),
    ("退货率", "退货金额除以保留与退回金额之和"),
    value=_return_rate,
)  # fmt: skip
_indicator(
    "days_since_first_order", "transaction", "days", "ever",
    ("Days since the first order", "Whole days from the first order ever that still counts"),
    ("距首单天数", "距第一笔有效订单的整天数"),
    value=lambda known: _days_since(known.first_order_ever, known.as_of),
)  # fmt: skip
_indicator(
    "days_since_last_order", "transaction", "days", "window",
    ("Days since the last order", "Whole days from the last order in the window; unknown when there is none"),
    ("距末单天数", "距窗口期内最后一笔订单的整天数；没有订单时未知"),
    value=lambda known: _days_since(known.figures.last_order_at, known.as_of),
)  # fmt: skip
_indicator(
    "average_cycle", "transaction", "days", "window",
    ("Average cycle", "Mean days from one order to the next; unknown with fewer than two orders"),
    ("平均购买周期", "相邻订单之间的平均天数；少于两笔订单时未知"),
    value=_average_cycle,
)  # fmt: skip
_indicator(
    "expected_sales", "transaction", "money", "window",
    ("Expected sales a month", "Amount over the months from the first month with an order to the window's last"),
    ("预期月销售额", "消费金额除以自窗口期内首个有订单月份起的月数"),
    value=_expected_sales,
)  # fmt: skip
_indicator(
    "largest_receipt", "finance", "money", "window",
    ("Largest receipt", "The largest payment received in the window"), ("最大回款", "窗口期内最大的一笔回款"),
    value=lambda known: known.receivables.largest_receipt,
)  # fmt: skip
_indicator(
    "average_receipt", "finance", "money", "window",
    ("Average receipt", "Mean payment received in the window"), ("平均回款", "窗口期内回款的平均额"),
    value=lambda known: known.receivables.average_receipt,
)  # fmt: skip
_indicator(
    "collection_period", "finance", "days", "window",
    ("Average collection period", "Days from issue to payment, weighted by what was paid in the window"),
    ("平均收款期", "从开票到付款的天数，按窗口期内回款额加权"),
    value=lambda known: known.receivables.collection_days,
)  # fmt: skip
_indicator(
    "outstanding", "finance", "money", "as_of",
    ("Outstanding", "What is still owed on receivables issued by then"), ("应收余额", "截至当时已开票而未收的金额"),
    value=lambda known: known.receivables.outstanding,
)  # fmt: skip
_indicator(
    "average_arrears", "finance", "money", "as_of",
    ("Average arrears", "What is owed past its due day, a receivable in arrears"),
    ("平均欠款", "逾期未付金额除以逾期的应收笔数"),
    value=lambda known: (
        None
        if known.receivables.arrears is None
        else _quotient(known.receivables.arrears, Decimal(max(1, known.receivables.in_arrears)))
    ),
)  # fmt: skip
_indicator(
    "arrears_rate", "finance", "ratio", "as_of",
    ("Arrears rate", "What is owed past its due day over all that is outstanding"),
    ("欠款率", "逾期未付金额除以应收余额"),
    value=lambda known: (
        None
        if known.receivables.arrears is None or not known.receivables.outstanding
        else _quotient(known.receivables.arrears, known.receivables.outstanding)
    ),
)  # fmt: skip
