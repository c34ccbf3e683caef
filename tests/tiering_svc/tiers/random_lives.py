"""Random lives of tiers: what is drawn, and how it is played on whatever records facts (a database, or a fold alone).

A life is a list of steps in the order they become known: each says what happened to whom, so many days ago. Steps that
do not fit (a promise without a tier, the end of an override that is not on) are left out when it is played.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from hypothesis import strategies as st

from shared.events import OrderPlaced
from tests.tiering_svc.events import cancelled, placed, returned
from tests.tiering_svc.shorthand import bands_document, level
from tests.tiering_svc.tiers import tier_life_oracle as oracle
from tests.tiering_svc.tiers.life_in_memory import LifeInMemory
from tests.tiering_svc.tiers.recorded_life import OrderFact, RecordedLife

CUSTOMERS = [UUID(int=number) for number in (1, 2)]
BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)
START = datetime(2026, 1, 15, 12, tzinfo=UTC)
DAY = timedelta(days=1)
PIECES = 4

BANDS = (("silver", "200"), ("gold", "500"), ("platinum", "900"))
STARS: dict[str, Any] = {
    "kind": "star", "levels": [level("no-star"), level("star3"), level("star4")], "indicator": "amount",
    "star": {"months": 2, "thresholds": [{"tier": "star3", "over": "100"}, {"tier": "star4", "over": "400"}]},
    "life": {"grace_months": 0},
}  # fmt: skip
ABC: dict[str, Any] = {
    "kind": "abc", "levels": [level("c"), level("b"), level("a")], "indicator": "amount", "window": {"months": 3},
    "abc": {"by": "revenue", "shares": [
        {"tier": "a", "percent": "60"}, {"tier": "b", "percent": "30"}, {"tier": "c", "percent": "10"}]},
    "life": {"grace_months": 1, "keep_months": 1},
}  # fmt: skip
POLICIES: list[dict[str, Any]] = [
    bands_document(*BANDS, lowest="basic", months=12, grace_months=1),
    bands_document(*BANDS, lowest="basic", months=2, grace_months=0),
    bands_document(*BANDS, lowest="basic", months=1, grace_months=2, keep_months=2),
    bands_document(*BANDS, lowest="basic", months=2, grace_months=0, up_at_once=False),
    bands_document(("silver", "1"), ("gold", "2"), ("platinum", "4"), lowest="basic", months=2)
    | {"indicator": "orders"},
    bands_document(("vip", "60"), lowest="normal", months=3, grace_months=0)
    | {"indicator": "margin", "unknown": {"tier": "vip"}},
    bands_document(("vip", "150"), lowest="normal", months=3, keep_months=1) | {"indicator": "average_order"},
    STARS,
    ABC,
]  # fmt: skip


class Step(NamedTuple):
    """What happened: `whose` of the customers, a size of its kind, days ago (or ahead, for what is set to end)."""

    kind: str
    whose: int
    size: int
    days: int
    cut: bool  # a batch of orders and returns ends before it
    passing: int  # days that pass before it


KINDS = ["order"] * 6 + ["back"] * 4 + ["review"] * 3 + ["override", "end_override", "promise", "end_promise", "policy"]
STEPS = st.builds(
    Step, st.sampled_from(KINDS), st.integers(0, 1), st.integers(1, 24), st.sampled_from([*range(6), 20, 45, 75, 200]),
    st.booleans(), st.sampled_from([0, 0, 0, 1, 9, 40]),
)  # fmt: skip


def lives(least: int, most: int) -> st.SearchStrategy[list[Step]]:
    return st.lists(STEPS, min_size=least, max_size=most)


class Knowledge(NamedTuple):
    """What everybody's history was by what was known at an instant."""

    known_at: datetime
    histories: dict[UUID, list[oracle.Row]]


@dataclass
class Player:
    """Plays a life step by step, and compares with the oracle after every arrival."""

    recorded: RecordedLife | LifeInMemory
    shuffled: Sequence[int] = (0,)  # how a batch is reordered
    orders: list[OrderPlaced] = field(default_factory=list)
    left: dict[UUID, int] = field(default_factory=dict)
    batch: list[OrderFact] = field(default_factory=list)
    knowledge: list[Knowledge] = field(default_factory=list)
    steps: int = 0

    async def play(self, steps: Sequence[Step], policy: int | None = 0) -> None:
        """Under one of the policies since ever, or (None) first under the one that is shipped."""
        await self.recorded.begin()
        if policy is not None:
            await self.recorded.activate(POLICIES[policy])
        self.recorded.now = max(self.recorded.now, START)
        for step in steps:
            if step.cut or step.passing or step.kind not in ("order", "back"):
                await self.deliver()
            if step.passing:
                await self.recorded.pass_time(self.recorded.now + step.passing * DAY)
                await self.compare()
            self.steps += 1
            if step.kind in ("order", "back"):
                self.collect(step)
            elif await self.act(step):
                await self.compare()
        await self.deliver()

    def noon(self, days: int) -> datetime:
        """Noon so many days ago: facts of one day meet at one instant."""
        noon = self.recorded.now.replace(hour=12, minute=0, second=0, microsecond=0)
        return noon - (days + (noon > self.recorded.now)) * DAY

    def customer(self, step: Step) -> UUID:
        """Whose the step is."""
        return CUSTOMERS[step.whose]

    def collect(self, step: Step) -> None:
        customer = self.customer(step)
        if step.kind == "order":
            cost = "10" if step.size % 3 else None
            order = placed(customer, self.noon(step.days), str(40 * step.size), cost=cost, quantity=PIECES)
            self.orders.append(order)
            self.left[order.order_id] = PIECES
            self.batch.append(order)
        elif self.orders:
            order = self.orders[step.size % len(self.orders)]
            pieces = min(self.left[order.order_id], PIECES if step.whose else 1 + step.size % PIECES)
            if not pieces:
                return
            at = min(self.recorded.now, order.placed_at + step.days * DAY)
            if pieces == PIECES and step.cut:
                self.batch.append(cancelled(order, at))
            else:
                part = str(order.amount * pieces / PIECES)
                self.batch.append(returned(order, at, quantity=pieces, amount=part))
            self.left[order.order_id] -= pieces

    async def deliver(self) -> None:
        """One transaction, in another order than it was drawn; nothing comes back before it went."""
        if not self.batch:
            return
        batch, self.batch = self.batch, []
        shift = self.shuffled[len(self.knowledge) % len(self.shuffled)] % len(batch)
        batch = batch[shift:] + batch[:shift]
        batch.sort(key=lambda event: not isinstance(event, OrderPlaced))
        await self.recorded.record(*batch)
        await self.compare()

    async def act(self, step: Step) -> bool:
        """Whether it could be done."""
        recorded, customer = self.recorded, self.customer(step)
        until = recorded.now + (step.days + 1) * DAY
        _, state = oracle.live(recorded.of(customer), recorded.now)
        match step.kind:
            case "review":
                as_of = self.noon(step.days)
                if not recorded.takes_review(as_of):
                    return False
                await recorded.review(as_of)
            case "override":
                levels = [code["code"] for code in recorded.policy["levels"]]
                await recorded.override(customer, levels[step.size % len(levels)], until)
            case "end_override" if state.override is not None:
                await recorded.end_override(customer)
            case "promise" if state.tier is not None and state.override is None:
                await recorded.promise(customer, until)
            case "end_promise" if recorded.promised(customer):
                await recorded.end_promise(customer)
            case "policy":
                policy = POLICIES[step.size % len(POLICIES)]
                if policy == recorded.policy:
                    return False
                await recorded.activate(policy)
            case _:
                return False
        return True

    async def compare(self) -> None:
        await self.recorded.agrees()
        histories = {customer: await self.recorded.history(customer) for customer in self.recorded.facts}
        self.knowledge.append(Knowledge(self.recorded.now, histories))  # the oracle has just said the same

    async def compare_what_was_known(self) -> None:
        """What was decided then can still be seen, whatever came since."""
        for known_at, histories in self.knowledge:
            for customer, rows in histories.items():
                assert await self.recorded.history(customer, known_at) == rows, known_at
