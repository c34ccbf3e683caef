"""The rules around key accounts that come with Patron (T8), in force from the first start."""

from typing import Any


def _named(en: str, zh: str) -> dict[str, str]:
    return {"en": en, "zh": zh}


DEFAULT_KEY_ACCOUNT_RULES: dict[str, Any] = {
    "window_months": 12,
    "disqualifications": [
        {
            "code": "one_off_bulk_buyer",
            "name": _named("One-off bulk buyer", "一次性大宗采购客户"),
            "when": [
                {"indicator": "largest_order_share", "at_least": "0.5"},
                {"indicator": "orders", "under": "4"},
            ],
        },
        {
            "code": "large_without_profit",
            "name": _named("Large buyer without profit", "量大无利客户"),
            "when": [
                {"indicator": "amount", "at_least": "2400"},
                {"indicator": "margin_rate", "under": "0.05"},
            ],
        },
        {
            "code": "squeezer_by_returns",
            "name": _named("Squeezes by returns", "频繁退货的客户"),
            "when": [
                {"indicator": "return_rate", "at_least": "0.3"},
                {"indicator": "returned_count", "at_least": "3"},
            ],
        },
        {
            "code": "squeezer_by_complaints",
            "name": _named("Squeezes by complaints", "投诉过多的客户"),
            "when": [
                {"indicator": "complaints_per_order", "at_least": "0.5"},
                {"indicator": "orders", "at_least": "4"},
            ],
        },
        {
            "code": "squeezer_by_arrears",
            "name": _named("Squeezes by arrears", "长期拖欠的客户"),
            "when": [
                {"indicator": "arrears_rate", "at_least": "0.5"},
                {"indicator": "outstanding", "at_least": "1000"},
            ],
        },
    ],
    "risks": [
        {
            "code": "pays_late",
            "risk": "finance",
            "name": _named("Pays late", "付款拖延"),
            "when": [
                {"indicator": "arrears", "over": "0"},  # with nothing owed the rate is not known, but this is
                {"indicator": "arrears_rate", "at_least": "0.3"},
            ],
        },
        {
            "code": "thin_margin",
            "risk": "profit",
            "name": _named("Thin margin", "利润微薄"),
            "when": [{"indicator": "margin_rate", "under": "0.05"}],
        },
        {
            "code": "out_of_touch",
            "risk": "management",
            "name": _named("Nobody has been in touch for a quarter", "一个季度无人联系"),
            "when": [{"indicator": "days_since_last_contact", "over": "90"}],
        },
        {
            "code": "silent",
            "risk": "churn",
            "name": _named("Silent for three of its own cycles", "沉默超过自身周期三倍"),
            "when": [
                {"indicator": "silent_cycles", "at_least": "3"},
                {"indicator": "days_since_last_order", "at_least": "30"},
            ],
        },
        {
            "code": "depended_on",
            "risk": "concentration",
            "name": _named("A tenth of all revenue comes from it", "占全部收入十分之一以上"),
            "when": [{"indicator": "share_of_revenue", "at_least": "0.1"}],
        },
    ],
    "candidates": [
        {
            "kind": "economic",
            "name": _named("Among the first tenth by amount", "消费金额居前百分之十"),
            "top_percent": "10",
            "when": [],
        },
        {
            "kind": "important",
            "name": _named("Among the first fifth, and earning well", "消费金额居前百分之二十且利润良好"),
            "top_percent": "20",
            "when": [
                {"indicator": "margin_rate", "at_least": "0.25"},
                {"indicator": "orders", "at_least": "12"},
            ],
        },
        {
            "kind": "group",
            "name": _named("A group of three or more", "三家及以上的集团客户"),
            "when": [{"indicator": "group_size", "at_least": "3"}],
        },
    ],
}
