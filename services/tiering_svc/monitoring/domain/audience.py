"""What a reader is shown of the reasons for a relationship type (G1): the type itself is for everybody who sees the
customer, since it says how to look after them."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

TIER_SIZE = frozenset({"customers", "customers_in_tier", "share_percent"})  # of all the company's customers
MARGIN = frozenset({"margin", "margin_rate"})  # the band of the rate, and the rate


def readable_reasons(reasons: Mapping[str, Any], hidden_fields: AbstractSet[str], *, internal: bool) -> dict[str, Any]:
    """The reasons without the fields that the reader may not read. `internal`: the reader is one of the company's own
    people, who also read how many customers the tier has."""
    hidden = hidden_fields if internal else hidden_fields | TIER_SIZE
    if not MARGIN.isdisjoint(hidden):
        hidden |= MARGIN
    return {name: value for name, value in reasons.items() if name not in hidden}
