"""What the outside calls a customer."""

from typing import NamedTuple


class Reference(NamedTuple):
    """An id from outside, unique within the source that gave it."""

    source: str
    ref: str
