"""Tier policies as data (T9): a checked, versioned document, and the rule that grades a customer's figures by it.

T2 bands of one indicator, T5 ABC by share of customers or of revenue, T6 the star rule. A policy without a population
rule grades anybody alone; an ABC policy grades by the cut-offs that the last review computed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from services.tiering_svc.domain.indicators import INDICATORS, Known, Value
from services.tiering_svc.domain.months import shift
from services.tiering_svc.domain.orders import ZERO, Figures
from shared.errors import DomainError, invalid

HUNDRED = Decimal(100)
MOST_MONTHS = 60
Names = dict[str, str]
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Level:
    code: str
    names: Names


@dataclass(frozen=True, slots=True)
class Band:
    """From this value on a customer is at least at this level (for stars: when every month is *over* it)."""

    rank: int
    start: Decimal


@dataclass(frozen=True, slots=True)
class Share:
    rank: int
    percent: Decimal


@dataclass(frozen=True, slots=True)
class Life:
    """T10: how a tier is gained and lost."""

    grace_months: int = 1
    keep_months: int = 0
    up_at_once: bool = True


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a policy finds in what is known of a customer."""

    rank: int
    value: Value  # what bands and cut-offs look at: the indicator, or the score
    parts: Mapping[str, Any]  # how it came about, as data: what an explanation tells


@dataclass(frozen=True, slots=True)
class Policy:
    policy_id: UUID
    version: int
    names: Names
    kind: str
    levels: tuple[Level, ...]  # lowest first
    indicator: str
    months: int  # of the window, the month of `as_of` included
    bands: tuple[Band, ...] | None  # lowest first; None: ABC whose cut-offs no review has computed yet
    shares: tuple[Share, ...]  # ABC: highest level first
    shares_by: str | None
    life: Life
    run_id: UUID | None = None  # whose cut-offs the bands are

    @property
    def ladder(self) -> str:
        """Tiers of policies with the same ladder can be compared; others need a review to place customers anew."""
        return "<".join(level.code for level in self.levels)

    @property
    def top(self) -> int:
        return len(self.levels) - 1

    @property
    def monotone(self) -> bool:
        """One more order never lowers the grade (an average, a rate or a margin may fall)."""
        return self.indicator in ("amount", "orders", "largest_order")

    @property
    def classes(self) -> frozenset[str]:
        """The classes of facts that grading needs; none when the sums of a window are enough (`grade`)."""
        return frozenset()

    def measure(self, known: Known) -> Value:
        """The one value that bands and the cut-offs of a population look at."""
        return self.value_of(known.figures, known.last_month)

    def assess(self, known: Known) -> Assessment:
        value = self.measure(known)
        return Assessment(self.rank_of(value), value, {})

    def value_of(self, figures: Figures, month: date) -> Value:
        """What the policy looks at; for stars the weakest of the full months before `month`."""
        if self.kind == "star":
            return min(figures.monthly.get(shift(month, -n), ZERO) for n in range(1, self.months))
        of_figures = INDICATORS[self.indicator].of_figures
        assert of_figures is not None  # checked when the policy was read
        return of_figures(figures)

    def grade(self, figures: Figures, month: date) -> int:
        """The rank that the figures of the window ending with `month` earn."""
        return self.rank_of(self.value_of(figures, month))

    def rank_of(self, value: Value) -> int:
        rank = 0
        if value is None or self.bands is None:
            return rank
        for band in self.bands:
            if value < band.start or (value == band.start and self.kind == "star"):
                break
            rank = band.rank
        return rank

    def with_cutoffs(self, cutoffs: Sequence[Band], run_id: UUID) -> "Policy":
        return replace(self, bands=tuple(cutoffs), run_id=run_id)


def read_policy(
    document: Document, *, policy_id: UUID, version: int, names: Names, pointer: str = "/document"
) -> Policy:
    """Check a document and make the policy of it. A refusal points at the field."""
    levels = _levels(document["levels"], f"{pointer}/levels")
    ranks = {level.code: rank for rank, level in enumerate(levels)}
    kind = document["kind"]
    indicator = document.get("indicator", "amount")
    if indicator not in INDICATORS or not INDICATORS[indicator].gradable:
        raise invalid("unknown_indicator", "No policy can grade by this indicator.", pointer=f"{pointer}/indicator")
    bands: tuple[Band, ...] | None = None
    shares: tuple[Share, ...] = ()
    shares_by = None
    if kind == "single_indicator":
        months = _months(_part(document, "window", pointer)["months"], f"{pointer}/window/months")
        bands = _bands(_part(document, "bands", pointer), ranks, f"{pointer}/bands")
    elif kind == "abc":
        months = _months(_part(document, "window", pointer)["months"], f"{pointer}/window/months")
        shares_by = _part(document, "abc", pointer)["by"]
        shares = _shares(document["abc"]["shares"], ranks, f"{pointer}/abc/shares")
    elif kind == "star":
        if indicator != "amount":
            raise invalid("unknown_indicator", "Stars are given by the amount.", pointer=f"{pointer}/indicator")
        star = _part(document, "star", pointer)
        if star["months"] < 1:
            raise invalid("no_months", "A star needs at least one month.", pointer=f"{pointer}/star/months")
        months = _months(star["months"], f"{pointer}/star/months") + 1  # full months, so the present one is extra
        bands = _thresholds(star["thresholds"], ranks, f"{pointer}/star/thresholds")
    else:
        raise invalid("unknown_kind", "There is no such kind of policy.", pointer=f"{pointer}/kind")
    life = _life(document.get("life") or {}, f"{pointer}/life")
    return Policy(policy_id, version, names, kind, levels, indicator, months, bands, shares, shares_by, life)


def _part(document: Document, name: str, pointer: str) -> Any:
    part = document.get(name)
    if part is None:
        raise invalid("missing", f"A policy of the kind {document['kind']} needs it.", pointer=f"{pointer}/{name}")
    return part


def _levels(levels: Sequence[Document], pointer: str) -> tuple[Level, ...]:
    if len(levels) < 2:
        raise invalid("too_few_levels", "A pyramid has at least two levels.", pointer=pointer)
    seen: set[str] = set()
    for index, level in enumerate(levels):
        if level["code"] in seen:
            raise invalid("duplicate_level", "Each level once.", pointer=f"{pointer}/{index}/code")
        seen.add(level["code"])
    return tuple(Level(level["code"], dict(level["name"])) for level in levels)


def _months(months: int, pointer: str) -> int:
    if not 1 <= months <= MOST_MONTHS:
        raise invalid("window_out_of_range", f"A window has 1 to {MOST_MONTHS} months.", pointer=pointer)
    return months


def _bands(bands: Sequence[Document], ranks: Mapping[str, int], pointer: str) -> tuple[Band, ...]:
    if not bands:
        raise invalid("no_bands", "At least one band is needed.", pointer=pointer)
    read = [_step(band, "from", ranks, pointer, index) for index, band in enumerate(bands)]
    _ascending(read, "from", pointer)
    for index, band in enumerate(bands):
        if band.get("to") is None:
            continue
        to = number(band["to"], f"{pointer}/{index}/to")
        following = read[index + 1].start if index + 1 < len(read) else None
        if to <= read[index].start:
            raise invalid("empty_band", "A band ends after it begins.", pointer=f"{pointer}/{index}/to")
        if following is None or to < following:
            raise invalid("bands_leave_a_gap", "No band begins where this one ends.", pointer=f"{pointer}/{index}/to")
        if to > following:
            raise invalid(
                "bands_overlap", "The next band begins before this one ends.", pointer=f"{pointer}/{index}/to"
            )
    return tuple(read)


def _thresholds(thresholds: Sequence[Document], ranks: Mapping[str, int], pointer: str) -> tuple[Band, ...]:
    if not thresholds:
        raise invalid("no_bands", "At least one threshold is needed.", pointer=pointer)
    read = [_step(threshold, "over", ranks, pointer, index) for index, threshold in enumerate(thresholds)]
    _ascending(read, "over", pointer)
    return tuple(read)


def _step(step: Document, field: str, ranks: Mapping[str, int], pointer: str, index: int) -> Band:
    return Band(
        _rank(step["tier"], ranks, f"{pointer}/{index}/tier"), number(step[field], f"{pointer}/{index}/{field}")
    )


def _ascending(bands: Sequence[Band], field: str, pointer: str) -> None:
    for index in range(1, len(bands)):
        before, band = bands[index - 1], bands[index]
        if band.start == before.start or band.rank == before.rank:
            at = field if band.start == before.start else "tier"
            raise invalid(
                "bands_overlap", "Each band has its own beginning and tier.", pointer=f"{pointer}/{index}/{at}"
            )
        if band.start < before.start:
            raise invalid("bands_not_ordered", "Bands come lowest first.", pointer=f"{pointer}/{index}/{field}")
        if band.rank < before.rank:
            raise invalid("bands_not_ordered", "A higher band gives a higher level.", pointer=f"{pointer}/{index}/tier")


def _shares(shares: Sequence[Document], ranks: Mapping[str, int], pointer: str) -> tuple[Share, ...]:
    read: list[Share] = []
    for index, share in enumerate(shares):
        percent = number(share["percent"], f"{pointer}/{index}/percent")
        if percent <= 0:
            raise invalid("share_not_positive", "A share is more than 0.", pointer=f"{pointer}/{index}/percent")
        read.append(Share(_rank(share["tier"], ranks, f"{pointer}/{index}/tier"), percent))
        if index and read[index].rank >= read[index - 1].rank:
            raise invalid("shares_not_ordered", "Shares come highest level first.", pointer=f"{pointer}/{index}/tier")
    if sum((share.percent for share in read), ZERO) != HUNDRED:
        raise invalid("shares_do_not_add_up", "The shares have to add up to 100 percent.", pointer=pointer)
    return tuple(read)


def _rank(tier: str, ranks: Mapping[str, int], pointer: str) -> int:
    rank = ranks.get(tier)
    if rank is None:
        raise invalid("unknown_tier", "The policy has no such level.", pointer=pointer)
    return rank


def _life(life: Document, pointer: str) -> Life:
    read = Life(life.get("grace_months", 1), life.get("keep_months", 0), life.get("up_at_once", True))
    for field in ("grace_months", "keep_months"):
        if not 0 <= getattr(read, field) <= MOST_MONTHS:
            raise invalid("out_of_range", f"Between 0 and {MOST_MONTHS} months.", pointer=f"{pointer}/{field}")
    return read


def number(text: str | int, pointer: str) -> Decimal:
    """An exact number: a decimal in text or a whole number, never a binary fraction."""
    try:
        if isinstance(text, bool) or not isinstance(text, (str, int)):
            raise _not_exact(pointer)
        value = Decimal(text)
    except InvalidOperation:
        raise _not_exact(pointer) from None
    if not value.is_finite():
        raise _not_exact(pointer)
    return value


def _not_exact(pointer: str) -> DomainError:
    return invalid("not_a_number", "A decimal in text is needed.", pointer=pointer)
