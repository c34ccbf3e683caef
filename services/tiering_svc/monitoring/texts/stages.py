"""Stages and relationship types in words (T11), English and Chinese."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

Words = dict[str, str]

STAGE_NAMES: Mapping[str, Words] = {
    "acquire": {"en": "Being won", "zh": "获取期"},
    "expand": {"en": "Growing", "zh": "成长期"},
    "retain": {"en": "To be kept", "zh": "保持期"},
    "dormant": {"en": "Dormant", "zh": "休眠期"},
    "lost": {"en": "Lost", "zh": "流失"},
}
RELATIONSHIP_NAMES: Mapping[str, Words] = {
    "basic": {"en": "Basic", "zh": "基本型"},
    "reactive": {"en": "Reactive", "zh": "被动型"},
    "accountable": {"en": "Accountable", "zh": "负责型"},
    "proactive": {"en": "Proactive", "zh": "能动型"},
    "partner": {"en": "Partnership", "zh": "伙伴型"},
}
NUMBERS_ZH = {"many": "多", "medium": "中等", "few": "少"}
MARGINS_ZH = {"high": "高", "medium": "中等", "low": "低"}


def stage_in_words(code: str, reasons: Mapping[str, Any]) -> Words:
    name = STAGE_NAMES[code]
    en, zh = _why(reasons)
    return {"en": f"{name['en']}: {en}.", "zh": f"{name['zh']}：{zh}。"}


def _why(seen: Mapping[str, Any]) -> tuple[str, str]:
    match seen["because"]:
        case "no_order":
            return "no order yet", "尚未下单"
        case "new":
            days, least = seen["days_since_first_order"], seen["days"]
            return f"the first order was {days} days ago, less than {least}", f"首单距今{days}天，不足{least}天"
        case "long_ago":
            return "the last order was years ago", "多年没有下单"
        case "silent":
            cycle = seen["cycle_days"]
            en = f"no order for {seen['silent_days']} days (at least {seen['days']}"
            zh = f"已{seen['silent_days']}天没有下单（至少{seen['days']}天"
            if cycle is None:
                return f"{en})", f"{zh}）"
            return (
                f"{en}, and {seen['cycles']} times its cycle of {cycle} days)",
                f"{zh}，且为其{cycle}天周期的{seen['cycles']}倍）",
            )
        case "growth_not_known":
            return "it orders; how it grows is not known yet", "正常下单，增长情况尚不可知"
    return _growth(seen)


def _growth(seen: Mapping[str, Any]) -> tuple[str, str]:
    recent, baseline = seen["recent"], seen["baseline"]
    growth = Decimal(seen["growth_percent"])
    en_change = f"{abs(growth)} % {'more' if growth >= 0 else 'less'}"
    zh_change = f"{'增长' if growth >= 0 else '下降'}{abs(growth)}%"
    en = (
        f"revenue a day of {recent['from']} to {recent['to']} was {en_change} than that of {baseline['from']} to "
        f"{baseline['to']} (growing begins at {seen['growth_from']} %)"
    )
    zh = (
        f"{recent['from']}至{recent['to']}的日均收入比{baseline['from']}至{baseline['to']}{zh_change}"
        f"（成长期自{seen['growth_from']}%起）"
    )
    return en, zh


def relationship_in_words(code: str | None, reasons: Mapping[str, Any]) -> Words:
    if code is None:
        if reasons["because"] == "no_tier":
            return {"en": "Not known: the customer is in no class.", "zh": "未知：客户没有等级。"}
        return {"en": "Not known: no costs are known.", "zh": "未知：没有成本数据。"}
    name, count, margin = RELATIONSHIP_NAMES[code], reasons["customers"], reasons["margin"]
    percent = f"{Decimal(reasons['margin_rate']) * 100:.1f}"
    return {
        "en": f"{name['en']}: {count} customers in its class ({reasons['customers_in_tier']}, "
        f"{reasons['share_percent']} % of all) and a {margin} margin ({percent} %).",
        "zh": f"{name['zh']}：同级客户{NUMBERS_ZH[count]}（{reasons['customers_in_tier']}位，"
        f"占{reasons['share_percent']}%），毛利率{MARGINS_ZH[margin]}（{percent}%）。",
    }
