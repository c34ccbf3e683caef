"""Reading the fields of a policy document (T9): exact numbers, known names, ascending steps, weights.

Whatever is wrong is refused (422) with a code and the pointer of the field.
"""

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
    """A part that a policy of this kind must have; without it `missing`."""
    value = document.get(name)
    if value is None:
        raise invalid("missing", f"A policy of the kind {document['kind']} needs it.", pointer=f"{pointer}/{name}")
    return value


def only_one_of(document: Document, field: str, other: str, pointer: str) -> None:
    """Refuse a document that has both of two fields (`one_of_two`)."""
    if document.get(field) is not None and document.get(other) is not None:
        raise invalid("one_of_two", f"Either `{field}` or `{other}`, not both.", pointer=f"{pointer}/{other}")


def rank_in(ranks: Ranks, tier: str, pointer: str) -> int:
    """The rank of a level named in a document; `unknown_tier` where the policy has none of this code."""
    rank = ranks.get(tier)
    if rank is None:
        raise invalid("unknown_tier", "The policy has no such level.", pointer=pointer)
    return rank


def known_indicator(code: str, pointer: str) -> str:
    """The code of an indicator that there is; else `unknown_indicator`."""
    if code not in INDICATORS:
        raise invalid("unknown_indicator", "There is no such indicator.", pointer=pointer)
    return code


def numeric_indicator(code: str, pointer: str) -> str:
    """The code of an indicator that can be compared with a limit: of any class, when its values are numbers."""
    if code not in INDICATORS:
        raise invalid("unknown_indicator", "No policy can grade by this indicator.", pointer=pointer)
    if INDICATORS[code].unit == "code":
        raise invalid("not_a_numeric_indicator", "Its values are codes: use it in a condition.", pointer=pointer)
    return code


def threshold(text: str | int, pointer: str, *, signed: bool) -> Decimal:
    """A limit that values are compared with; `negative_threshold` where no value can be less than 0 (not `signed`)."""
    limit = number(text, pointer)
    if limit < 0 and not signed:
        raise invalid("negative_threshold", "What is compared with it is never less than 0.", pointer=pointer)
    return limit


def ascending(starts: Sequence[Decimal], pointer: str, field: str, *, downwards: bool = False, first: int = 0) -> None:
    """Refuse steps that do not come in order, or of which two begin at the same value. `field` is where each says its
    beginning; `first` is the index of the first of them in the document."""
    for index in range(1, len(starts)):
        before, start, at = starts[index - 1], starts[index], f"{pointer}/{index + first}/{field}"
        if start == before:
            raise invalid("bands_overlap", "Each band has its own beginning.", pointer=at)
        if (start < before) is not downwards:
            raise invalid("bands_not_ordered", "Bands come lowest first.", pointer=at)


def ends_where_the_next_begins(bands: Sequence[Document], starts: Sequence[Decimal], pointer: str) -> None:
    """Refuse a band that says (`to`) it ends elsewhere than where the next one begins."""
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
    """The weights of parts as factors: as they are (1 where none is given), or of percent that add up to 100."""
    factors = []
    for index, weighted in enumerate(parts):
        at = f"{pointer}/{index}/weight"
        if weighted.get("weight") is None and how == "percent":
            raise invalid("missing", "Each has a weight where weights are percent.", pointer=at)
        weight = number(weighted.get("weight") or 1, at)
        if weight <= 0:
            raise invalid("weight_not_positive", "A weight is more than 0.", pointer=at)
        factors.append(weight)
    if how == "percent":
        if sum(factors, ZERO) != HUNDRED:
            raise invalid("weights_do_not_add_up", "The weights have to add up to 100 percent.", pointer=pointer)
        return [weight / HUNDRED for weight in factors]
    return factors
