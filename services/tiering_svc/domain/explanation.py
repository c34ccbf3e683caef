"""Why a customer is in a tier (T9): the reasons kept with a decision, and the same in words, English and Chinese."""

from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from services.tiering_svc.domain.indicators import INDICATORS, Value
from services.tiering_svc.domain.months import first_month, shift, spelled
from services.tiering_svc.domain.orders import ZERO, Figures
from services.tiering_svc.domain.policies import Policy, known_by_figures

Reasons = Mapping[str, Any]
Language = Literal["en", "zh"]


def reasons_of(
    policy: Policy, figures: Figures, month: date, rank: int,
    *, trigger: str, order_id: UUID | None = None, run_id: UUID | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Everything the decision looked at, as data: it is stored with the row and never computed again."""
    found = policy.assess(known_by_figures(figures, month, policy.months))
    value, graded = found.value, found.rank
    last = shift(month, -1) if policy.kind == "star" else month
    months = policy.months - 1 if policy.kind == "star" else policy.months
    reasons: dict[str, Any] = {
        "trigger": trigger,
        "policy": {"id": str(policy.policy_id), "version": policy.version, "kind": policy.kind, "name": policy.names},
        "indicator": policy.indicator,
        "window": {"from": spelled(first_month(last, months)), "to": spelled(last), "months": months},
        "value": plain(value),
        "tier": {"code": policy.levels[rank].code, "name": policy.levels[rank].names},
        "bands": [{"tier": policy.levels[band.rank].code, "from": plain(band.start)} for band in policy.bands or ()],
        "band": _band(policy, rank),
        "next": next_tier(policy, value, rank),
    }
    if graded < rank:
        reasons["graded"] = policy.levels[graded].code  # it keeps what it had, though the figures give less
    if policy.kind == "star":
        reasons["months"] = {
            spelled(shift(month, -n)): plain(figures.monthly.get(shift(month, -n), ZERO)) for n in range(months, 0, -1)
        }
    if policy.kind == "abc":
        reasons["by"] = policy.shares_by
        reasons["shares"] = [
            {"tier": policy.levels[share.rank].code, "percent": plain(share.percent)} for share in policy.shares
        ]
        reasons["cutoffs_of"] = None if policy.run_id is None else str(policy.run_id)
    if order_id is not None:
        reasons["order_id"] = str(order_id)
    if run_id is not None:
        reasons["run_id"] = str(run_id)
    return reasons


def _band(policy: Policy, rank: int) -> dict[str, str | None] | None:
    """Where the level begins and where the next one does."""
    start = next((band.start for band in policy.bands or () if band.rank == rank), None)
    end = next((band.start for band in policy.bands or () if band.rank > rank), None)
    return None if start is None and end is None else {"from": plain(start), "to": plain(end)}


def next_tier(policy: Policy, value: Value, rank: int) -> dict[str, Any] | None:
    """The next level up and what is missing for it; None at the top, or where no cut-offs are known yet."""
    band = next((band for band in policy.bands or () if band.rank > rank), None)
    if band is None:
        return None
    level = policy.levels[band.rank]
    missing = band.start - (value or 0)
    return {"code": level.code, "name": level.names, "from": plain(band.start), "missing": plain(max(missing, ZERO))}


def plain(value: Value) -> str | None:
    """A number as the reasons spell it: plain, without needless zeros."""
    if value is None:
        return None
    text = format(Decimal(value), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


# --- in words ------------------------------------------------------------------------------------------------------

CAUSES = {
    ("first", "order"): ("placed by the first order", "由首笔订单定级"),
    ("first", "review"): ("placed by a review", "由评审定级"),
    ("upgrade", "order"): ("raised at once by an order", "由订单即时升级"),
    ("upgrade", "review"): ("raised by a review", "由评审升级"),
    ("upgrade", "take_back"): (
        "raised by an order of that day, which carries the tier after an earlier one was taken back",
        "在较早的订单被退回后，仍由当日订单升级",
    ),
    ("downgrade", "review"): ("lowered by a review after the grace period", "宽限期后由评审降级"),
    ("downgrade", "override_end"): ("graded anew when an override ended", "人工指定到期后重新定级"),
    ("upgrade", "override_end"): ("graded anew when an override ended", "人工指定到期后重新定级"),
    ("correction", "take_back"): (
        "corrected from this date, because an order that had carried a higher tier was returned or cancelled",
        "因支撑较高等级的订单被退回或取消，自该日起更正",
    ),
    ("override", "override"): ("set by a person", "由人工指定"),
}


def in_words(kind: str, reasons: Reasons, since: datetime, language: Language, *, zone: tzinfo, currency: str) -> str:
    """One paragraph a call-centre agent can read out."""
    words = _english if language == "en" else _chinese
    return words(kind, reasons, since.astimezone(zone), currency)


def _english(kind: str, reasons: Reasons, since: datetime, currency: str) -> str:
    name = reasons["tier"]["name"]["en"]
    sentences = [f"{name} since {since:%Y-%m-%d}: {_cause(kind, reasons, 0)}."]
    if reasons["trigger"] == "override":
        sentences.append(f"It holds until {reasons['until'][:10]}.")
        return " ".join(sentences)
    unit = _unit(reasons, currency)
    indicator = INDICATORS[reasons["indicator"]].names["en"].lower()
    window = reasons["window"]
    if reasons["policy"]["kind"] == "star":
        sentences.append(
            f"In each of the {window['months']} months {window['from']} to {window['to']} the amount was at least "
            f"{_said(reasons['value'])}{unit} (stars need more than their threshold in every month)."
        )
    elif reasons["value"] is None:
        sentences.append(
            f"In the {window['months']} months {window['from']} to {window['to']} the {indicator} is not known."
        )
    else:
        sentences.append(
            f"In the {window['months']} months {window['from']} to {window['to']} the {indicator} was "
            f"{_said(reasons['value'])}{unit}."
        )
    band = reasons["band"]
    if "graded" in reasons:
        sentences.append("These figures alone would give a lower tier; the tier held before is kept until a review.")
    elif band and band["from"] is not None:
        sentences.append(f"{name} begins at {_said(band['from'])}{unit}.")
    if reasons.get("by"):
        by = "share of customers" if reasons["by"] == "customers" else "share of revenue"
        sentences.append(f"The limits are the cut-offs of the last review, by {by}.")
    following = reasons["next"]
    if following is not None:
        sentences.append(f"For {following['name']['en']}, {_said(following['missing'])}{unit} is missing.")
    policy = reasons["policy"]
    sentences.append(f"Policy “{policy['name']['en']}”, version {policy['version']}.")
    return " ".join(sentences)


def _chinese(kind: str, reasons: Reasons, since: datetime, currency: str) -> str:
    name = reasons["tier"]["name"]["zh"]
    sentences = [f"自{since:%Y-%m-%d}起为{name}：{_cause(kind, reasons, 1)}。"]
    if reasons["trigger"] == "override":
        sentences.append(f"有效期至{reasons['until'][:10]}。")
        return "".join(sentences)
    unit = _unit(reasons, currency)
    indicator = INDICATORS[reasons["indicator"]].names["zh"]
    window = reasons["window"]
    period = f"{window['from']}至{window['to']}共{window['months']}个月"
    if reasons["policy"]["kind"] == "star":
        sentences.append(f"{period}中每月消费金额至少为{_said(reasons['value'])}{unit}（每月均须超过星级门槛）。")
    elif reasons["value"] is None:
        sentences.append(f"{period}的{indicator}未知。")
    else:
        sentences.append(f"{period}的{indicator}为{_said(reasons['value'])}{unit}。")
    band = reasons["band"]
    if "graded" in reasons:
        sentences.append("仅按这些数据等级会更低；原有等级保留至评审。")
    elif band and band["from"] is not None:
        sentences.append(f"{name}的起点为{_said(band['from'])}{unit}。")
    if reasons.get("by"):
        by = "客户占比" if reasons["by"] == "customers" else "收入占比"
        sentences.append(f"界限为上次评审按{by}算出的分界值。")
    following = reasons["next"]
    if following is not None:
        sentences.append(f"距{following['name']['zh']}还差{_said(following['missing'])}{unit}。")
    policy = reasons["policy"]
    sentences.append(f"依据政策“{policy['name']['zh']}”第{policy['version']}版。")
    return "".join(sentences)


def _cause(kind: str, reasons: Reasons, language: int) -> str:
    return CAUSES[kind, reasons["trigger"]][language]


def _unit(reasons: Reasons, currency: str) -> str:
    return f" {currency}" if INDICATORS[reasons["indicator"]].unit == "money" else ""


def _said(value: str | None) -> str:
    """1234.5 is said 1,234.50; a whole number of things stays whole."""
    number = Decimal(value or 0)
    return f"{number:,.2f}" if number % 1 else f"{number:,.0f}"
