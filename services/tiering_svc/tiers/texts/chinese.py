"""Why a customer is in a tier, in Chinese (T9)."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from services.tiering_svc.core.domain.numbers import grouped, said
from services.tiering_svc.indicators.domain.catalogue import INDICATORS

Reasons = Mapping[str, Any]
CAUSES = {
    ("first", "order"): "由首笔订单定级",
    ("first", "review"): "由评审定级",
    ("upgrade", "order"): "由订单即时升级",
    ("upgrade", "review"): "由评审升级",
    ("upgrade", "reversal"): "在较早的订单被退回后，仍由当日订单升级",
    ("downgrade", "review"): "宽限期后由评审降级",
    ("downgrade", "override_end"): "人工指定到期后重新定级",
    ("upgrade", "override_end"): "人工指定到期后重新定级",
    ("correction", "reversal"): "因支撑较高等级的订单被退回或取消，自该日起更正",
    ("downgrade", "override_cancelled"): "人工指定提前结束后重新定级",
    ("upgrade", "override_cancelled"): "人工指定提前结束后重新定级",
    ("override", "override"): "由人工指定",
}
UNKNOWN = {"lowest": "未知，按最低计", "skip": "未知，不计入", "points": "未知，按政策规定计分"}
VIEWS = {"finance": "财务", "service": "服务", "customer": "客户", "sales": "销售"}
AXES = {"present": "当前价值", "potential": "潜在价值"}


def chinese(kind: str, reasons: Reasons, since: datetime, currency: str) -> str:
    name = reasons["tier"]["name"]["zh"]
    sentences = [f"自{since:%Y-%m-%d}起为{name}：{CAUSES[kind, reasons['trigger']]}。"]
    if reasons["trigger"] == "override":
        sentences.append(f"有效期至{reasons['until'][:10]}。")
        return "".join(sentences)
    sentences += _found(reasons, currency)
    sentences += _begins(reasons, name, currency)
    sentences += _conditions(reasons)
    if reasons.get("by"):
        by = "客户占比" if reasons["by"] == "customers" else "收入占比"
        told = f"界限为上次评审按{by}算出的分界值。" if reasons["bands"] else f"尚无评审按{by}算出分界值。"
        sentences.append(told)
    sentences += _missing(reasons, currency)
    policy = reasons["policy"]
    sentences.append(f"依据政策“{policy['name']['zh']}”第{policy['version']}版。")
    return "".join(sentences)


def _found(reasons: Reasons, currency: str) -> Iterator[str]:
    window = reasons["window"]
    period = f"{window['from']}至{window['to']}共{window['months']}个月"
    if reasons["policy"]["kind"] == "star":
        yield f"{period}中每月消费金额至少为{grouped(reasons['value'])} {currency}（每月均须超过星级门槛）。"
    elif "axes" in reasons:
        for axis, called in AXES.items():
            found = reasons["axes"][axis]
            views = "、".join(f"{VIEWS[view['view']]}{_points(view['total'])}" for view in found["views"])
            most = grouped(found["most"])
            yield f"{period}的{called}为{_points(found['total'])}/{most}分（{views}），属“{found['name']['zh']}”。"
    elif "score" in reasons:
        score = reasons["score"]
        yield f"{period}的得分为{_points(score['total'])}/{grouped(score['most'])}分："
        yield "；".join(_item(item, currency) for item in score["items"]) + "。"
    elif reasons["value"] is None:
        yield f"{period}的{_name(reasons['indicator'])}未知。"
    else:
        yield f"{period}的{_name(reasons['indicator'])}为{_said(reasons, reasons['value'], currency)}。"


def _points(total: str | None) -> str:
    return "未知" if total is None else grouped(total)


def _item(item: Reasons, currency: str) -> str:
    if item["value"] is None:
        value = UNKNOWN[item["unknown"]]
    else:
        value = _with_unit(item["value"], item["indicator"], currency)
    points = "" if item["points"] is None else f"，得{grouped(item['points'])}/{grouped(item['most'])}分"
    weight = "" if item["weight"] == "1" else f"×{item['weight']}"
    return f"{_name(item['indicator'])}{value}{points}{weight}"


def _begins(reasons: Reasons, name: str, currency: str) -> Iterator[str]:
    band = reasons.get("band")
    if "graded" in reasons:
        yield "仅按这些数据等级会更低；原有等级保留至评审。"
    elif "before_conditions" in reasons:
        return
    elif band and band.get("from") is not None:
        yield f"{name}的起点为{_said(reasons, band['from'], currency)}。"
    elif band and band.get("up_to") is not None:
        yield f"{name}的上限为{_said(reasons, band['up_to'], currency)}，越少越好。"


def _conditions(reasons: Reasons) -> Iterator[str]:
    for condition in reasons.get("conditions", ()):
        if condition["strikes"]:
            limit = "最高" if "at_most" in condition else "最低"
            open_ = "（情况未知，视为成立）" if condition["met"] is None else ""
            yield f"条件“{condition['name']['zh']}”成立{open_}：{limit}为{condition['level']['zh']}。"


def _missing(reasons: Reasons, currency: str) -> Iterator[str]:
    following = reasons["next"]
    if following is None:
        return
    name = following["name"]["zh"]
    if "ways" in following:
        yield f"距{name}还差{'，或'.join(_way(way) for way in following['ways'])}。"
    elif following["missing"] is not None and "up_to" in following:
        yield f"距{name}尚多{_said(reasons, following['missing'], currency)}。"
    elif following["missing"] is not None:
        yield f"距{name}还差{_said(reasons, following['missing'], currency)}。"
        alone = [_alone(item, currency) for item in following.get("items", ()) if item["alone"]]
        if alone:
            yield f"以下任一项单独即可达到：{'；'.join(alone)}。"
    if "held_by" in following:
        held = "、".join(f"“{one['zh']}”" for one in following["held_by"])
        yield f"只要{held}成立，就不能达到{name}。"


def _way(way: Reasons) -> str:
    parts = [
        f"{AXES[axis]}{grouped(to['missing'])}分" for axis, to in way.items() if to["missing"] not in (None, "0")
    ]  # fmt: skip
    return "和".join(parts)


def _alone(item: Reasons, currency: str) -> str:
    words = {"at_least": "不低于", "at_most": "不高于", "below": "低于"}
    told = "且".join(
        f"{words[limit]}{_with_unit(value, item['indicator'], currency)}" for limit, value in item["alone"].items()
    )
    return f"{_name(item['indicator'])}{told}"


def _name(indicator: str) -> str:
    return INDICATORS[indicator].names["zh"]


def _said(reasons: Reasons, value: str, currency: str) -> str:
    if "indicator" not in reasons:
        return f"{grouped(value)}分"
    return _with_unit(value, reasons["indicator"], currency)


def _with_unit(value: str, indicator: str, currency: str) -> str:
    return said(value, INDICATORS[indicator].unit, currency, days="天", years="年")
