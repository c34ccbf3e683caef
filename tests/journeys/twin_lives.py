"""Customers and their twins (P12): the facts of a random life, done at the gateway's door to both, and noted down.

The customers are merged and undone at random points, their twins never are. What spends points is done to the
customers alone, and booked in `points_oracle`.
"""

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shared.events import CustomersMerged, TierChanged
from tests.journeys.caller import Caller, instant
from tests.journeys.late_events import SlowClock
from tests.journeys.points_oracle import Lot, Points, Spending, Wallet
from tests.journeys.twin_facts import PIECES, Customers, Merge
from tests.journeys.twin_oracle import expected_worths

CONSUMERS = ("gateway", "tiering", "complaint", "loyalty")


@dataclass
class TwinLife:
    """A random life. `customers` are made one and several again, `twins` never; `points` are what the former have."""

    caller: Caller
    clock: SlowClock
    random: random.Random
    customers: Customers
    twins: Customers
    merges: list[Merge] = field(default_factory=list)
    reviews: list[datetime] = field(default_factory=list)
    points: Points = field(default_factory=Points)
    redemptions: list[tuple[str, Spending]] = field(default_factory=list)
    holds: list[tuple[str, Spending]] = field(default_factory=list)
    spent: dict[int, int] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)

    @property
    def everybody(self) -> range:
        return range(len(self.customers.refs))

    def root_of(self, who: int) -> int:
        above = [merge.root for merge in self.merges if merge.absorbed == who]
        return self.root_of(above[0]) if above else who

    def is_one(self, who: int, other: int) -> bool:
        return self.root_of(who) == self.root_of(other)

    def members(self, who: int) -> list[int]:
        return [other for other in self.everybody if self.is_one(who, other)]

    def someone(self) -> int:
        return self.random.choice(self.everybody)

    async def both(self, what: str, *facts: Any) -> None:
        for them in (self.customers, self.twins):
            await getattr(them, what)(*facts)

    def just_now(self) -> datetime:
        return self.clock() - timedelta(milliseconds=500)

    # --- facts ---

    async def begin(self) -> None:
        self.points.wallets = {who: Wallet() for who in self.everybody}
        self.spent = dict.fromkeys(self.everybody, 0)
        for who in self.everybody:
            await self.both("buy", who, "120.00", self.clock() - timedelta(days=30, seconds=who))
        await self.caller.settle()
        self.book()

    async def buy(self) -> None:
        amount = f"{self.random.choice((7, 30, 250, 900, 4000))}.00"
        at = self.clock() - timedelta(seconds=1, days=self.random.choice((0, 0, 0, 3, 40, 200)))
        await self.both("buy", self.someone(), amount, at)
        await self.caller.settle()
        self.book()

    async def take_back(self) -> None:
        number = self.random.randrange(len(self.customers.orders))
        order = self.customers.orders[number]
        if sum(back.order is order for back in self.customers.returns) < PIECES:
            await self.both("take_back", number, self.just_now())
            await self.caller.settle()
            self.book()

    async def complain(self) -> None:
        await self.both("complain", self.someone(), self.just_now())

    async def review(self) -> None:
        """A month later, or so: what a review finds below its tier falls after a month of grace."""
        self.clock.pass_by(self.random.choice((1, 20, 32)))
        await self.caller.settle()
        at = self.just_now()
        run = await self.caller.post("/v1/evaluations", {"as_of": at.isoformat()}, status=202)
        async with asyncio.timeout(60):
            while run["finished_at"] is None:
                await asyncio.sleep(0.05)
                run = await self.caller.get(f"/v1/evaluations/{run['id']}")
        assert run["result"] == "applied", run
        self.reviews.append(at)
        await self.caller.settle()
        self.book()

    # --- points ---

    def book(self, merge_unknown_to_loyalty: Merge | None = None) -> None:
        """Every order is worth what the tiers then, by all that happened, give it."""
        merges = [*self.merges, *([] if merge_unknown_to_loyalty is None else [merge_unknown_to_loyalty])]
        self.points.post(expected_worths(self.customers, merges, self.reviews, self.clock()), self.is_one)

    async def lots(self, who: int) -> list[Lot]:
        """All that are left of all members, as listed, the first to expire first."""
        listed = await self.customers.list_of(who, "points/lots")
        return [Lot(self.customers.ids.index(lot["customer_id"]), lot["id"], lot["remaining"]) for lot in listed]

    async def choose_points(self, who: int) -> tuple[int, list[Lot]]:
        """How many are to be spent of what there is, and which lots there are."""
        await self.caller.settle()
        lots = await self.lots(who)
        balance = sum(lot.remaining for lot in lots)
        assert (await self.customers.read(who, "points"))["balance"] == balance
        return self.random.choice((balance, self.random.randint(1, balance))) if balance else 0, lots

    async def redeem(self) -> None:
        who = self.someone()
        points, lots = await self.choose_points(who)
        path = f"/v1/customers/{self.customers.ids[who]}/points/redemptions"
        if points:
            entry = await self.caller.post(path, {"points": points})
            spending = self.points.spend(who, points, lots)
            self.spent[who] += points
            self.redemptions.append((entry["id"], spending))
            assert await self.lots(who) == self.points.left_of(lots, spending)
        more = sum(lot.remaining for lot in lots) - points + 1
        await self.caller.refused(path, {"points": more}, status=409, code="not_enough_points")

    async def give_back(self) -> None:
        given = [redemption for redemption in self.redemptions if redemption[1].points]
        if given:
            await self.caller.settle()
            entry, spending = self.random.choice(given)
            points = self.random.randint(1, spending.points)
            path = f"/v1/customers/{self.customers.ids[spending.who]}/points/redemptions/{entry}/reversal"
            await self.caller.post(path, {"points": points})
            self.points.give_back(spending, points)
            self.spent[spending.who] -= points

    async def hold(self) -> None:
        who = self.someone()
        points, lots = await self.choose_points(who)
        if points:
            path = f"/v1/customers/{self.customers.ids[who]}/points/holds"
            until = (self.clock() + timedelta(days=2000)).isoformat()
            hold = await self.caller.post(path, {"points": points, "expires_at": until})
            self.holds.append((hold["id"], self.points.hold(who, points, lots)))

    async def release(self) -> None:
        if self.holds:
            await self.caller.settle()
            hold, spending = self.holds.pop(self.random.randrange(len(self.holds)))
            await self.caller.post(f"/v1/holds/{hold}/release")
            self.points.release(spending)

    # --- one, and several again ---

    async def change(self) -> None:
        """Two become one, or the last merge is undone. Each service hears of it as it comes: see `hear`."""
        await self.caller.settle()
        roots = sorted({self.root_of(who) for who in self.everybody})
        if self.merges and (len(roots) == 1 or self.random.random() < 0.5):
            await self.undo()
        else:
            await self.merge(*self.random.sample(roots, 2))

    async def merge(self, root: int, absorbed: int) -> None:
        late = self.withhold(root, absorbed)
        with self.kept_from_loyalty(tiers_first := self.random.random() < 0.5):
            path = f"/v1/customers/{self.customers.ids[root]}/merges"
            made = await self.caller.post(path, {"absorbed": {"id": self.customers.ids[absorbed]}})
            merge = Merge(root, absorbed, instant(made["merged_at"]), f"{path}/{made['merge_id']}")
            await self.caller.settle()
        self.note(f"merge {root} {absorbed} {late} {tiers_first}")
        await self.caller.settle()
        self.book(merge if tiers_first else None)
        self.merges.append(merge)
        self.book()

    @contextmanager
    def kept_from_loyalty(self, tiers_first: bool) -> Iterator[None]:
        """Loyalty hears of a merge after what tiering made of it, or before. While it does not know of the merge, what
        was borrowed of the other is owed, and repaid of what a better tier earns."""
        late = self.caller.system.late
        topic = CustomersMerged.topic if tiers_first else TierChanged.topic
        kept = {("loyalty", topic, customer_id) for customer_id in self.customers.ids} - late
        late |= kept
        try:
            yield
        finally:
            late -= kept

    async def undo(self) -> None:
        merge = self.merges.pop()
        self.note(f"undo {merge.root} {merge.absorbed} {self.withhold(merge.root, merge.absorbed)}")
        answer = await self.caller.send("DELETE", merge.url)
        assert answer.status_code == 204, answer.text
        await self.caller.settle()
        self.book()

    def withhold(self, root: int, absorbed: int) -> list[str]:
        """Some services hear one of the two events later, some the other; never neither."""
        late = self.caller.system.late
        for service in CONSUMERS:
            streams = [(service, CustomersMerged.topic, self.customers.ids[who]) for who in (root, absorbed)]
            self.random.shuffle(streams)
            if set(streams) <= late:
                late.discard(streams[0])
            elif not late & set(streams) and self.random.random() < 0.7:
                late.add(streams[0])
        return sorted(f"{service}:{self.customers.ids.index(key)}" for service, _, key in late)

    async def catch_up(self) -> None:
        """What is late comes, some days later."""
        late = self.caller.system.late
        if late:
            self.clock.pass_by(self.random.choice((1, 1, 2)))
            for stream in self.random.sample(sorted(late), self.random.randint(1, len(late))):
                late.discard(stream)
            await self.caller.settle()

    async def catch_up_with_all(self) -> None:
        while self.caller.system.late:
            await self.catch_up()

    def note(self, what: str) -> None:
        self.steps.append(f"{len(self.steps)} {what}")
