"""The value matrix (T4): present value x potential value, each scored in four views; the cell gives the tier."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product

from services.tiering_svc.core.domain.numbers import ZERO
from services.tiering_svc.indicators.domain.catalogue import INDICATORS
from services.tiering_svc.indicators.domain.figures import Figures
from services.tiering_svc.indicators.domain.snapshot import Contacts, CustomerSnapshot, Traits
from services.tiering_svc.policies.domain.document_fields import (
    POINT,
    Document,
    Ranks,
    ascending,
    rank_in,
    threshold,
    weights,
)
from services.tiering_svc.policies.domain.scorecard import PolicyScore, Scorecard, read_scorecard
from shared.errors import invalid

VIEWS = ("finance", "service", "customer", "sales")
AXES = ("present", "potential")


@dataclass(frozen=True, slots=True)
class View:
    """One of the four views an axis is scored in: a scorecard with the view's weight (a factor)."""

    code: str
    weight: Decimal
    card: Scorecard


@dataclass(frozen=True, slots=True)
class AxisClass:
    """A class of an axis (low, middle, high), and from how many points on a customer is in it."""

    code: str
    names: dict[str, str]
    start: Decimal | None  # None: the lowest, from nothing on


@dataclass(frozen=True, slots=True)
class ViewScore:
    """A customer's score in one view."""

    view: View
    score: PolicyScore


@dataclass(frozen=True, slots=True)
class AxisScore:
    """A customer's points on one axis, and the class they give."""

    axis: "Axis"
    total: Decimal | None  # None: nothing of it is known, which gives the lowest class
    views: tuple[ViewScore, ...]
    class_index: int


@dataclass(frozen=True, slots=True)
class Axis:
    """Present or potential value: four weighted views, and the classes that their points are divided into."""

    code: str
    views: tuple[View, ...]
    classes: tuple[AxisClass, ...]  # lowest first

    @property
    def most(self) -> Decimal:
        """The most points anybody can have on this axis."""
        return sum((view.card.most * view.weight for view in self.views), ZERO)

    def score(self, snapshot: CustomerSnapshot) -> AxisScore:
        """A customer's points. A view of which nothing is known is left out and the others count for it."""
        scores = tuple(ViewScore(view, view.card.score(snapshot)) for view in self.views)
        counted = [(scored.score.total, scored.view) for scored in scores if scored.score.total is not None]
        if not counted:
            return AxisScore(self, None, scores, 0)
        total = sum((points * view.weight for points, view in counted), ZERO)
        if len(counted) < len(scores):
            total = total * self.most / sum((view.card.most * view.weight for _, view in counted), ZERO)
        total = total.quantize(POINT)
        return AxisScore(self, total, scores, self.class_of(total))

    def class_of(self, total: Decimal) -> int:
        """The index of the class that so many points give."""
        highest = 0
        for index, axis_class in enumerate(self.classes):
            if axis_class.start is not None and total >= axis_class.start:
                highest = index
        return highest


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """Where a customer stands on both axes."""

    present: AxisScore
    potential: AxisScore
    rank: int


# A customer with an empty file, of whom nobody has recorded anything.
NOTHING_KNOWN = CustomerSnapshot(
    Figures(), datetime.min.replace(tzinfo=UTC), date.min, 1,
    contacts=Contacts(
        contacts=0, tasks=0, done_tasks=0, open_tasks=0, overdue_tasks=0, complaints=0, suggestions=0, praises=0,
        consultations=0, repairs=0, other_cases=0, open_cases=0, closed_cases=0, rated_cases=0, satisfaction_sum=0,
    ),
    traits=Traits(completeness=0, group_size=1),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Matrix:
    """Both axes, and the level that each pair of their classes gives."""

    present: Axis
    potential: Axis
    ranks: Mapping[tuple[int, int], int]  # (class of present value, class of potential value)

    @property
    def indicators(self) -> tuple[str, ...]:
        """The codes of the indicators that both axes look at, each once."""
        return tuple(
            dict.fromkeys(
                code for axis in (self.present, self.potential) for view in axis.views for code in view.card.indicators
            )
        )

    def place(self, snapshot: CustomerSnapshot) -> MatrixCell:
        """The cell a customer is in, with the scores that put it there."""
        present, potential = self.present.score(snapshot), self.potential.score(snapshot)
        return MatrixCell(present, potential, self.ranks[present.class_index, potential.class_index])

    def knows_potential(self, snapshot: CustomerSnapshot) -> bool:
        """Whether some indicator of the potential says more of this customer than of one of whom nothing is known: a
        number of suggestions that is 0, say, is known of everybody."""
        blank = replace(NOTHING_KNOWN, as_of=snapshot.as_of, last_month=snapshot.last_month, months=snapshot.months)
        codes = (code for view in self.potential.views for code in view.card.indicators)
        values = ((INDICATORS[code].value(snapshot), INDICATORS[code].value(blank)) for code in codes)
        return any(value is not None and value != of_blank for value, of_blank in values)

    def ways_up(self, cell: MatrixCell, rank: int) -> Iterator[tuple[int, int, int]]:
        """The nearest cells that give more than `rank`, as (present class, potential class, rank): none of them asks
        for more on both axes than another."""
        better = sorted(
            (i, j, self.ranks[i, j])
            for i in range(cell.present.class_index, len(self.present.classes))
            for j in range(cell.potential.class_index, len(self.potential.classes))
            if self.ranks[i, j] > rank
        )
        next_rank = min((rank for _, _, rank in better), default=0)
        cells = [(i, j) for i, j, rank in better if rank == next_rank]
        for i, j in cells:
            if not any((a, b) != (i, j) and a <= i and b <= j for a, b in cells):
                yield i, j, next_rank


# --- the document --------------------------------------------------------------------------------------------------


def read_matrix(document: Document, ranks: Ranks, pointer: str) -> Matrix:
    """The value matrix that a part of a policy document describes; what does not fit is refused at its field."""
    present, potential = (_axis(document[code], code, f"{pointer}/{code}") for code in AXES)
    return Matrix(present, potential, _cells(document["cells"], present, potential, ranks, f"{pointer}/cells"))


def _axis(axis: Document, code: str, pointer: str) -> Axis:
    views = axis["views"]
    codes: set[str] = set()
    for index, view in enumerate(views):
        at = f"{pointer}/views/{index}/view"
        if view["view"] not in VIEWS:
            raise invalid("unknown_view", f"The views are {', '.join(VIEWS)}.", pointer=at)
        if view["view"] in codes:
            raise invalid("view_twice", "Each view once.", pointer=at)
        codes.add(view["view"])
    if missing := [view for view in VIEWS if view not in codes]:
        raise invalid("view_missing", f"Not scored: {', '.join(missing)}.", pointer=f"{pointer}/views")
    factors = weights(views, "percent", f"{pointer}/views")
    scored = tuple(
        View(view["view"], factor, read_scorecard(view, f"{pointer}/views/{index}"))
        for index, (view, factor) in enumerate(zip(views, factors, strict=True))
    )
    signed = any(view.card.signed for view in scored)
    whole = Axis(code, scored, _classes(axis["classes"], f"{pointer}/classes", signed=signed))
    for index, axis_class in enumerate(whole.classes):
        if axis_class.start is not None and axis_class.start > whole.most:
            at = f"{pointer}/classes/{index}/from"
            raise invalid("out_of_reach", f"Nobody can have more than {whole.most} points.", pointer=at)
    return whole


def _classes(classes: Sequence[Document], pointer: str, *, signed: bool) -> tuple[AxisClass, ...]:
    if len(classes) < 2:
        raise invalid("too_few_classes", "An axis has at least two classes.", pointer=pointer)
    read: list[AxisClass] = []
    for index, described in enumerate(classes):
        if any(described["code"] == before.code for before in read):
            raise invalid("duplicate_class", "Each class once.", pointer=f"{pointer}/{index}/code")
        at = f"{pointer}/{index}/from"
        if (described.get("from") is None) != (index == 0):
            raise invalid("class_without_beginning", "All but the lowest class say where they begin.", pointer=at)
        start = None if index == 0 else threshold(described["from"], at, signed=signed)
        read.append(AxisClass(described["code"], dict(described["name"]), start))
    ascending([axis_class.start for axis_class in read if axis_class.start is not None], pointer, "from", first=1)
    return tuple(read)


def _cells(
    cells: Sequence[Document], present: Axis, potential: Axis, ranks: Ranks, pointer: str
) -> dict[tuple[int, int], int]:
    indexes = {
        axis.code: {axis_class.code: index for index, axis_class in enumerate(axis.classes)}
        for axis in (present, potential)
    }
    rank_of_cell: dict[tuple[int, int], int] = {}
    for index, cell in enumerate(cells):
        for axis in AXES:
            if cell[axis] not in indexes[axis]:
                raise invalid("unknown_class", "The axis has no such class.", pointer=f"{pointer}/{index}/{axis}")
        key = (indexes["present"][cell["present"]], indexes["potential"][cell["potential"]])
        if key in rank_of_cell:
            raise invalid("cell_twice", "Each cell once.", pointer=f"{pointer}/{index}")
        rank_of_cell[key] = rank_in(ranks, cell["tier"], f"{pointer}/{index}/tier")
    missing = [
        f"{of_present.code} x {of_potential.code}"
        for (i, of_present), (j, of_potential) in product(enumerate(present.classes), enumerate(potential.classes))
        if (i, j) not in rank_of_cell
    ]
    if missing:
        raise invalid("cells_missing", f"No tier for: {', '.join(missing)}.", pointer=pointer)
    _never_lower(rank_of_cell, pointer)
    return rank_of_cell


def _never_lower(ranks: Mapping[tuple[int, int], int], pointer: str) -> None:
    """Refuse cells where being worth more costs a tier: nobody could tell what is missing for the next one."""
    for index, ((i, j), rank) in enumerate(ranks.items()):
        if ranks.get((i - 1, j), rank) > rank or ranks.get((i, j - 1), rank) > rank:
            raise invalid("cell_lower", "More value gives at least the same tier.", pointer=f"{pointer}/{index}/tier")
