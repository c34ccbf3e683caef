"""Tier policies (T2-T7, T9): what one looks at, how that gives a level, and what it finds in a customer.

A policy is made of a checked, versioned document (`policy_document`). One of bands, stars or cells grades each customer
alone; one of shares grades by the cut-offs that the last review computed and keeps.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from typing import Literal
from uuid import UUID

from services.tiering_svc.core.domain.numbers import Names, Value
from services.tiering_svc.indicators.domain.catalogue import INDICATORS
from services.tiering_svc.indicators.domain.figures import Figures
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot
from services.tiering_svc.policies.domain import star_rule
from services.tiering_svc.policies.domain.conditions import PolicyCondition, Verdict, judge, limited
from services.tiering_svc.policies.domain.scorecard import PolicyScore, Scorecard
from services.tiering_svc.policies.domain.value_matrix import Matrix, MatrixCell

NewId = Callable[[], UUID]


GROWING = frozenset({"amount", "orders", "largest_order"})  # one more order never lowers them
PolicyKind = Literal["single_indicator", "scorecard", "matrix", "abc", "pyramid", "star"]
Better = Literal["more", "less"]
Population = Literal["known", "buyers", "all"]
"""Whom shares of customers are counted of (T5): whoever's value is known; who placed an order in the window of which
something is left; all customer files, those of prospects included, the unknown values last."""


@dataclass(frozen=True, slots=True)
class Level:
    """A tier of a policy: its code, and its names by language."""

    code: str
    names: Names


@dataclass(frozen=True, slots=True)
class Band:
    """From `start` on a customer is at least at the level `rank`; down to `start` where less is better. Of stars, the
    weakest month has to be over it."""

    rank: int
    start: Decimal


@dataclass(frozen=True, slots=True)
class Share:
    """Which part of all customers, or of all revenue, a level holds, in percent."""

    rank: int
    percent: Decimal


@dataclass(frozen=True, slots=True)
class Life:
    """How a tier is gained and lost (T10): months of grace below it, months it is kept after a rise, raised at once."""

    grace_months: int = 1
    keep_months: int = 0
    up_at_once: bool = True


@dataclass(frozen=True, slots=True)
class Grading:
    """How a policy grades one customer: the level, and what gave it."""

    rank: int
    value: Value  # what bands and cut-offs look at: the indicator, or the score; None for a matrix
    graded: int  # before conditions limit it
    score: PolicyScore | None = None
    cell: MatrixCell | None = None
    verdicts: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """A version of a tier policy, ready to grade by; of a population with the cut-offs of a review, or with none
    yet."""

    policy_id: UUID
    version: int
    names: Names
    kind: PolicyKind
    levels: tuple[Level, ...]  # lowest first
    months: int  # of the window, the month of `as_of` included
    life: Life
    indicator: str | None = None  # None: it looks at a scorecard or a matrix
    scorecard: Scorecard | None = None
    matrix: Matrix | None = None
    bands: tuple[Band, ...] | None = None  # lowest first; None: cut-offs that no review has computed yet, or cells
    better: Better = "more"
    unknown_rank: int = 0  # of whoever's value is not known
    shares: tuple[Share, ...] = ()  # of a population: highest level first
    shares_by: str | None = None
    population: Population = "known"
    conditions: tuple[PolicyCondition, ...] = ()
    together: bool = False  # P2: the head of a group is graded by the figures of all its members
    places_prospects: bool = False  # T4: a review also places who never ordered, where its potential is known
    run_id: UUID | None = None  # whose cut-offs the bands are
    # what follows from the above, worked out once when the policy is read:
    indicators: tuple[str, ...] = ()  # all it looks at
    classes: frozenset[str] = frozenset()  # of facts that grading needs; none: the sums of a window are enough
    monotone: bool = False  # one more order never lowers the grade (an average, a rate or a margin may fall)

    @property
    def measured(self) -> tuple[str, ...]:
        """The indicators whose values give the level, before conditions limit it."""
        if self.matrix is not None:
            return self.matrix.indicators
        if self.scorecard is not None:
            return self.scorecard.indicators
        return () if self.indicator is None else (self.indicator,)

    @property
    def ladder(self) -> str:
        """Tiers of policies with the same ladder can be compared; others need a review to place customers anew."""
        return "<".join(level.code for level in self.levels)

    @property
    def top(self) -> int:
        """The rank of the highest level."""
        return len(self.levels) - 1

    @property
    def of_population(self) -> bool:
        """Whether its bands are cut-offs of all customers together, computed by a review."""
        return bool(self.shares)

    def counts(self, snapshot: CustomerSnapshot, *, has_file: bool) -> bool:
        """Whether a customer is one of those whom shares are counted of."""
        if self.population == "buyers":
            return snapshot.figures.orders > 0
        known = self.measure(snapshot) is not None
        return known or (self.population == "all" and (has_file or snapshot.figures.orders > 0))

    def value_of(self, figures: Figures, month: date) -> Value:
        """What a policy of one indicator looks at; for stars the weakest of the full months before `month`."""
        if self.kind == "star":
            return star_rule.weakest_month(figures.monthly, month, self.months - 1)
        assert self.indicator is not None
        of_figures = INDICATORS[self.indicator].of_figures
        assert of_figures is not None  # otherwise the policy has classes
        return of_figures(figures)

    def measure(self, snapshot: CustomerSnapshot) -> Value:
        """The one value that bands and the cut-offs of a population are compared with; None where it is not known."""
        if self.scorecard is not None:
            return self.scorecard.score(snapshot).total
        return self._one_value(snapshot)

    def _one_value(self, snapshot: CustomerSnapshot) -> Value:
        if self.kind == "star":
            return self.value_of(snapshot.figures, snapshot.last_month)
        if self.indicator is None:
            return None
        value: Value = INDICATORS[self.indicator].value(snapshot)  # never a code: the policy would have been refused
        return value

    def grade(self, figures: Figures, month: date) -> int:
        """The rank that the figures of the window ending with `month` earn: the fast path, where there are no
        `classes` to load."""
        if self.indicator is not None and not self.conditions:
            return self.rank_of(self.value_of(figures, month))
        return self.assess(snapshot_of_figures(figures, month, self.months)).rank

    def grade_by(self, facts: Figures | CustomerSnapshot, month: date) -> int:
        """The rank by whatever was loaded: sums where they are enough, a snapshot where the policy needs one."""
        return self.assess(facts).rank if isinstance(facts, CustomerSnapshot) else self.grade(facts, month)

    def assess(self, snapshot: CustomerSnapshot) -> Grading:
        """The level with all that gave it: value, score or cell, and the conditions that limit it."""
        score: PolicyScore | None = None
        cell: MatrixCell | None = None
        value: Value = None
        if self.matrix is not None:
            cell = self.matrix.place(snapshot)
            graded = cell.rank
        elif self.scorecard is not None:
            score = self.scorecard.score(snapshot)
            value = score.total
            graded = self.rank_of(value)
        else:
            value = self._one_value(snapshot)
            graded = self.rank_of(value)
        if not self.conditions:
            return Grading(graded, value, graded, score, cell)
        verdicts = judge(self.conditions, snapshot)
        return Grading(limited(graded, verdicts), value, graded, score, cell, verdicts)

    def rank_of(self, value: Value) -> int:
        """The level whose band a value lies in; the policy's own choice for a value that is not known."""
        if value is None:
            return self.unknown_rank
        rank = 0
        for band in self.bands or ():
            if not self._reaches(value, band):
                break
            rank = band.rank
        return rank

    def _reaches(self, value: Decimal | int, band: Band) -> bool:
        if self.kind == "star":
            return star_rule.has_reached(value, band.start)
        return value <= band.start if self.better == "less" else value >= band.start

    def can_place_prospect(self, snapshot: CustomerSnapshot) -> bool:
        """Whether a review places this customer without orders (T4): the policy says so, and something is known of its
        potential. `snapshot` has the `classes` of facts that the policy needs."""
        return self.places_prospects and self.matrix is not None and self.matrix.knows_potential(snapshot)

    def with_cutoffs(self, cutoffs: Sequence[Band], run_id: UUID) -> "Policy":
        """The same policy, graded by the cut-offs of the review `run_id`."""
        return replace(self, bands=tuple(cutoffs), run_id=run_id)

    def ready(self) -> bool:
        """Whether it can grade: a policy of a population not before a review has computed its cut-offs."""
        return self.bands is not None or self.matrix is not None


def snapshot_of_figures(figures: Figures, month: date, months: int) -> CustomerSnapshot:
    """A snapshot that holds the sums of a window alone. Its instant is the month's beginning: sums do not depend on
    it."""
    return CustomerSnapshot(figures, datetime.combine(month, time(), UTC), month, months)


def with_derived_fields(policy: Policy) -> Policy:
    """The policy with what follows from its parts: all indicators it looks at, the classes of facts to load, and
    whether one more order can lower a grade."""
    of_conditions = tuple(code for condition in policy.conditions for code in condition.indicators)
    indicators = tuple(dict.fromkeys((*policy.measured, *of_conditions)))
    by_sums = all(INDICATORS[code].of_figures is not None for code in indicators)
    classes = frozenset() if by_sums else frozenset(INDICATORS[code].group for code in indicators) | {"transaction"}
    monotone = set(indicators) <= GROWING and policy.better == "more" and not policy.conditions
    if policy.scorecard is not None:
        monotone = monotone and all(item.rising for item in policy.scorecard.items)
    return replace(
        policy, indicators=indicators, classes=classes, monotone=monotone and policy.matrix is None
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rules:
    """What a decision stands on besides the facts: the policy in force with its newest cut-offs, the business's zone,
    and how far the past is settled."""

    active: Policy
    zone: tzinfo
    new_id: NewId
    active_since: datetime  # since when the version is in force
    last_review_at: datetime | None = None  # the newest instant that a review took effect for; None: no review yet
    reviewing: bool = False  # a review is taking effect at this moment, customer by customer
    has_groups: bool = False  # any customer is or was below another one (P2)
    has_merges: bool = False  # any customer is one with another one (P12)

    @property
    def has_related(self) -> bool:
        """Whether anybody's life may be part of somebody else's."""
        return self.has_groups or self.has_merges

    def governs(self, instant: datetime, first_known: datetime) -> bool:
        """Whether the policy in force is certainly what grades a customer at an instant that comes after all reviews
        (T10). `first_known`: when its first fact was recorded. False: the policies of all times have to be asked
        (`PolicyTimeline`)."""
        if self.reviewing or (self.last_review_at is not None and instant <= self.last_review_at):
            return False
        return instant >= self.active_since or first_known >= self.active_since
