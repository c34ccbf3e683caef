"""Why a customer is a key account, or excluded, in words (T8): what was kept with the decision."""

from datetime import datetime, tzinfo

from services.tiering_svc.core.domain.numbers import grouped
from services.tiering_svc.key_accounts.domain.key_account import AccountClass, Nomination
from services.tiering_svc.key_accounts.domain.rules import in_words

KINDS = {
    "economic": {"en": "economic", "zh": "经济型"},
    "important": {"en": "important", "zh": "重要型"},
    "group": {"en": "group", "zh": "集团型"},
    "strategic": {"en": "strategic", "zh": "战略型"},
}
RISKS = {
    "finance": {"en": "Finance", "zh": "财务风险"},
    "profit": {"en": "Profit", "zh": "利润风险"},
    "management": {"en": "Management", "zh": "管理风险"},
    "churn": {"en": "Churn", "zh": "流失风险"},
    "concentration": {"en": "Concentration", "zh": "集中风险"},
}
EXCLUDED = {
    "en": "Never served: neither a key account nor a candidate. Announced, so that whoever takes orders can refuse.",
    "zh": "拒绝服务客户：不得成为关键客户，也不进入候选名单；已发布通知，受理订单或个案者可据此拒绝。",
}
NEITHER = {"en": "Not a key account at that time.", "zh": "当时不是关键客户。"}
SHOWN = ("amount", "orders", "margin_rate", "share_of_revenue")


def class_in_words(held: AccountClass | None, nomination: Nomination | None, language: str, zone: tzinfo) -> str:
    """`nomination` is left out for who may not read reasons."""
    if held is None:
        return NEITHER[language]
    since = _day(held.since, zone)
    if held.class_code == "excluded":
        said = [f"Since {since}. {EXCLUDED['en']}" if language == "en" else f"自{since}起。{EXCLUDED['zh']}"]
    elif language == "en":
        said = [f"Key account ({', '.join(KINDS[kind]['en'] for kind in held.kinds)}) since {since}."]
    else:
        said = [f"自{since}起为关键客户（{'、'.join(KINDS[kind]['zh'] for kind in held.kinds)}）。"]
    if nomination is not None:
        said += _decision(nomination, language, zone)
    if held.until is not None:
        until = _day(held.until, zone)
        said.append(f"It ended on {until}." if language == "en" else f"已于{until}终止。")
    return (" " if language == "en" else "").join(said)


def _decision(nomination: Nomination, language: str, zone: tzinfo) -> list[str]:
    day, by, other = _day(nomination.nominated_at, zone), nomination.nominated_by, nomination.decided_by
    values = {code: nomination.figures["values"].get(code) for code in SHOWN}
    met = [one for one in nomination.findings or () if one["met"]] if nomination.class_code == "key" else []
    if language == "en":
        said = [f"Nominated by {by} on {day} (“{nomination.reason}”), approved by {other}."]
        known = [f"{code.replace('_', ' ')} {grouped(value)}" for code, value in values.items() if value is not None]
        said.append(f"Then: {', '.join(known)}." if known else "No figures were known then.")
        if met:
            rules = "; ".join(in_words(one, "en") for one in met)
            said.append(f"It met a disqualifying rule ({rules}), set aside because: “{nomination.override_reason}”.")
        return said
    said = [f"由{by}于{day}提名（“{nomination.reason}”），经{other}批准。"]
    names = {"amount": "消费金额", "orders": "订单数", "margin_rate": "毛利率", "share_of_revenue": "占全部收入的比例"}
    known = [f"{names[code]}{grouped(value)}" for code, value in values.items() if value is not None]
    said.append(f"当时{'，'.join(known)}。" if known else "当时无已知数据。")
    if met:
        rules = "；".join(in_words(one, "zh") for one in met)
        said.append(f"符合排除规则（{rules}），予以豁免的理由：“{nomination.override_reason}”。")
    return said


def flag_in_words(
    risk: str, rule_found: dict[str, object] | None, reason: str | None, since: datetime, until: datetime | None,
    language: str, zone: tzinfo,
) -> str:  # fmt: skip
    name, day = RISKS[risk][language], _day(since, zone)
    why = in_words(rule_found, language) if rule_found is not None else reason
    if language == "en":
        said = f"{name} risk since {day}" + (f": {why}" if why else "") + "."
        return said if until is None else f"{said} Set by hand until {_day(until, zone)}."
    said = f"自{day}起有{name}" + (f"：{why}" if why else "") + "。"
    return said if until is None else f"{said}人工设定，有效期至{_day(until, zone)}。"


def _day(instant: datetime, zone: tzinfo) -> str:
    return f"{instant.astimezone(zone):%Y-%m-%d}"
