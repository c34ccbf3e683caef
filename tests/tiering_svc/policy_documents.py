"""Documents of every kind, and customers of whom just so much is known, for the tests of policies."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from services.tiering_svc.indicators.domain.figures import Figures
from services.tiering_svc.indicators.domain.snapshot import Contacts, CustomerSnapshot, Receivables, Traits
from tests.tiering_svc.shorthand import at, level

MARCH = date(2026, 3, 1)
LEVELS = [level("lead"), level("iron"), level("gold"), level("platinum")]


def known(
    amount: str | None = None, margin: str | None = None, *, orders: int = 1, days: str | None = None,
    complaints: int | None = None, region: str | None = None, last_order_at: datetime | None = None,
) -> CustomerSnapshot:  # fmt: skip
    figures = Figures()
    if amount is not None:
        figures.orders, figures.amount = orders, Decimal(amount)
    if margin is not None:
        figures.margin, figures.margin_known_amount = Decimal(margin), Decimal(amount or 0)
    return CustomerSnapshot(
        figures, at(31), MARCH, 12, last_order_ever=last_order_at,
        receivables=Receivables() if days is None else Receivables(collected=Decimal(1), collected_days=Decimal(days)),
        contacts=Contacts(complaints=complaints), traits=Traits(region=region),
    )  # fmt: skip


def item(indicator: str = "margin", **parts: Any) -> dict[str, Any]:
    if not {"bands", "scale"} & parts.keys():
        parts["scale"] = {"worst": "0", "best": "1000", "points": "20"}
    return {"indicator": indicator, **parts}


def card(*items: dict[str, Any], weights: str = "factor") -> dict[str, Any]:
    return {"weights": weights, "items": list(items)}


COLLECTION = item("collection_period", scale={"worst": "90", "best": "15", "points": "20"}, unknown={"points": "10"})


def scorecard(*items: dict[str, Any], weights: str = "factor", bands: tuple[str, ...] = ("12", "22", "32")) -> dict:
    return {
        "kind": "scorecard", "levels": LEVELS, "window": {"months": 12},
        "scorecard": card(*(items or (item(), COLLECTION)), weights=weights),
        "bands": [{"tier": above["code"], "from": start} for above, start in zip(LEVELS[1:], bands, strict=False)],
    }  # fmt: skip


VIEWS = ("finance", "service", "customer", "sales")
INDICATORS_OF_VIEWS = {"finance": "margin", "service": "complaints", "customer": "contacts", "sales": "amount"}


def axis(indicators: dict[str, str], **scale: str) -> dict[str, Any]:
    scale = {"worst": "0", "best": "1000", "points": "100"} | scale
    return {
        "views": [
            {"view": view, "weight": "25", "items": [item(indicators[view], scale=scale, unknown="skip")]}
            for view in VIEWS
        ],
        "classes": [
            {"code": "low", "name": {"en": "low", "zh": "低"}},
            {"code": "high", "name": {"en": "high", "zh": "高"}, "from": "50"},
        ],
    }


def matrix() -> dict[str, Any]:
    cells = [("low", "low", "lead"), ("low", "high", "iron"), ("high", "low", "gold"), ("high", "high", "platinum")]
    return {
        "kind": "matrix", "levels": LEVELS, "window": {"months": 12},
        "matrix": {
            "present": axis(INDICATORS_OF_VIEWS), "potential": axis(INDICATORS_OF_VIEWS | {"sales": "orders"}),
            "cells": [{"present": a, "potential": b, "tier": tier} for a, b, tier in cells],
        },
    }  # fmt: skip


def population(kind: str = "pyramid", *percents: str, **others: Any) -> dict[str, Any]:
    shares = [
        {"tier": tier_level["code"], "percent": percent}
        for tier_level, percent in zip(reversed(LEVELS), percents or ("1", "4", "15", "80"), strict=True)
    ]
    by = others.pop("by", "customers")
    return {
        "kind": kind, "levels": LEVELS, "window": {"months": 12}, kind: {"by": by, "shares": shares}, **others,
    }  # fmt: skip


def condition(when: str, *, unknown: str = "not_met", **limit: str) -> dict[str, Any]:
    return {"name": {"en": "Rule", "zh": "规则"}, "when": when, "unknown": unknown, **limit}
