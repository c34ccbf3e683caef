"""The policies that come with Patron: one in force from the first start, and drafts to look at and change."""

from uuid import UUID

from services.tiering_svc.policies.domain.default_kinds import EXAMPLES, LIFE, Shipped, level

__all__ = ["AUTHOR", "SHIPPED", "Shipped"]

AUTHOR = "patron"

ANNUAL_SPEND = Shipped(
    UUID("0198c5a0-0000-7000-8000-000000000001"),
    {"en": "Annual spend", "zh": "年度消费"},
    {
        "kind": "single_indicator",
        "levels": [
            level("basic", "Basic", "普通"),
            level("silver", "Silver", "银卡"),
            level("gold", "Gold", "金卡"),
            level("platinum", "Platinum", "铂金"),
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

ABC_LEVELS = [level("c", "Class C", "C类"), level("b", "Class B", "B类"), level("a", "Class A", "A类")]

ABC_BY_CUSTOMERS = Shipped(
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

ABC_BY_REVENUE = Shipped(
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

STARS = Shipped(
    UUID("0198c5a0-0000-7000-8000-000000000004"),
    {"en": "Stars", "zh": "星级"},
    {
        "kind": "star",
        "levels": [
            level("no-star", "No star", "无星"),
            level("star3", "Three stars", "三星"),
            level("star4", "Four stars", "四星"),
            level("star5", "Five stars", "五星"),
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

SHIPPED = (ANNUAL_SPEND, ABC_BY_CUSTOMERS, ABC_BY_REVENUE, STARS, *EXAMPLES)  # the first is in force from the start
