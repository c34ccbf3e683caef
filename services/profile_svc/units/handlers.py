"""Units are entered, renamed, moved and closed (P5)."""

from collections.abc import Callable
from dataclasses import replace

from services.profile_svc.units import repository as units
from services.profile_svc.units.domain import Unit, check_place
from shared.errors import conflict, invalid, not_found
from shared.events import UnitChanged
from shared.messaging import Transaction, announce


async def enter_unit(tx: Transaction, new: Unit) -> Unit:
    """Add a unit to the tree. The same one again is the same answer; another one under this code is a 409."""
    others = await units.lock_units(tx)
    known = others.get(new.code)
    if known is not None:
        if replace(known, version=new.version) != new:
            raise conflict("unit_exists", "Another unit has this code.")
        return known
    if new.parent is not None and new.parent != new.code and new.parent not in others:
        raise _unknown_parent()
    check_place(new, others)
    await units.save_unit(tx, new)
    announce(tx, [_changed(tx, new)])
    return new


async def amend_unit(tx: Transaction, code: str, amend: Callable[[Unit], Unit]) -> Unit:
    """Change a unit as `amend` says, which refuses a version that was not seen (412). The same again changes nothing,
    and only a change of place or state is announced."""
    others = await units.lock_units(tx)
    known = others.get(code)
    if known is None:
        raise not_found("unit_not_found", "There is no such unit.")
    amended = amend(known)
    if amended == known:
        return known
    if amended.parent is not None and amended.parent not in others:
        raise _unknown_parent()
    if not amended.is_the_same_place(known):
        check_place(amended, others)
        announce(tx, [_changed(tx, amended)])
    amended = replace(amended, version=known.version + 1)
    await units.save_unit(tx, amended)
    return amended


def _unknown_parent() -> Exception:
    return invalid("unit_not_known", "There is no such unit.", pointer="/parent")


def _changed(tx: Transaction, unit: Unit) -> UnitChanged:
    return UnitChanged(unit=unit.code, parent=unit.parent, closed=unit.closed_at is not None, changed_at=tx.at)
