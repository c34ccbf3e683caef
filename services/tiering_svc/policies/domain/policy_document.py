"""A policy document (T9): checked, and made into a policy. Every refusal points at the field that is wrong."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.tiering_svc.core.domain.calendar import MOST_MONTHS
from services.tiering_svc.core.domain.numbers import HUNDRED, ZERO, Names, number
from services.tiering_svc.indicators.domain.catalogue import INDICATORS
from services.tiering_svc.policies.domain import star_rule
from services.tiering_svc.policies.domain.conditions import read_conditions
from services.tiering_svc.policies.domain.document_fields import (
    Document,
    Ranks,
    ascending,
    ends_where_the_next_begins,
    numeric_indicator,
    only_one_of,
    part,
    rank_in,
    threshold,
)
from services.tiering_svc.policies.domain.policy import Band, Level, Life, Policy, Share, with_derived_fields
from services.tiering_svc.policies.domain.scorecard import read_scorecard
from services.tiering_svc.policies.domain.value_matrix import read_matrix
from shared.errors import invalid

# What each kind is made of, besides levels, life and conditions; with `?` it may be left out. Shares of everybody know
# no groups: the members of one would be counted twice.
PARTS = {
    "single_indicator": ("indicator?", "window", "bands", "better?", "unknown?", "groups?"),
    "scorecard": ("scorecard", "window", "bands", "groups?"),
    "matrix": ("matrix", "window", "prospects?", "groups?"),
    "abc": ("indicator?", "scorecard?", "window", "abc", "better?"),
    "pyramid": ("indicator?", "scorecard?", "window", "pyramid", "better?"),
    "star": ("indicator?", "star", "groups?"),
}
ALL_PARTS = {name.rstrip("?") for parts in PARTS.values() for name in parts}
LEVELS_OF_A_PYRAMID = 4


def read_policy(
    document: Document, *, policy_id: UUID, version: int, names: Names, pointer: str = "/document"
) -> Policy:
    """The policy a document describes. Its shape has been checked (`schemas.PolicyDocument`); its meaning is here: what
    does not fit together is refused (422) with a code and the pointer of the field, below `pointer`."""
    kind = document["kind"]
    if kind not in PARTS:
        raise invalid("unknown_kind", "There is no such kind of policy.", pointer=f"{pointer}/kind")
    _has_the_parts_of(kind, document, pointer)
    levels = _levels(document["levels"], f"{pointer}/levels")
    ranks = {level.code: rank for rank, level in enumerate(levels)}
    policy = Policy(
        policy_id, version, names, kind, levels, _months_of(document, pointer),
        _life(document.get("life") or {}, f"{pointer}/life"), better=document.get("better") or "more",
        together=document.get("groups") == "together", places_prospects=document.get("prospects") == "placed",
        conditions=read_conditions(document.get("conditions") or (), ranks, f"{pointer}/conditions"),
        **_looks_at(document, pointer),
    )  # fmt: skip
    return with_derived_fields(_placed_by(policy, document, ranks, pointer))


def _has_the_parts_of(kind: str, document: Document, pointer: str) -> None:
    allowed = {name.rstrip("?") for name in PARTS[kind]}
    for name in PARTS[kind]:
        if not name.endswith("?"):
            part(document, name, pointer)
    for name in sorted(ALL_PARTS - allowed):
        if document.get(name) is not None:
            raise invalid("not_of_this_kind", f"A policy of the kind {kind} has none.", pointer=f"{pointer}/{name}")
    only_one_of(document, "indicator", "scorecard", pointer)


def _levels(levels: Sequence[Document], pointer: str) -> tuple[Level, ...]:
    if len(levels) < 2:
        raise invalid("too_few_levels", "A pyramid has at least two levels.", pointer=pointer)
    codes: set[str] = set()
    for index, level in enumerate(levels):
        if level["code"] in codes:
            raise invalid("duplicate_level", "Each level once.", pointer=f"{pointer}/{index}/code")
        codes.add(level["code"])
    return tuple(Level(level["code"], dict(level["name"])) for level in levels)


def _months_of(document: Document, pointer: str) -> int:
    if document["kind"] != "star":
        return _months(document["window"]["months"], f"{pointer}/window/months")
    full_months = star_rule.read_full_months(document, pointer)
    return _months(full_months, f"{pointer}/star/months") + 1  # the month that is not over yet, too


def _months(months: int, pointer: str) -> int:
    if not 1 <= months <= MOST_MONTHS:
        raise invalid("window_out_of_range", f"A window has 1 to {MOST_MONTHS} months.", pointer=pointer)
    return months


def _looks_at(document: Document, pointer: str) -> dict[str, Any]:
    """One indicator (the amount, if none is named), a scorecard, or a matrix."""
    if document.get("matrix") is not None:
        ranks = {level["code"]: rank for rank, level in enumerate(document["levels"])}
        return {"matrix": read_matrix(document["matrix"], ranks, f"{pointer}/matrix")}
    if document.get("scorecard") is not None:
        return {"scorecard": read_scorecard(document["scorecard"], f"{pointer}/scorecard")}
    indicator = numeric_indicator(document.get("indicator") or "amount", f"{pointer}/indicator")
    if document["kind"] == "star":
        star_rule.require_amount(indicator, pointer)
    return {"indicator": indicator}


def _placed_by(policy: Policy, document: Document, ranks: Ranks, pointer: str) -> Policy:
    """Where each level begins: in bands, in months over a threshold, or in shares of everybody."""
    if policy.kind in ("abc", "pyramid"):
        return _by_shares(policy, document[policy.kind], ranks, f"{pointer}/{policy.kind}")
    if policy.kind == "star":
        thresholds = document["star"]["thresholds"]
        return replace(policy, bands=_bands(thresholds, "over", ranks, f"{pointer}/star/thresholds", signed=False))
    if policy.kind == "matrix":
        return policy
    field = "up_to" if policy.better == "less" else "from"
    bands = _bands(document["bands"], field, ranks, f"{pointer}/bands", signed=_may_be_negative(policy))
    if policy.scorecard is not None:
        _within_reach(bands, policy.scorecard.most, f"{pointer}/bands")
    unknown: Any = document.get("unknown") or "lowest"
    unknown_rank = 0 if unknown == "lowest" else rank_in(ranks, unknown["tier"], f"{pointer}/unknown/tier")
    return replace(policy, bands=bands, unknown_rank=unknown_rank)


def _may_be_negative(policy: Policy) -> bool:
    return policy.scorecard.signed if policy.scorecard is not None else INDICATORS[policy.indicator or "amount"].signed


def _bands(bands: Sequence[Document], field: str, ranks: Ranks, pointer: str, *, signed: bool) -> tuple[Band, ...]:
    if not bands:
        raise invalid("no_bands", "At least one band is needed.", pointer=pointer)
    starts: list[Decimal] = []
    for index, band in enumerate(bands):
        if band.get(field) is None:
            raise invalid("missing", "Each band says where it begins.", pointer=f"{pointer}/{index}/{field}")
        for other in {"from", "up_to", "to"} - {field, "to" if field == "from" else field}:
            if band.get(other) is not None:
                at = f"{pointer}/{index}/{other}"
                raise invalid("not_of_this_kind", f"These bands begin with `{field}`.", pointer=at)
        starts.append(threshold(band[field], f"{pointer}/{index}/{field}", signed=signed))
    ascending(starts, pointer, field, downwards=field == "up_to")
    read = [
        Band(_rank_of_band(ranks, band["tier"], f"{pointer}/{index}/tier"), start)
        for index, (band, start) in enumerate(zip(bands, starts, strict=True))
    ]
    for index in range(1, len(read)):
        if read[index].rank == read[index - 1].rank:
            raise invalid("bands_overlap", "Each band has its own tier.", pointer=f"{pointer}/{index}/tier")
        if read[index].rank < read[index - 1].rank:
            raise invalid("bands_not_ordered", "A higher band gives a higher level.", pointer=f"{pointer}/{index}/tier")
    ends_where_the_next_begins(bands, starts, pointer)
    return tuple(read)


def _rank_of_band(ranks: Ranks, tier: str, pointer: str) -> int:
    rank = rank_in(ranks, tier, pointer)
    if rank == 0:
        raise invalid(
            "band_for_the_lowest", "The lowest level has no band: whoever reaches no other one is there.",
            pointer=pointer,
        )  # fmt: skip
    return rank


def _within_reach(bands: Sequence[Band], most: Decimal, pointer: str) -> None:
    for index, band in enumerate(bands):
        if band.start > most:
            at = f"{pointer}/{index}/from"
            raise invalid("out_of_reach", f"Nobody can have more than {most} points.", pointer=at)


def _by_shares(policy: Policy, shares: Document, ranks: Ranks, pointer: str) -> Policy:
    by, population = shares["by"], shares.get("population")
    if by == "revenue":
        _can_be_added_up(policy, f"{pointer}/by")
        if population is not None:
            raise invalid("not_of_this_kind", "Shares of revenue count no customers.", pointer=f"{pointer}/population")
    read = _shares(shares["shares"], ranks, f"{pointer}/shares")
    if policy.kind == "pyramid" and not len(policy.levels) == len(read) == LEVELS_OF_A_PYRAMID:
        raise invalid("not_four_levels", "A pyramid has four levels, each with its share.", pointer=f"{pointer}/shares")
    if len(read) < len(policy.levels):
        raise invalid("level_without_share", "Every level has its share.", pointer=f"{pointer}/shares")
    return replace(policy, shares=read, shares_by=by, population=population or "known")


def _can_be_added_up(policy: Policy, pointer: str) -> None:
    """Refuse shares of what is no sum: rates, days and points have no total, nor has what is better the less it is."""
    unit = "points" if policy.indicator is None else INDICATORS[policy.indicator].unit
    if unit not in ("money", "count") or policy.better == "less":
        raise invalid("cannot_be_added_up", "Only amounts and counts have shares of a total.", pointer=pointer)


def _shares(shares: Sequence[Document], ranks: Ranks, pointer: str) -> tuple[Share, ...]:
    read: list[Share] = []
    for index, share in enumerate(shares):
        percent = number(share["percent"], f"{pointer}/{index}/percent")
        if percent <= 0:
            raise invalid("share_not_positive", "A share is more than 0.", pointer=f"{pointer}/{index}/percent")
        read.append(Share(rank_in(ranks, share["tier"], f"{pointer}/{index}/tier"), percent))
        if index and read[index].rank >= read[index - 1].rank:
            raise invalid("shares_not_ordered", "Shares come highest level first.", pointer=f"{pointer}/{index}/tier")
    if sum((share.percent for share in read), ZERO) != HUNDRED:
        raise invalid("shares_do_not_add_up", "The shares have to add up to 100 percent.", pointer=pointer)
    return tuple(read)


def _life(life: Document, pointer: str) -> Life:
    read = Life(life.get("grace_months", 1), life.get("keep_months", 0), life.get("up_at_once", True))
    for field in ("grace_months", "keep_months"):
        if not 0 <= getattr(read, field) <= MOST_MONTHS:
            raise invalid("out_of_range", f"Between 0 and {MOST_MONTHS} months.", pointer=f"{pointer}/{field}")
    return read
