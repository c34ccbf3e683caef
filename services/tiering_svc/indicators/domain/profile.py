"""Indicators of the profile (T1): what the customer is, by its file as it was then.

Before the first entry the first one counts: a region or a founding year does not begin with being written down.
"""

from collections.abc import Callable

from services.tiering_svc.core.domain.numbers import Value
from services.tiering_svc.indicators.domain.bands import age_band_in, age_in, beginning_of
from services.tiering_svc.indicators.domain.indicator import Indicator, of_class
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot, Traits

indicator = of_class("profile")


def _trait(of: Callable[[Traits], Value | str]) -> Callable[[CustomerSnapshot], Value | str]:
    return lambda snapshot: of(snapshot.traits)


def _listed(traits: Traits) -> str | None:
    return None if traits.listed is None else "yes" if traits.listed else "no"


def _years_since_founding(snapshot: CustomerSnapshot) -> Value:
    year = snapshot.traits.founded_year
    return None if year is None or year > snapshot.last_month.year else snapshot.last_month.year - year


def _age(snapshot: CustomerSnapshot) -> Value:
    return age_in(snapshot.last_month.year, snapshot.traits.age_band, snapshot.traits.age_band_since)


def _age_band(snapshot: CustomerSnapshot) -> str | None:
    return age_band_in(snapshot.last_month.year, snapshot.traits.age_band, snapshot.traits.age_band_since)


def _income(traits: Traits) -> Value:
    return None if traits.income_band is None else beginning_of(traits.income_band)


PROFILE: tuple[Indicator, ...] = (
    indicator(
        "kind",
        "code",
        "as_of",
        ("Kind", "organisation or person"),
        ("类型", "organisation（单位）或 person（个人）"),
        value=_trait(lambda traits: None if traits.kind == "unknown" else traits.kind),
    ),
    indicator(
        "size",
        "count",
        "as_of",
        ("Size", "Employees of the organisation"),
        ("规模", "单位的员工人数"),
        value=_trait(lambda traits: traits.employees),
    ),
    indicator(
        "registered_capital",
        "money",
        "as_of",
        ("Registered capital", "As the file has it"),
        ("注册资本", "档案所载注册资本"),
        value=_trait(lambda traits: traits.registered_capital),
    ),
    indicator(
        "annual_sales",
        "money",
        "as_of",
        ("Annual sales", "What the organisation sells in a year, as the file has it"),
        ("年销售额", "档案所载单位年销售额"),
        value=_trait(lambda traits: traits.annual_sales),
    ),
    indicator(
        "years_since_founding",
        "years",
        "as_of",
        ("Years since founding", "Calendar years from the year of founding"),
        ("成立年数", "自成立年份起的年数"),
        value=_years_since_founding,
    ),
    indicator(
        "completeness",
        "percent",
        "as_of",
        ("Completeness", "How much of what is asked for the file holds"),
        ("档案完整度", "档案已填项占应填项的百分比"),
        value=_trait(lambda traits: traits.completeness),
    ),
    indicator(
        "group_size",
        "count",
        "as_of",
        ("Group size", "The customer and all that were below it in its group then"),
        ("集团规模", "该客户及当时其下属客户的总数"),
        value=_trait(lambda traits: traits.group_size),
    ),
    indicator(
        "region",
        "code",
        "as_of",
        ("Region", "The code of the region in the file"),
        ("地区", "档案中的地区代码"),
        value=_trait(lambda traits: traits.region),
    ),
    indicator(
        "industry",
        "code",
        "as_of",
        ("Industry", "The code of the industry in the file"),
        ("行业", "档案中的行业代码"),
        value=_trait(lambda traits: traits.industry),
    ),
    indicator(
        "legal_nature",
        "code",
        "as_of",
        ("Legal nature", "The code of the legal nature in the file"),
        ("单位性质", "档案中的单位性质代码"),
        value=_trait(lambda traits: traits.legal_nature),
    ),
    indicator(
        "acquisition_source",
        "code",
        "as_of",
        ("Acquisition source", "How the customer was won: advertising, referral and so on"),
        ("客户来源", "客户的获取渠道：广告、推荐等"),
        value=_trait(lambda traits: traits.acquisition_source),
    ),
    indicator(
        "listed",
        "code",
        "as_of",
        ("Listed", "yes when shares of the organisation are traded, no when not"),
        ("是否上市", "yes 为上市，no 为未上市"),
        value=_trait(_listed),
    ),
    indicator(
        "age_band",
        "code",
        "as_of",
        ("Age band", "Of a person: as the file says, else the step of ten years that the age of the instant lies in"),
        ("年龄段", "个人的年龄段：以档案所载为准，否则为该时刻年龄所属的十年段"),
        value=_age_band,
    ),
    indicator(
        "age",
        "years",
        "as_of",
        (
            "Age",
            "Of a person: the age reached in the year of the instant; or the beginning of the band that the file says",
        ),
        ("年龄", "个人在该时刻所在年份达到的年龄；档案直接填写年龄段时为该段的起点"),
        value=_age,
    ),
    indicator(
        "income_band",
        "code",
        "as_of",
        ("Income band", "Of a person: the band in the file"),
        ("收入段", "个人档案中的收入段"),
        value=_trait(lambda traits: traits.income_band),
    ),
    indicator(
        "income",
        "money",
        "as_of",
        ("Income", "Of a person: where the income band of the file begins; unknown where the band is a word"),
        ("收入", "个人档案中收入段的起点；收入段为文字时未知"),
        value=_trait(_income),
    ),
    indicator(
        "household_size",
        "code",
        "as_of",
        ("Household size", "Of a person: the step in the file"),
        ("家庭规模", "个人档案中的家庭人数档"),
        value=_trait(lambda traits: traits.household_size),
    ),
)
