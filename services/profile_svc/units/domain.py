"""A unit of the operator's tree (P5), and what is refused of it: a circle, and an open unit below a closed one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.errors import conflict


@dataclass(frozen=True, slots=True)
class Unit:
    """`code` and `kind` are the company's; `parent` the unit it stands directly below, None: the top of a tree.

    `closed_at`: since when it is there no more; None: it is open. `version` grows with every change.
    """

    code: str
    name: str
    kind: str
    parent: str | None = None
    closed_at: datetime | None = None
    version: int = 1

    def is_the_same_place(self, other: "Unit") -> bool:
        """Whether others are to be told nothing: both stand at the same place of the tree, both open or both closed."""
        return (self.parent, self.closed_at is None) == (other.parent, other.closed_at is None)


def check_place(unit: Unit, others: Mapping[str, Unit]) -> None:
    """Refuse a place in the tree that cannot be (409). `others` are all units by code, as they were before.

    `unit_below_itself` for a unit that would be its own parent, or below one that is below it; `unit_closed` for an
    open one below a closed one; `unit_has_open_units` for closing one above an open one.
    """
    above, passed = unit.parent, set[str]()
    while above is not None and above not in passed:
        if above == unit.code:
            raise conflict("unit_below_itself", "A unit does not stand below itself, nor below one that is below it.")
        passed.add(above)
        above = others[above].parent if above in others else None
    if unit.closed_at is not None:
        if any(other.parent == unit.code and other.closed_at is None for other in others.values()):
            raise conflict("unit_has_open_units", "Open units stand below this one. Move or close them first.")
    elif unit.parent is not None and others[unit.parent].closed_at is not None:
        raise conflict("unit_closed", "The unit that it would stand below is closed.")
