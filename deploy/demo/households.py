"""Made up: who the households are. The data knows them by number only; names, phones and e-mails here belong to nobody.

Phones are 555-01xx numbers, which North America keeps free for fiction; e-mail addresses are of example.com. The age,
income, home, marriage, size and children of 801 households are real (bands, as the data has them).
"""

import random
from typing import Any

from deploy.demo.purchases import read_table

GIVEN = (
    "Ada Albert Alice Amos Anna Arthur Beatrice Benjamin Bridget Calvin Carmen Cecil Clara Conrad Daphne Dexter Edith "
    "Edgar Eleanor Elias Esther Felix Flora Frances Gareth Greta Harold Hazel Hugo Ida Irving Iris Jasper Joan Jonah "
    "Judith Keith Laura Leonard Lydia Marcus Martha Miles Nadia Nathan Nora Oscar Olive Percy Phoebe Quentin Rachel "
    "Ralph Rosa Rupert Sadie Silas Sylvia Theo Thelma Ursula Victor Vera Walter Wanda Winston Yvonne Zachary Zelda"
).split()
FAMILY = (
    "Abbott Archer Barlow Bishop Brandt Calloway Carver Chandler Cooper Crane Dalton Draper Drummond Ellery Emmett "
    "Farrow Fenwick Fletcher Garland Gilmore Granger Hadley Harlow Hawthorne Holloway Ingram Jarvis Keating Kendall "
    "Lambert Langley Lockwood Maddox Marlowe Mercer Merritt Norwood Oakley Osgood Paget Pemberton Quill Radcliffe "
    "Ramsey Sawyer Sedgwick Shelby Sinclair Tanner Thatcher Underhill Vance Wainwright Wakefield Weaver Whitlock "
    "Wilder Winslow Woodward Yardley"
).split()
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董程曹袁邓许傅沈彭吕苏卢蒋蔡丁魏"
CHARACTERS = "安柏晨丹恩芳飞国海涵杰静凯兰乐丽林玲龙梅敏明宁平琪强晴瑞思涛文希晓欣雪雅阳怡逸英宇玉元悦云泽志"
TRADES = ("Bakery", "Bistro", "Café", "Catering", "Childcare", "Diner", "Guest House", "Lunch Club", "Tea Rooms")
PLACES = ("Alder Lane", "Birch Street", "Corner House", "Harbour View", "Hilltop", "Mill Pond", "Old Station")
TRADES_ZH = ("餐饮有限公司", "食品商行", "幼儿园", "茶楼", "民宿")
BRANDS_ZH = ("锦程", "和风", "悦来", "福临", "云杉", "长青", "同乐", "新禾")
AREAS = (
    "202 206 212 213 214 215 216 303 305 312 313 314 404 412 415 502 503 504 512 513 602 612 614 615 617 702 713 716 "
    "801 816"
).split()
SOURCES = ("advertising", "referral", "walk_in", "web", "other")

ORGANISATIONS, CHINESE = 0.03, 0.15  # shares of the households
INDUSTRY = "hospitality"


def demographics() -> dict[int, dict[str, Any]]:
    """What the data really knows, by household; only what it knows."""
    rows = read_table("demographics").to_pylist()
    return {row.pop("household_id"): {name: value for name, value in row.items() if value is not None} for row in rows}


def phone_of(rank: int) -> str:
    """A number of the range kept for fiction, another one for each of the first 3,000 households."""
    return f"+1{AREAS[rank // 100 % len(AREAS)]}55501{rank % 100:02d}"


def file_of(household: int, rank: int, bands: dict[str, Any]) -> dict[str, Any]:
    """A customer file for POST or PATCH /v1/customers: the same for the same household, every time.

    `bands`: what the data knows of the household, by its own names. `rank`: its place in the order of sampling.
    """
    rng = random.Random(f"household {household}")  # made-up names, not secrets
    common: dict[str, Any] = {
        "phones": [{"number": phone_of(rank)}],
        "emails": [{"address": f"household.{household}@example.com"}],
        "region": f"store-area-{household % 12 + 1}",
        "acquisition_source": rng.choice(SOURCES),
    }
    kind = rng.random()
    if not bands and kind < ORGANISATIONS:
        return {"kind": "organisation", "names": [_organisation(rng)], "industry": INDUSTRY, **common}
    person = {"kind": "person", "names": [_person(rng, chinese=kind > 1 - CHINESE)], **common}
    return person | _facts(bands)


def _organisation(rng: random.Random) -> dict[str, str]:
    if rng.random() < 0.4:
        return {"name": rng.choice(BRANDS_ZH) + rng.choice(TRADES_ZH), "language": "zh"}
    return {"name": f"{rng.choice(PLACES)} {rng.choice(TRADES)}", "language": "en"}


def _person(rng: random.Random, *, chinese: bool) -> dict[str, str]:
    if chinese:
        given = "".join(rng.sample(CHARACTERS, rng.choice((1, 2, 2))))
        return {"name": rng.choice(SURNAMES) + given, "language": "zh"}
    return {"name": f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}", "language": "en"}


# The file's fields, by the data's.
BAND_FIELDS = {
    "age": "age_band",
    "income": "income_band",
    "marital_status": "marital_status",
    "household_size": "household_size",
    "kids_count": "children",
    "home_ownership": "home",
}


def _facts(bands: dict[str, Any]) -> dict[str, Any]:
    """The data's bands as codes: `65+` -> `65-or-more`, `Under 15K` -> `under-15k`."""
    return {
        BAND_FIELDS[name]: value.lower().replace("+", "-or-more").replace(" ", "-")
        for name, value in bands.items()
        if name in BAND_FIELDS
    }
