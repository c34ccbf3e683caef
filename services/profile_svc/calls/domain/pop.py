"""The call-centre pop (G4): how to greet who is ringing, what to watch out for, and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from services.profile_svc.files.domain.customer_file import CustomerFile
from services.profile_svc.overview.domain.warnings import cause_texts, worst_first

AlertCode = Literal[
    "deadline_overdue", "points_debt", "payment_overdue", "dissatisfied", "early_warning", "unknown_customer"
]
Weight = Literal["high", "normal"]

TITLES_ZH = {"male": "先生", "female": "女士"}


@dataclass(frozen=True, slots=True)
class Greeting:
    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Advice:
    code: str
    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Alert:
    code: AlertCode
    weight: Weight
    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class CallContext:
    """What the overview says that a conversation should know."""

    tier: str | None
    tier_rank: int | None
    open_cases: int
    overdue_cases: int
    points_balance: int
    points_debt: int
    overdue_amount: Decimal
    last_satisfaction: int | None
    warnings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def day_part(hour: int) -> tuple[str, str]:
    if hour < 5 or hour >= 18:
        return "Good evening", "晚上好"
    return ("Good morning", "上午好") if hour < 12 else ("Good afternoon", "下午好")


def greet(file: CustomerFile, context: CallContext, *, hour: int) -> Greeting:
    """By name in the language that is spoken, with thanks where there is a tier to thank for."""
    en_time, zh_time = day_part(hour)
    en_name, zh_name = file.name_in("en"), file.name_in("zh")
    title = TITLES_ZH.get(str(file.facts.get("sex")), "") if file.kind == "person" else ""
    en = f"{en_time}, {en_name}." if en_name else f"{en_time}."
    zh = f"{zh_name}{title}，{zh_time}！" if zh_name else f"您好，{zh_time}！"
    if context.tier is not None and context.tier_rank:  # the lowest level, rank 0, is nothing to be thanked for
        en += f" Thank you for being a {context.tier} customer."
        zh += f"感谢您成为我们的{context.tier}级客户。"
    return Greeting(en, zh)


def alerts_for(context: CallContext, file: CustomerFile) -> list[Alert]:
    alerts = []
    if context.overdue_cases:
        alerts.append(
            Alert("deadline_overdue", "high", f"{context.overdue_cases} case(s) past their deadline",
                  f"{context.overdue_cases} 个个案已超过处理期限")
        )  # fmt: skip
    if context.overdue_amount > 0:
        amount = f"{context.overdue_amount:.2f}"
        alerts.append(Alert("payment_overdue", "high", f"{amount} is past its due date", f"有 {amount} 的款项已逾期"))
    if context.points_debt > 0:
        alerts.append(
            Alert("points_debt", "normal", f"{context.points_debt} points are owed",
                  f"积分欠 {context.points_debt} 分")
        )  # fmt: skip
    if context.last_satisfaction is not None and context.last_satisfaction <= 2:
        alerts.append(
            Alert("dissatisfied", "normal", "was dissatisfied with the last solution", "对上次处理结果不满意")
        )
    for _, warning in worst_first(context.warnings):
        en, zh = cause_texts(warning["cause"])
        weight: Weight = "high" if warning["severity"] == "red" else "normal"
        alerts.append(Alert("early_warning", weight, f"early warning: {en}", f"预警：{zh}"))
    if file.kind == "unknown":
        alerts.append(Alert("unknown_customer", "normal", "the file is only a reference", "客户档案仅有外部编号"))
    return alerts


def advise(context: CallContext, file: CustomerFile) -> list[Advice]:
    """What to do, the most pressing first. Nothing is said that the agent could not act on."""
    advice = []
    if context.overdue_cases:
        advice.append(
            Advice("apologise_and_date", "Apologise first, then name a date for the overdue case.",
                   "先致歉，再为超期个案给出明确日期。")
        )  # fmt: skip
    elif context.open_cases:
        advice.append(
            Advice("tell_progress", "Tell the progress of the open case before being asked.",
                   "主动告知未结个案的进展。")
        )  # fmt: skip
    if context.overdue_amount > 0:
        advice.append(
            Advice("remind_payment", "Remind of the overdue payment politely, after the customer's own matter.",
                   "办完客户的事情后，礼貌提醒逾期款项。")
        )  # fmt: skip
    if context.points_debt > 0:
        advice.append(
            Advice("no_points_promises", "Promise no points: the next ones pay the shortfall first.",
                   "不要承诺积分：新得积分先抵欠分。")
        )  # fmt: skip
    if file.kind == "unknown":
        advice.append(Advice("ask_who", "Ask for the name and complete the file.", "询问姓名并补全档案。"))
    elif file.completeness.percent < 60:
        advice.append(
            Advice("complete_file", f"Ask for what the file lacks, first: {file.completeness.missing[0]}.",
                   f"请补全档案，首先是：{file.completeness.missing[0]}。")
        )  # fmt: skip
    return advice
