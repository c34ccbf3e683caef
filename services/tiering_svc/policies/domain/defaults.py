"""The tier policies that come with Patron (T2-T7): one in force from the first start, and drafts of every kind to look
at and change."""

from typing import Any
from uuid import UUID

from services.tiering_svc.core.domain.defaults import DefaultRuleSet

PolicyJson = dict[str, Any]


def _level(code: str, en: str, zh: str) -> PolicyJson:
    return {"code": code, "name": {"en": en, "zh": zh}}


LIFE = {"grace_months": 1, "keep_months": 0, "up_at_once": True}
FOUR_METALS = [
    _level("lead", "Lead", "铅质"), _level("iron", "Iron", "铁质"), _level("gold", "Gold", "黄金"),
    _level("platinum", "Platinum", "白金"),
]  # fmt: skip
FOUR_SIZES = [
    _level("small", "Small", "小客户"), _level("ordinary", "Ordinary", "普通客户"), _level("major", "Major", "大客户"),
    _level("vip", "VIP", "VIP客户"),
]  # fmt: skip


ANNUAL_SPEND = DefaultRuleSet(
    UUID("0198c5a0-0000-7000-8000-000000000001"),
    {"en": "Annual spend", "zh": "年度消费"},
    {
        "kind": "single_indicator",
        "levels": [
            _level("basic", "Basic", "普通"),
            _level("silver", "Silver", "银卡"),
            _level("gold", "Gold", "金卡"),
            _level("platinum", "Platinum", "铂金"),
        ],
        "indicator": "amount",
        "window": {"months": 12},
        "bands": [
            {"tier": "silver", "from": "800"},
            {"tier": "gold", "from": "2400"},
            {"tier": "platinum", "from": "4800"},
        ],
        "life": LIFE,
    },
)

ABC_LEVELS = [_level("c", "Class C", "C类"), _level("b", "Class B", "B类"), _level("a", "Class A", "A类")]

ABC_BY_CUSTOMERS = DefaultRuleSet(
    UUID("0198c5a0-0000-7000-8000-000000000002"),
    {"en": "ABC by share of customers", "zh": "ABC分类（按客户占比）"},
    {
        "kind": "abc",
        "levels": ABC_LEVELS,
        "indicator": "amount",
        "window": {"months": 12},
        "abc": {
            "by": "customers",
            "shares": [
                {"tier": "a", "percent": "10"},
                {"tier": "b", "percent": "20"},
                {"tier": "c", "percent": "70"},
            ],
        },
        "life": LIFE,
    },
)

ABC_BY_REVENUE = DefaultRuleSet(
    UUID("0198c5a0-0000-7000-8000-000000000003"),
    {"en": "ABC by share of revenue", "zh": "ABC分类（按收入占比）"},
    {
        "kind": "abc",
        "levels": ABC_LEVELS,
        "indicator": "amount",
        "window": {"months": 12},
        "abc": {
            "by": "revenue",
            "shares": [{"tier": "a", "percent": "80"}, {"tier": "b", "percent": "15"}, {"tier": "c", "percent": "5"}],
        },
        "life": LIFE,
    },
)

STARS = DefaultRuleSet(
    UUID("0198c5a0-0000-7000-8000-000000000004"),
    {"en": "Stars", "zh": "星级"},
    {
        "kind": "star",
        "levels": [
            _level("no-star", "No star", "无星"),
            _level("star3", "Three stars", "三星"),
            _level("star4", "Four stars", "四星"),
            _level("star5", "Five stars", "五星"),
        ],
        "indicator": "amount",
        "star": {
            "months": 6,
            "thresholds": [
                {"tier": "star3", "over": "300"},
                {"tier": "star4", "over": "500"},
                {"tier": "star5", "over": "800"},
            ],
        },
        "life": LIFE,
    },
)


def _bands(*steps: tuple[str, str]) -> list[PolicyJson]:
    return [{"from": start, "points": points} for start, points in steps]


def _scale(worst: str, best: str, points: str) -> PolicyJson:
    return {"worst": worst, "best": best, "points": points}


MARGIN_AND_COLLECTION: list[PolicyJson] = [
    {
        "indicator": "margin",
        "bands": _bands(("0", "2"), ("100", "5"), ("300", "10"), ("600", "15"), ("1200", "20")),
        "unknown": "lowest",
    },
    {"indicator": "collection_period", "scale": _scale("90", "15", "20"), "unknown": {"points": "10"}},
]

RECENT = DefaultRuleSet(
    UUID("0198c5a0-0000-7000-8000-000000000005"),
    {"en": "Recently bought", "zh": "近期购买"},
    {
        "kind": "single_indicator",
        "levels": [
            _level("asleep", "Asleep", "沉睡"),
            _level("cooling", "Cooling", "冷却"),
            _level("active", "Active", "活跃"),
        ],
        "indicator": "days_since_last_order",
        "better": "less",
        "unknown": "lowest",
        "window": {"months": 24},
        "bands": [{"tier": "cooling", "up_to": "90"}, {"tier": "active", "up_to": "30"}],
        "life": LIFE,
    },
)  # fmt: skip

SCORE = DefaultRuleSet(
    UUID("0198c5a0-0000-7000-8000-000000000006"),
    {"en": "Margin and collection, 20 + 20 points", "zh": "毛利与回款评分（20+20分）"},
    {
        "kind": "scorecard",
        "levels": FOUR_METALS,
        "window": {"months": 12},
        "scorecard": {"items": MARGIN_AND_COLLECTION},
        "bands": [{"tier": "iron", "from": "12"}, {"tier": "gold", "from": "22"}, {"tier": "platinum", "from": "32"}],
        "conditions": [
            {
                "name": {"en": "Thin margin", "zh": "毛利过薄"},
                "when": "margin_rate < 0.05",
                "at_most": "iron",
                "unknown": "not_met",
            },
            {
                "name": {"en": "Large and overdue", "zh": "欠款较多"},
                "when": "arrears_rate > 0.5 && outstanding > 1000.0",
                "at_most": "gold",
                "unknown": "not_met",
            },
        ],
        "life": LIFE,
    },
)


def _view(view: str, weight: str, *items: PolicyJson) -> PolicyJson:
    """Each of its indicators counts alike, and all together for 100 points."""
    share = str(100 // len(items))
    return {
        "view": view,
        "weight": weight,
        "weights": "percent",
        "items": [item | {"weight": share} for item in items],
    }


def _item(indicator: str, worst: str, best: str) -> PolicyJson:
    return {"indicator": indicator, "scale": _scale(worst, best, "100"), "unknown": "skip"}


def _classes(middle: str, high: str) -> list[PolicyJson]:
    return [
        {"code": "low", "name": {"en": "low", "zh": "低"}},
        {"code": "middle", "name": {"en": "middle", "zh": "中"}, "from": middle},
        {"code": "high", "name": {"en": "high", "zh": "高"}, "from": high},
    ]


CELLS = {
    ("low", "low"): "small", ("low", "middle"): "ordinary", ("low", "high"): "major",
    ("middle", "low"): "ordinary", ("middle", "middle"): "ordinary", ("middle", "high"): "major",
    ("high", "low"): "major", ("high", "middle"): "major", ("high", "high"): "vip",
}  # fmt: skip

VALUE_MATRIX = DefaultRuleSet(
    UUID("0198c5a0-0000-7000-8000-000000000007"),
    {"en": "Present and potential value", "zh": "当前价值与潜在价值矩阵"},
    {
        "kind": "matrix",
        "levels": FOUR_SIZES,
        "window": {"months": 12},
        "matrix": {
            "present": {
                "views": [
                    _view("finance", "40", _item("margin", "0", "1200"), _item("collection_period", "90", "15")),
                    _view("service", "20", _item("return_rate", "0.2", "0"), _item("complaints", "5", "0")),
                    _view("customer", "15", _item("days_since_first_order", "0", "730")),
                    _view("sales", "25", _item("amount", "0", "4800"), _item("orders", "0", "50")),
                ],
                "classes": _classes("35", "65"),
            },
            "potential": {
                "views": [
                    _view("finance", "25", _item("margin_rate", "0", "0.3"), _item("arrears_rate", "0.5", "0")),
                    _view("service", "15", _item("praises", "0", "3"), _item("suggestions", "0", "3")),
                    _view("customer", "30", _item("annual_sales", "0", "10000000"), _item("size", "0", "500")),
                    _view("sales", "30", _item("expected_sales", "0", "400"), _item("average_cycle", "60", "7")),
                ],
                "classes": _classes("35", "65"),
            },
            "cells": [
                {"present": present, "potential": potential, "tier": tier}
                for (present, potential), tier in CELLS.items()
            ],
        },
        "life": LIFE,
    },
)

FOUR_LEVELS = DefaultRuleSet(
    UUID("0198c5a0-0000-7000-8000-000000000008"),
    {"en": "VIP, major, ordinary, small", "zh": "VIP、大、普通、小客户金字塔"},
    {
        "kind": "pyramid",
        "levels": FOUR_SIZES,
        "indicator": "amount",
        "window": {"months": 12},
        "pyramid": {
            "by": "customers",
            "shares": [
                {"tier": "vip", "percent": "1"},
                {"tier": "major", "percent": "4"},
                {"tier": "ordinary", "percent": "15"},
                {"tier": "small", "percent": "80"},
            ],
        },
        "life": LIFE,
    },
)

METALS = DefaultRuleSet(
    UUID("0198c5a0-0000-7000-8000-000000000009"),
    {"en": "Platinum, gold, iron, lead by score", "zh": "白金、黄金、铁、铅金字塔（按评分）"},
    {
        "kind": "pyramid",
        "levels": FOUR_METALS,
        "scorecard": {"items": MARGIN_AND_COLLECTION},
        "window": {"months": 12},
        "pyramid": {
            "by": "customers",
            "shares": [
                {"tier": "platinum", "percent": "5"},
                {"tier": "gold", "percent": "15"},
                {"tier": "iron", "percent": "30"},
                {"tier": "lead", "percent": "50"},
            ],
        },
        "conditions": [
            {
                "name": {"en": "Referred in the east", "zh": "东部转介绍客户"},
                "when": "region == 'east' && acquisition_source == 'referral'",
                "at_least": "iron",
                "unknown": "not_met",
            },
        ],
        "life": LIFE,
    },
)

DEFAULT_POLICIES = (  # the first is in force from the first start
    ANNUAL_SPEND, ABC_BY_CUSTOMERS, ABC_BY_REVENUE, STARS, RECENT, SCORE, VALUE_MATRIX, FOUR_LEVELS, METALS,
)  # fmt: skip

Shipped = DefaultRuleSet  # another name, for the area that still uses it
