"""Indicators of transactions (T1): how often, how much, at what margin, what came back, how regularly."""

from datetime import timedelta
from decimal import Decimal

from services.tiering_svc.core.domain.calendar import first_month
from services.tiering_svc.core.domain.numbers import Value, quotient
from services.tiering_svc.indicators.domain.figures import Figures
from services.tiering_svc.indicators.domain.indicator import Indicator, days_since, of_class
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot

indicator = of_class("transaction")


def _amount(figures: Figures) -> Value:
    return figures.amount if figures.orders else None


def _margin_rate(figures: Figures) -> Value:
    if figures.margin is None or not figures.margin_known_amount:
        return None
    return quotient(figures.margin, figures.margin_known_amount)


def _average_order(figures: Figures) -> Value:
    return quotient(figures.amount, figures.orders)


def _return_rate(snapshot: CustomerSnapshot) -> Value:
    """Of what was bought in the window: what came back of it or before it, over what is left plus what came back."""
    figures = snapshot.figures
    bought = figures.amount + figures.returned_amount
    return quotient(figures.returned_amount, bought) if bought else None


def _average_cycle(snapshot: CustomerSnapshot) -> Value:
    figures = snapshot.figures
    if figures.orders < 2 or figures.first_order_at is None or figures.last_order_at is None:
        return None
    seconds = Decimal((figures.last_order_at - figures.first_order_at) // timedelta(seconds=1))
    return quotient(seconds, Decimal(86_400 * (figures.orders - 1)))


def _expected_sales(snapshot: CustomerSnapshot) -> Value:
    """The mean month since the first order in the window: what the next month should bring if nothing changes."""
    if not snapshot.figures.monthly:
        return None
    first = max(min(snapshot.figures.monthly), first_month(snapshot.last_month, snapshot.months))
    months = (snapshot.last_month.year - first.year) * 12 + snapshot.last_month.month - first.month + 1
    return quotient(snapshot.figures.amount, Decimal(months))


TRANSACTION: tuple[Indicator, ...] = (
    indicator(
        "orders",
        "count",
        "window",
        ("Orders", "Orders placed in the window of which something is left after returns and cancellations"),
        ("订单数", "窗口期内下达、扣除退货和取消后仍有剩余的订单数"),
        of_figures=lambda figures: figures.orders,
    ),
    indicator(
        "amount",
        "money",
        "window",
        ("Amount", "Total of the orders placed in the window, less what was later returned or cancelled of them"),
        ("消费金额", "窗口期内所下订单的总额，扣除其后退货和取消的部分"),
        of_figures=_amount,
    ),
    indicator(
        "margin",
        "money",
        "window",
        ("Gross margin", "Amount less cost, of the orders whose costs are all known"),
        ("毛利", "成本全部已知的订单的金额减去成本"),
        of_figures=lambda figures: figures.margin,
        signed=True,
    ),
    indicator(
        "margin_rate",
        "ratio",
        "window",
        ("Margin rate", "Gross margin over the amount of the same orders"),
        ("毛利率", "毛利除以相同订单的金额"),
        of_figures=_margin_rate,
        signed=True,
    ),
    indicator(
        "average_order",
        "money",
        "window",
        ("Average order", "Amount over the number of orders"),
        ("平均订单额", "消费金额除以订单数"),
        of_figures=_average_order,
    ),
    indicator(
        "largest_order",
        "money",
        "window",
        ("Largest order", "The largest single order, less what came back of it"),
        ("最大订单额", "单笔最大订单，扣除其退货部分"),
        of_figures=lambda figures: figures.largest_order,
    ),
    indicator(
        "returned_amount",
        "money",
        "window",
        (
            "Returned amount",
            "What was returned or cancelled in the window, whenever it was ordered; 0 where nothing was",
        ),
        ("退货金额", "窗口期内退回或取消的金额，不论何时下单；没有退货时为 0"),
        value=lambda snapshot: snapshot.figures.returned_amount,
    ),
    indicator(
        "returned_count",
        "count",
        "window",
        ("Returns", "Returns and cancellations in the window"),
        ("退货次数", "窗口期内退货和取消的次数"),
        value=lambda snapshot: snapshot.figures.returned_count,
    ),
    indicator(
        "return_rate",
        "ratio",
        "window",
        ("Return rate", "Returned amount over the amount that was kept and returned together"),
        ("退货率", "退货金额除以保留与退回金额之和"),
        value=_return_rate,
    ),
    indicator(
        "active_months",
        "count",
        "window",
        ("Months with orders", "Calendar months of the window in which an order was placed that still counts"),
        ("有订单的月数", "窗口期内有有效订单的自然月数"),
        of_figures=lambda figures: len(figures.monthly),
    ),
    indicator(
        "days_since_first_order",
        "days",
        "ever",
        ("Days since the first order", "Whole days from the first order ever that still counts"),
        ("距首单天数", "距第一笔有效订单的整天数"),
        value=lambda snapshot: days_since(snapshot.first_order_ever, snapshot.as_of),
    ),
    indicator(
        "days_since_last_order",
        "days",
        "ever",
        ("Days since the last order", "Whole days from the last order by then that still counts"),
        ("距末单天数", "距截至该时刻最后一笔有效订单的整天数"),
        value=lambda snapshot: days_since(snapshot.last_order_ever, snapshot.as_of),
    ),
    indicator(
        "average_cycle",
        "days",
        "window",
        ("Average cycle", "Mean days from one order to the next; unknown with fewer than two orders"),
        ("平均购买周期", "相邻订单之间的平均天数；少于两笔订单时未知"),
        value=_average_cycle,
    ),
    indicator(
        "expected_sales",
        "money",
        "window",
        ("Expected sales a month", "Amount over the months from the first month with an order to the window's last"),
        ("预期月销售额", "消费金额除以自窗口期内首个有订单月份起的月数"),
        value=_expected_sales,
    ),
)
