"""A customer's expected lifetime value in words, English and Chinese (T13)."""

from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Literal

from services.tiering_svc.retention.domain.buyers import Worth

FAILURES = {
    "too_few_repeat_customers": {
        "en": "Fewer than ten customers bought on a second day: how often customers come again cannot be told.",
        "zh": "第二天及以后再次购买的客户不足十个，无法估计复购规律。",
    },
    "no_time_has_passed": {
        "en": "No time has passed since anybody's first purchase.",
        "zh": "所有客户的首次购买距今均不足一天。",
    },
    "no_maximum": {
        "en": "No parameters were found that explain these purchases.",
        "zh": "未找到能够解释这些购买记录的参数。",
    },
}


def in_words(
    worth: Worth, as_of: datetime, months: int, discount: Decimal, language: Literal["en", "zh"],
    *, zone: tzinfo, currency: str,
) -> str:  # fmt: skip
    day = as_of.astimezone(zone).date()
    buyer = worth.buyer
    first, last = (day - timedelta(days=age) for age in (buyer.age_days, buyer.age_days - buyer.recency_days))
    days = buyer.frequency + 1
    percent = _said(discount * 100)
    if language == "zh":
        said = [f"截至{day}，该客户自{first}起在{days}个不同的日子购买过，最近一次为{last}。"]
        if worth.chance_alive is not None and worth.expected_orders is not None:
            said.append(
                f"其仍为活跃客户的概率为{_said(worth.chance_alive * 100)}%，"
                f"预计今后{months}个月内购买{_said(worth.expected_orders)}次。"
            )
        if worth.revenue is None:
            said.append("其今后的消费金额未知。")
        else:
            said.append(f"按每年{percent}%折现，预期收入为{_said(worth.revenue)} {currency}。")
            margin = f"预期毛利为{_said(worth.margin)} {currency}。" if worth.margin is not None else "其毛利率未知。"
            said.append(margin)
        return "".join(said)
    said = [f"As of {day}: bought on {days} day{'s' if days > 1 else ''} since {first}, the last time on {last}."]
    if worth.chance_alive is not None and worth.expected_orders is not None:
        said.append(
            f"The chance that the customer is still active is {_said(worth.chance_alive * 100)} %; "
            f"{_said(worth.expected_orders)} purchases are expected in the next {months} months."
        )
    if worth.revenue is None:
        said.append("What it will spend is not known.")
    else:
        said.append(f"Discounted at {percent} % a year, {_said(worth.revenue)} {currency} of revenue are expected.")
        margin = f"The margin in it is {_said(worth.margin)} {currency}." if worth.margin is not None else (
            "Its margin rate is not known."
        )  # fmt: skip
        said.append(margin)
    return " ".join(said)


def _said(number: Decimal) -> str:
    text = f"{number:,.2f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
