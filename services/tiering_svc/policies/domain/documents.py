"""How a policy document is read: exact numbers, known names, ascending steps. Each refusal points at the field (T9)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from services.tiering_svc.core.domain.numbers import HUNDRED, ZERO, number
from services.tiering_svc.indicators.domain.catalogue import INDICATORS
from shared.errors import invalid

POINT = Decimal("0.0001")  # points are kept to four places
Document = Mapping[str, Any]
Ranks = Mapping[str, int]


def part(document: Document, name: str, pointer: str) -> Any:
    found = document.get(name)
    if found is None:
        raise invalid("missing", f"A policy of the kind {document['kind']} needs it.", pointer=f"{pointer}/{name}")
    return found


def only_one_of(document: Document, one: str, other: str, pointer: str) -> None:
    if document.get(one) is not None and document.get(other) is not None:
        raise invalid("one_of_two", f"Either `{one}` or `{other}`, not both.", pointer=f"{pointer}/{other}")


def rank_in(ranks: Ranks, tier: str, pointer: str) -> int:
    rank = ranks.get(tier)
    if rank is None:
        raise invalid("unknown_tier", "The policy has no such level.", pointer=pointer)
    return rank


def known_indicator(code: str, pointer: str) -> str:
    if code not in INDICATORS:
        raise invalid("unknown_indicator", "There is no such indicator.", pointer=pointer)
    return code


def numeric_indicator(code: str, pointer: str) -> str:
    """One that can be compared with a limit: any of the four classes whose values are numbers."""
    if code not in INDICATORS:
        raise invalid("unknown_indicator", "No policy can grade by this indicator.", pointer=pointer)
    if INDICATORS[code].unit == "code":
        raise invalid("not_a_numeric_indicator", "Its values are codes: use it in a condition.", pointer=pointer)
    return code


def ascending(starts: Sequence[Decimal], pointer: str, field: str, *, downwards: bool = False, first: int = 0) -> None:
    """Each step begins where no other does, and they come in order. `first` is the place of the first of them."""
    for index in range(1, len(starts)):
        before, start, at = starts[index - 1], starts[index], f"{pointer}/{index + first}/{field}"
        if start == before:
            raise invalid("bands_overlap", "Each band has its own beginning.", pointer=at)
        if (start < before) is not downwards:
            raise invalid("bands_not_ordered", "Bands come lowest first.", pointer=at)


def ends_where_the_next_begins(bands: Sequence[Document], starts: Sequence[Decimal], pointer: str) -> None:
    """A band may say where it ends: there the next one begins, neither earlier nor later."""
    for index, band in enumerate(bands):
        if band.get("to") is None:
            continue
        to = number(band["to"], f"{pointer}/{index}/to")
        following = starts[index + 1] if index + 1 < len(starts) else None
        if to <= starts[index]:
            raise invalid("empty_band", "A band ends after it begins.", pointer=f"{pointer}/{index}/to")
        if following is None or to < following:
            raise invalid("bands_leave_a_gap", "No band begins where this one ends.", pointer=f"{pointer}/{index}/to")
        if to > following:
            raise invalid(
                "bands_overlap", "The next band begins before this one ends.", pointer=f"{pointer}/{index}/to"
            )


def weights(parts: Sequence[Document], how: str, pointer: str) -> list[Decimal]:
    """As factors (1 where none is given), or as percent that add up to 100; what comes back is always a factor."""
    read = []
    for index, one in enumerate(parts):
        at = f"{pointer}/{index}/weight"
        if one.get("weight") is None and how == "percent":
            raise invalid("missing", "Each has a weight where weights are percent.", pointer=at)
        weight = number(one.get("weight") or 1, at)
        if weight <= 0:
            raise invalid("weight_not_positive", "A weight is more than 0.", pointer=at)
        read.append(weight)
    if how == "percent":
        if sum(read, ZERO) != HUNDRED:
            raise invalid("weights_do_not_add_up", "The weights have to add up to 100 percent.", pointer=pointer)
        return [weight / HUNDRED for weight in read]
    return read
