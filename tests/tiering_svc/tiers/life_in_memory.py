"""Facts folded by the product's pure functions, without a database: as `RecordedLife`, a hundred times faster.

Whatever is recorded is folded again, compared with what was kept, and announced to a copy that replaces its tail. Where
new orders come in order of time, the fast path is taken beside it and must come to the same.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID

from services.tiering_svc.core.domain.calendar import first_month, month_of
from services.tiering_svc.indicators.domain.figures import Figures
from services.tiering_svc.indicators.domain.order import Order, Reversal
from services.tiering_svc.indicators.domain.window_totals import WindowTotals
from services.tiering_svc.policies.domain.abc import cutoffs_from_data
from services.tiering_svc.policies.domain.policy import Policy, Rules
from services.tiering_svc.policies.domain.policy_document import read_policy
from services.tiering_svc.policies.domain.policy_timeline import AppliedReview, PolicyActivation, PolicyTimeline
from services.tiering_svc.tiers.domain.fast_path import OrderAccount, after_orders, come_in_order, nothing_can_move
from services.tiering_svc.tiers.domain.history_change import HistoryChange, StoredHistory, change_history
from services.tiering_svc.tiers.domain.standing import Standing
from services.tiering_svc.tiers.domain.tier_life import TierLife, tier_life
from services.tiering_svc.tiers.domain.timeline import CustomerTimeline, PromiseChange, TierOverride, TimedReversal
from shared.events import OrderPlaced, TierPeriod
from tests.tiering_svc.shorthand import bands_document
from tests.tiering_svc.tiers import tier_life_oracle as oracle
from tests.tiering_svc.tiers.recorded_life import KnownFacts, OrderFact
from tests.tiering_svc.tiers.tier_life_oracle import Document, Row, Watch

BEFORE_ALL = datetime(1800, 1, 1, tzinfo=UTC)
SHIPPED = bands_document(("silver", "800"), ("gold", "2400"), ("platinum", "4800"), lowest="basic")


class LifeInMemory(KnownFacts):
    """What was recorded of all customers, and the history that each of them is kept with."""

    def __init__(self, now: datetime) -> None:
        super().__init__(now)
        self.shipped = SHIPPED
        self.policies = PolicyTimeline([PolicyActivation(BEFORE_ALL, self.policy_of(SHIPPED))], [])
        self.kept: dict[UUID, StoredHistory] = {}
        self.copies: dict[UUID, list[TierPeriod]] = {}  # as a consumer keeps them
        self.numbers = count(1_000_000)
        self.on_the_fast_path = 0

    def policy_of(self, document: Document) -> Policy:
        known = self.ids.setdefault(repr(document), (UUID(int=len(self.ids) + 1), 1))
        return read_policy(document, policy_id=known[0], version=1, names={"en": "Test", "zh": "测试"})

    # --- what is recorded ---

    async def begin(self) -> None:
        """The shipped policy is in force."""

    async def register(self, *customers: UUID) -> None:
        """Files without any order yet."""

    async def activate(self, document: Document) -> None:
        at = self.tick()
        self.activations.append({"at": at, "policy": document})
        activated = [*self.policies.activations, PolicyActivation(at, self.policy_of(document))]
        self.policies = PolicyTimeline(activated, self.policies.reviews)

    async def record(self, *events: OrderFact) -> None:
        at = self.tick()
        by_customer: dict[UUID, list[OrderFact]] = {}
        for event in events:
            by_customer.setdefault(event.customer_id, []).append(event)
        for customer, facts in by_customer.items():
            orders = [self._order(fact) for fact in facts if isinstance(fact, OrderPlaced)]
            before = self._kept(customer), self._windows(customer, orders)
            for fact in facts:
                self.keep(fact, at)
            change = self._fold(customer)
            if len(orders) == len(facts):
                self._try_the_fast_path(*before, orders, at, change)

    async def review(self, as_of: datetime) -> None:
        policy, cutoffs = self.policy, None
        graded = self.policy_of(policy)
        run_id = UUID(int=next(self.numbers))
        if graded.of_population:
            step = 50 + 10 * len(self.reviews)
            cutoffs = [{"tier": code, "from": str(step * 3**rank)} for rank, code in enumerate(("b", "a"))]
            graded = graded.with_cutoffs(cutoffs_from_data(graded, cutoffs), run_id)
        applied_at = self.tick()
        self.reviews.append({"as_of": as_of, "policy": policy, "cutoffs": cutoffs, "applied_at": applied_at})
        applied = sorted(
            [*self.policies.reviews, AppliedReview(as_of, run_id, graded, applied_at)], key=lambda review: review[:1]
        )
        self.policies = PolicyTimeline(self.policies.activations, applied)
        self._fold_all()

    async def override(self, customer: UUID, tier: str, until: datetime) -> None:
        self.set_override(customer, tier, until, self.tick())
        self._fold(customer)

    async def end_override(self, customer: UUID) -> None:
        self.of(customer).overrides[-1]["ended_at"] = self.tick()
        self._fold(customer)

    async def promise(self, customer: UUID, until: datetime) -> None:
        self.set_promise(customer, until, self.tick())
        self._fold(customer)

    async def end_promise(self, customer: UUID) -> None:
        self.withdraw_promise(customer, self.tick())
        self._fold(customer)

    async def pass_time(self, now: datetime) -> None:
        self.now = max(self.now, now)
        self._fold_all()

    # --- as the product folds it ---

    def _order(self, event: OrderPlaced) -> Order:
        [line] = event.lines
        margin = None if line.unit_cost is None else event.amount - line.unit_cost * line.quantity
        month = month_of(event.placed_at, self.zone)
        return Order(event.order_id, event.placed_at, month, event.amount, margin, line.quantity)

    def _orders(self, customer: UUID) -> list[Order]:
        placed = []
        for fact in self.of(customer).orders:
            margin = None if fact["cost"] is None else fact["amount"] - fact["cost"] * fact["quantity"]
            month = month_of(fact["placed_at"], self.zone)
            placed.append(Order(fact["id"], fact["placed_at"], month, fact["amount"], margin, fact["quantity"]))
        return sorted(placed, key=lambda order: (order.placed_at, order.order_id))

    def _reversals(self, customer: UUID) -> list[TimedReversal]:
        orders = {fact["id"]: fact for fact in self.of(customer).orders}
        timed = []
        for fact in self.of(customer).reversals:
            order = orders[fact["order"]]
            margin = None if order["cost"] is None else fact["amount"] - order["cost"] * fact["quantity"]
            reversal = Reversal(fact["order"], order["placed_at"], fact["amount"], margin, fact["quantity"])
            timed.append(TimedReversal(max(fact["at"], order["placed_at"]), fact["id"], reversal))
        return sorted(timed, key=lambda reversal: reversal[:2])

    def _timeline(self, customer: UUID) -> CustomerTimeline:
        facts = self.of(customer)
        overrides = []
        for number, fact in enumerate(facts.overrides):
            end = oracle.end_of(fact)
            overrides.append(
                TierOverride(
                    UUID(int=number + 1), fact["tier"], self.policy_of(fact["policy"]), fact["starts_at"],
                    fact["until"], end if end <= self.now else None, "override_end", "why", "ann",
                )
            )  # fmt: skip
        promises = {}
        for fact in facts.promises:
            if fact["ended_at"] is not None:
                promises[fact["ended_at"]] = PromiseChange(fact["ended_at"], None)
            promises[fact["starts_at"]] = PromiseChange(fact["starts_at"], fact["until"])
        return CustomerTimeline(
            customer, facts.first_known, self._orders(customer), self._reversals(customer), overrides,
            [promises[at] for at in sorted(promises)],
        )  # fmt: skip

    def _kept(self, customer: UUID) -> StoredHistory:
        return self.kept.get(customer, StoredHistory(Standing(customer), [], []))

    def _life(self, customer: UUID) -> TierLife:
        return tier_life(self._timeline(customer), self.policies, self.now, self.zone)

    def _fold(self, customer: UUID) -> HistoryChange:
        change = change_history(
            self._kept(customer), self._life(customer), self.now, lambda: UUID(int=next(self.numbers))
        )
        if change.nothing:
            return change  # and nothing is saved
        self.kept[customer] = StoredHistory(change.standing, change.rows, change.watches)
        if (event := change.event(self.now)) is not None:
            copy = self.copies.setdefault(customer, [])
            begins = event.periods[0].effective_from
            copy[:] = [period for period in copy if period.effective_from < begins] + list(event.periods)
            assert event.changed_from >= begins
        return change

    def _fold_all(self) -> None:
        for customer, facts in self.facts.items():
            if facts.first_known != oracle.NOTHING_YET:
                self._fold(customer)

    def _windows(self, customer: UUID, orders: Sequence[Order]) -> dict[Any, Figures]:
        """Sums of the windows that end with the months of new orders, before these are added."""
        months = self.policy_of(self.policy).months
        windows = {order.month: Figures() for order in orders}
        reversals = self._reversals(customer) if customer in self.facts else []
        for order in self._orders(customer) if customer in self.facts else []:
            for reversal in reversals:
                if reversal.reversal.order_id == order.order_id:
                    order = order.less(reversal.reversal)
            for last, figures in windows.items():
                if order.quantity and first_month(last, months) <= order.month <= last:
                    figures.add(order)
        return windows

    def _try_the_fast_path(
        self, kept: StoredHistory, windows: dict[Any, Figures], orders: list[Order], at: datetime, change: HistoryChange
    ) -> None:
        active, reviews = self.policy_of(self.policy), self.policies.reviews
        last_cut = [r.policy for r in reviews if (r.policy.policy_id, r.policy.version) == (active.policy_id, 1)]
        if active.of_population and last_cut:
            active = last_cut[-1]
        rules = Rules(
            active, self.zone, lambda: UUID(int=0), self.policies.activations[-1].instant,
            reviews[-1].as_of if reviews else None,
        )  # fmt: skip
        orders = sorted(orders, key=lambda order: (order.placed_at, order.order_id))
        if come_in_order(kept.standing, orders, at, rules):
            earlier: WindowTotals | None = WindowTotals(active.months, windows)
        elif nothing_can_move(kept.standing, windows, orders, at, rules):
            earlier = None
        else:
            return
        self.on_the_fast_path += 1
        decided = after_orders(OrderAccount(kept.standing, orders, earlier, at, at), rules)
        ids: dict[str, Any] = {"row_id": None, "recovered_at": None}
        carried_on, folded = decided.after._replace(**ids), change.standing._replace(**ids)
        assert carried_on == folded, {
            name: (got, value)
            for name, got, value in zip(carried_on._fields, carried_on, folded, strict=True)
            if got != value
        }
        added = [replace(row, row_id=UUID(int=0)) for row in decided.changes]
        assert added == [replace(row, row_id=UUID(int=0)) for row in change.new_rows]
        assert not change.replaced

    # --- what it says ---

    async def history(self, customer: UUID, known_at: datetime | None = None) -> list[Row]:
        assert known_at is None, "what was known is a matter of the database"
        return [Row(r.effective_from, r.tier, r.kind, r.previous_tier) for r in self._kept(customer).rows]

    async def watch(self, customer: UUID) -> Watch:
        standing = self._kept(customer).standing
        return Watch(standing.below_since, standing.grace_until, standing.retained_until)

    async def holds(self) -> None:
        """What is kept is what the facts give, watches included; copies kept by events alone are the histories."""
        for customer, kept in self.kept.items():
            assert list(kept.watches) == list(self._life(customer).watches)
            copy = [(p.effective_from, p.tier, p.rank, p.kind) for p in self.copies.get(customer, [])]
            assert copy == [(row.effective_from, row.tier, row.rank, row.kind) for row in kept.rows]
