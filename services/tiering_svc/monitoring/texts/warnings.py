"""A warning's evidence in words (T12), English and Chinese: what an account manager reads."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

Evidence = Mapping[str, Any]
Words = dict[str, str]


def in_words(evidence: Evidence, currency: str) -> Words:
    return WORDS[evidence["kind"]](evidence, currency)


def _revenue_down(seen: Evidence, currency: str) -> Words:
    recent, baseline = seen["recent"], seen["baseline"]
    now, usual, fall = _said(seen["recent_a_day"]), _said(seen["baseline_a_day"]), seen["fall_percent"]
    more = fall.startswith("-")
    change_en = f"{fall.lstrip('-')} % {'above' if more else 'below'}"
    change_zh = f"{'高' if more else '低'}{fall.lstrip('-')}%"
    en = (
        f"Revenue in {_period(recent)} was {now} {currency} a day, {change_en} the {usual} {currency} a day of "
        f"{_period(baseline)}."
    )
    zh = f"{_period(recent)}日均收入{now} {currency}，比{_period(baseline, '至')}的日均{usual} {currency}{change_zh}。"
    if seen.get("deviations") is not None and not more:
        en += f" That is {seen['deviations']} times what its months usually differ by."
        zh += f"降幅为其月度正常波动的{seen['deviations']}倍。"
    return {"en": en, "zh": zh}


def _falling(seen: Evidence, currency: str) -> Words:
    months, running = seen["months"], seen["months_running"]
    path = " → ".join(_said(amount) for amount in months.values())
    first, last = min(months), max(months)
    if not running:
        return {"en": f"Revenue did not fall in {last}.", "zh": f"{last}收入没有下降。"}
    return {
        "en": f"Revenue a day has fallen {running} months running, {seen['fall_percent']} % in all ({first} to {last}: "
        f"{path} {currency}).",
        "zh": f"日均收入已连续{running}个月下降，累计降幅{seen['fall_percent']}%"
        f"（{first}至{last}：{path} {currency}）。",
    }


def _silent(seen: Evidence, currency: str) -> Words:
    days = seen["silent_days"]
    if seen.get("cycle_days") is None:
        return {"en": f"The last order was {days} days ago.", "zh": f"最近一笔订单在{days}天前。"}
    en = f"No order for {days} days, since {seen['last_order'][:10]}; it usually orders every {seen['cycle_days']} days"
    zh = f"自{seen['last_order'][:10]}起已{days}天没有下单；通常每{seen['cycle_days']}天下单一次"
    if seen["times"] is None:
        return {"en": f"{en}.", "zh": f"{zh}。"}
    return {"en": f"{en} ({seen['times']} times its cycle).", "zh": f"{zh}（为其周期的{seen['times']}倍）。"}


def _complaints_up(seen: Evidence, currency: str) -> Words:
    now, usual = seen["recent_complaints"], seen["usual_complaints"]
    recent, baseline = seen["recent"], seen["baseline"]
    return {
        "en": f"{now} complaint(s) in {_period(recent)}; {usual} would be usual by {_period(baseline)}.",
        "zh": f"{_period(recent, '至')}有{now}件投诉；按{_period(baseline, '至')}的平均水平应为{usual}件。",
    }


def _arrears(seen: Evidence, currency: str) -> Words:
    overdue, outstanding, days = _said(seen["overdue"]), _said(seen["outstanding"]), seen["days_late"]
    if not Decimal(seen["overdue"]):
        return {
            "en": f"Nothing of the {outstanding} {currency} owed is overdue.",
            "zh": f"应收{outstanding} {currency}，没有逾期款项。",
        }
    return {
        "en": f"{overdue} {currency} is past its due day, {seen['rate_percent']} % of the {outstanding} {currency} "
        f"owed; the oldest by {days} day(s).",
        "zh": f"逾期{overdue} {currency}，占应收{outstanding} {currency}的{seen['rate_percent']}%；"
        f"最长已逾期{days}天。",
    }


def _satisfaction_down(seen: Evidence, currency: str) -> Words:
    now, before, recent, baseline = (
        seen["recent_mean"], seen["baseline_mean"], seen["recent"], seen["baseline"],
    )  # fmt: skip
    of = (
        ("closed cases", "结案评分")
        if seen["measure"] == "cases"
        else ("questionnaires (experience less expectation)", "问卷满意度（体验减期望）")
    )
    return {
        "en": f"The mean satisfaction of {of[0]} in {_period(recent)} was {now} ({seen['recent_answers']} answers); in "
        f"{_period(baseline)} it was {before} ({seen['baseline_answers']} answers).",
        "zh": f"{_period(recent, '至')}的{of[1]}均值为{now}（{seen['recent_answers']}份），"
        f"{_period(baseline, '至')}为{before}（{seen['baseline_answers']}份）。",
    }


WORDS: Mapping[str, Callable[[Evidence, str], Words]] = {
    "revenue_down": _revenue_down,
    "falling": _falling,
    "silent": _silent,
    "complaints_up": _complaints_up,
    "arrears": _arrears,
    "satisfaction_down": _satisfaction_down,
}


def _period(months: Mapping[str, str], to: str = " to ") -> str:
    return months["from"] if months["from"] == months["to"] else f"{months['from']}{to}{months['to']}"


def _said(amount: str) -> str:
    return f"{Decimal(amount):,.2f}"
