"""The operator's units over HTTP (P5)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pydantic import Field

from services.profile_svc.units.domain import Unit
from shared.chassis import AnnouncedCode, Code, Name, Read, Shape


class UnitCreate(Shape):
    """A unit to enter into the tree."""

    unit: AnnouncedCode = Field(description="the company's code of it; it never changes")
    name: Name
    kind: Code = Field(description="what it is, a code of the company: group, province, city, branch …")
    parent: AnnouncedCode | None = Field(default=None, description="the unit it stands below; null: the top of a tree")


class UnitUpdate(Shape):
    """What changes of a unit; what is not said stays as it is."""

    name: Name | None = None
    kind: Code | None = Field(default=None, description="what it is, a code of the company")
    parent: Code | None = Field(default=None, description="the unit it stands below; null: the top of a tree")
    closed: bool | None = Field(default=None, description="whether it is there no more")

    def amended(self, unit: Unit, at: datetime) -> Unit:
        """The unit with these changes, made at an instant."""
        parent = self.parent if "parent" in self.model_fields_set else unit.parent
        closed_at = {True: unit.closed_at or at, False: None, None: unit.closed_at}[self.closed]
        return replace(
            unit, name=self.name or unit.name, kind=self.kind or unit.kind, parent=parent, closed_at=closed_at
        )


class UnitRead(Read):
    """A unit as the tree shows it."""

    unit: str
    name: str
    kind: str
    parent: str | None = Field(description="the unit it stands below; null: the top of a tree")
    closed_at: datetime | None = Field(description="since when it is there no more; null: it is open")


class UnitTreeRead(UnitRead):
    """A unit with all that stand below it."""

    units: list["UnitTreeRead"] = Field(description="those directly below it, in the order of their codes")


def show_unit(unit: Unit) -> UnitRead:
    """A unit as the tree shows it."""
    return UnitRead(unit=unit.code, name=unit.name, kind=unit.kind, parent=unit.parent, closed_at=unit.closed_at)


def show_tree(units: Sequence[Unit]) -> UnitTreeRead:
    """The first unit with the others below it; they come from the top down."""
    shown: dict[str, UnitTreeRead] = {}
    for unit in units:
        shown[unit.code] = UnitTreeRead(**show_unit(unit).model_dump(), units=[])
        if len(shown) > 1:
            shown[unit.parent or ""].units.append(shown[unit.code])
    return shown[units[0].code]
