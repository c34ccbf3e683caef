"""The value matrix (T4): present value x potential value, each scored in four views; the cell gives the tier."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from services.tiering_svc.core.domain.numbers import ZERO, number
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot
from services.tiering_svc.policies.domain.documents import POINT, Document, Ranks, ascending, rank_in, weights
from services.tiering_svc.policies.domain.scorecard import PolicyScore, Scorecard, read_scorecard
from shared.errors import invalid

VIEWS = ("finance", "service", "customer", "sales")
AXES = ("present", "potential")


@dataclass(frozen=True, slots=True)
class View:
    code: str
    weight: Decimal
    card: Scorecard


@dataclass(frozen=True, slots=True)
class AxisClass:
    code: str
    names: dict[str, str]
    start: Decimal | None  # None: the lowest, from nothing on


@dataclass(frozen=True, slots=True)
class ViewScore:
    view: View
    score: PolicyScore


@dataclass(frozen=True, slots=True)
class AxisScore:
    axis: "Axis"
    total: Decimal | None
    views: tuple[ViewScore, ...]
    place: int  # index of the class


@dataclass(frozen=True, slots=True)
class Axis:
    code: str
    views: tuple[View, ...]
    classes: tuple[AxisClass, ...]  # lowest first

    @property
    def most(self) -> Decimal:
        return sum((view.card.most * view.weight for view in self.views), ZERO)

    def score(self, known: CustomerSnapshot) -> AxisScore:
        """A view of which nothing is known is left out and the others count for it."""
        scores = tuple(ViewScore(view, view.card.score(known)) for view in self.views)
        told = [(one.score.total, one.view) for one in scores if one.score.total is not None]
        if not told:
            return AxisScore(self, None, scores, 0)
        total = sum((points * view.weight for points, view in told), ZERO)
        if len(told) < len(scores):
            total = total * self.most / sum((view.card.most * view.weight for _, view in told), ZERO)
        total = total.quantize(POINT)
        return AxisScore(self, total, scores, self.place_of(total))

    def place_of(self, total: Decimal) -> int:
        place = 0
        for index, one in enumerate(self.classes):
            if one.start is not None and total >= one.start:
                place = index
        return place


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """Where a customer stands on both axes."""

    present: AxisScore
    potential: AxisScore
    rank: int


@dataclass(frozen=True, slots=True)
class Matrix:
    present: Axis
    potential: Axis
    ranks: Mapping[tuple[int, int], int]  # (class of present value, class of potential value)

    @property
    def indicators(self) -> tuple[str, ...]:
        return tuple(
            dict.fromkeys(
                code for axis in (self.present, self.potential) for view in axis.views for code in view.card.indicators
            )
        )

    def place(self, known: CustomerSnapshot) -> MatrixCell:
        present, potential = self.present.score(known), self.potential.score(known)
        return MatrixCell(present, potential, self.ranks[present.place, potential.place])

    def ways_up(self, cell: MatrixCell, rank: int) -> Iterator[tuple[int, int, int]]:
        """The nearest cells that give more than `rank`: none of them asks for more on both axes than another."""
        better = sorted(
            (i, j, self.ranks[i, j])
            for i in range(cell.present.place, len(self.present.classes))
            for j in range(cell.potential.place, len(self.potential.classes))
            if self.ranks[i, j] > rank
        )
        lowest = min((found for _, _, found in better), default=0)
        same = [(i, j) for i, j, found in better if found == lowest]
        for i, j in same:
            if not any((a, b) != (i, j) and a <= i and b <= j for a, b in same):
                yield i, j, lowest


# --- the document --------------------------------------------------------------------------------------------------


def read_matrix(document: Document, ranks: Ranks, pointer: str) -> Matrix:
    present, potential = (_axis(document[code], code, f"{pointer}/{code}") for code in AXES)
    return Matrix(present, potential, _cells(document["cells"], present, potential, ranks, f"{pointer}/cells"))


def _axis(axis: Document, code: str, pointer: str) -> Axis:
    views = axis["views"]
    seen: set[str] = set()
    for index, view in enumerate(views):
        at = f"{pointer}/views/{index}/view"
        if view["view"] not in VIEWS:
            raise invalid("unknown_view", f"The views are {', '.join(VIEWS)}.", pointer=at)
        if view["view"] in seen:
            raise invalid("view_twice", "Each view once.", pointer=at)
        seen.add(view["view"])
    if missing := [view for view in VIEWS if view not in seen]:
        raise invalid("view_missing", f"Not scored: {', '.join(missing)}.", pointer=f"{pointer}/views")
    factors = weights(views, "percent", f"{pointer}/views")
    read = tuple(
        View(view["view"], factors[n], read_scorecard(view, f"{pointer}/views/{n}")) for n, view in enumerate(views)
    )
    found = Axis(code, read, _classes(axis["classes"], f"{pointer}/classes"))
    for index, one in enumerate(found.classes):
        if one.start is not None and one.start > found.most:
            at = f"{pointer}/classes/{index}/from"
            raise invalid("out_of_reach", f"Nobody can have more than {found.most} points.", pointer=at)
    return found


def _classes(classes: Sequence[Document], pointer: str) -> tuple[AxisClass, ...]:
    if len(classes) < 2:
        raise invalid("too_few_classes", "An axis has at least two classes.", pointer=pointer)
    read: list[AxisClass] = []
    for index, one in enumerate(classes):
        if any(one["code"] == before.code for before in read):
            raise invalid("duplicate_class", "Each class once.", pointer=f"{pointer}/{index}/code")
        at = f"{pointer}/{index}/from"
        if (one.get("from") is None) != (index == 0):
            raise invalid("class_without_beginning", "All but the lowest class say where they begin.", pointer=at)
        start = None if index == 0 else number(one["from"], at)
        read.append(AxisClass(one["code"], dict(one["name"]), start))
    ascending([one.start for one in read if one.start is not None], pointer, "from", first=1)
    return tuple(read)


def _cells(
    cells: Sequence[Document], present: Axis, potential: Axis, ranks: Ranks, pointer: str
) -> dict[tuple[int, int], int]:
    places = {axis.code: {one.code: n for n, one in enumerate(axis.classes)} for axis in (present, potential)}
    found: dict[tuple[int, int], int] = {}
    for index, cell in enumerate(cells):
        where = []
        for axis in AXES:
            if cell[axis] not in places[axis]:
                raise invalid("unknown_class", "The axis has no such class.", pointer=f"{pointer}/{index}/{axis}")
            where.append(places[axis][cell[axis]])
        if (where[0], where[1]) in found:
            raise invalid("cell_twice", "Each cell once.", pointer=f"{pointer}/{index}")
        found[where[0], where[1]] = rank_in(ranks, cell["tier"], f"{pointer}/{index}/tier")
    missing = [
        f"{one.code} x {other.code}"
        for (i, one), (j, other) in product(enumerate(present.classes), enumerate(potential.classes))
        if (i, j) not in found
    ]
    if missing:
        raise invalid("cells_missing", f"No tier for: {', '.join(missing)}.", pointer=pointer)
    _never_lower(found, pointer)
    return found


def _never_lower(ranks: Mapping[tuple[int, int], int], pointer: str) -> None:
    """Being worth more on an axis never costs a tier; otherwise nobody could say what is missing for the next one."""
    for index, ((i, j), rank) in enumerate(ranks.items()):
        if ranks.get((i - 1, j), rank) > rank or ranks.get((i, j - 1), rank) > rank:
            raise invalid("cell_lower", "More value gives at least the same tier.", pointer=f"{pointer}/{index}/tier")
