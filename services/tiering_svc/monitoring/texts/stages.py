"""What a customer's stage and the relationship it calls for say, and their names (T11)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from services.tiering_svc.monitoring.texts import span_of, texts
from shared.texts import Phrase, Words, phrase

Reasons = Mapping[str, Any]

STAGE_NAMES: Mapping[str, Words] = texts.names("stage")
RELATIONSHIP_NAMES: Mapping[str, Words] = texts.names("relationship")


def describe_stage(code: str, reasons: Reasons) -> Words:
    """A stage with what it follows from, as its classification keeps it."""
    return texts.both("stage_reason.whole", stage=phrase(f"stage.{code}"), reason=_stage_reason(reasons))


def _stage_reason(reasons: Reasons) -> Phrase:
    match reasons["because"]:
        case "new":
            return phrase("stage_reason.new", days=reasons["days_since_first_order"], least=reasons["days"])
        case "silent":
            return _silence(reasons)
        case "grew" | "steady":
            return _growth(reasons)
    return phrase(f"stage_reason.{reasons['because']}")


def _silence(reasons: Reasons) -> Phrase:
    silence, least = phrase("stage_reason.silence", days=reasons["silent_days"]), reasons["days"]
    if reasons["cycle_days"] is None:
        return phrase("stage_reason.silent", silence=silence, least=least)
    return phrase(
        "stage_reason.silent_for_cycles", silence=silence, least=least, cycles=reasons["cycles"],
        cycle=reasons["cycle_days"],
    )  # fmt: skip


def _growth(reasons: Reasons) -> Phrase:
    growth = Decimal(reasons["growth_percent"])
    return phrase(
        f"stage_reason.{'more' if growth >= 0 else 'less'}", recent=span_of(reasons["recent"]),
        percent=str(abs(growth)), baseline=span_of(reasons["baseline"]), from_percent=reasons["growth_from"],
    )  # fmt: skip


def describe_relationship(code: str | None, reasons: Reasons) -> Words:
    """A relationship type with what it follows from, as far as the reasons are there to be read (`readable_reasons`);
    or why it is not known."""
    if code is None:
        return texts.both(f"relationship_reason.{reasons['because']}")
    relationship = phrase(f"relationship.{code}")
    if "customers" not in reasons:
        return texts.both("relationship_reason.type_only", relationship=relationship)
    size = {
        "relationship": relationship, "size": phrase(f"relationship_reason.size.{reasons['customers']}"),
        "customers": reasons["customers_in_tier"], "share": reasons["share_percent"],
    }  # fmt: skip
    if "margin" not in reasons:
        return texts.both("relationship_reason.size_only", **size)
    return texts.both(
        "relationship_reason.size_and_margin", **size, margin=phrase(f"relationship_reason.margin.{reasons['margin']}"),
        rate=f"{Decimal(reasons['margin_rate']) * 100:.1f}",
    )  # fmt: skip
