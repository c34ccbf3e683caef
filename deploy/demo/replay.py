"""The replay: month by month, orders in order of time, then what came back, complaints, and the month's review.

A household's orders go through one lane, one request after the other, so their order of time holds; lanes run side by
side. A month's end waits for all of them. Everything may be sent again: a run that was cut short goes on where it was.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from deploy.demo import complaints, staff
from deploy.demo.dates import Month, months
from deploy.demo.gateway import Gateway, Refused
from deploy.demo.households import demographics, file_of
from deploy.demo.orders import SOURCE, OrderWriter, instant
from deploy.demo.progress import ProgressLine
from deploy.demo.purchases import WEEK, Ints, Purchases, ranked_households
from deploy.demo.state import DemoState
from deploy.demo.synthetic import Complaint, Return, draw_complaints, draw_returns

T = TypeVar("T")

LANES = 4
BATCH = 500
AT_ONCE = 8  # small requests in flight
REVIEW_SECONDS = 300.0


class ReviewNotApplied(RuntimeError):
    """A month's review did not come to its end in time."""


@dataclass(frozen=True)
class Receipt:
    order_id: str
    customer_id: str


class Replay:
    """One run. `wanted` is how many of the ranked households there shall be in the end."""

    def __init__(
        self, gateway: Gateway, data: Path, state: DemoState, purchases: Purchases, wanted: int, now: datetime
    ) -> None:
        self.gateway = gateway
        self.data = data
        self.state = state
        self.purchases = purchases
        self.now = int(now.timestamp()) - 60  # nothing is told that has just happened
        self.ranked = ranked_households(purchases)
        self.wanted = min(wanted, len(self.ranked))
        self.writer = OrderWriter(purchases, state.weeks * WEEK)
        order = np.argsort(self.ranked)
        self.rank: Ints = order[np.searchsorted(self.ranked[order], purchases.household)]  # of each basket's household
        self.months = list(months(purchases.placed_at, self.writer.shift))

    # --- what there is to do ---

    def orders_to_send(self) -> int:
        return sum(len(self._baskets_to_send(month)) for month in self.months)

    def _baskets_to_send(self, month: Month) -> Ints:
        """Those of households that were not sent for this month yet."""
        rank = self.rank[month.baskets]
        return month.baskets[(rank >= self.state.households.get(month.name, 0)) & (rank < self.wanted)]

    # --- the run ---

    async def run(self, progress: ProgressLine) -> None:
        files = asyncio.create_task(self._write_files())
        try:
            for position, month in enumerate(self.months):
                baskets = self._baskets_to_send(month)
                if len(baskets):
                    progress.say(f"{month.name}: orders")
                    await self._send_orders(baskets, progress)
                    progress.say(f"{month.name}: returns, complaints")
                    await self._tell_what_followed(position)
                if month.complete:
                    progress.say(f"{month.name}: review")
                    await self._review(month)
                self.state.households[month.name] = max(self.wanted, self.state.households.get(month.name, 0))
                self.state.write(self.data)
            progress.say("customer files, teams")
            await files
            await self._assign_managers()
        finally:
            files.cancel()

    async def _send_orders(self, baskets: Ints, progress: ProgressLine) -> None:
        lanes = [baskets[self.rank[baskets] % LANES == lane] for lane in range(LANES)]
        async with asyncio.TaskGroup() as group:
            for lane in lanes:
                group.create_task(self._send_lane(lane, progress))

    async def _send_lane(self, baskets: Ints, progress: ProgressLine) -> None:
        for start in range(0, len(baskets), BATCH):
            batch = baskets[start : start + BATCH].tolist()
            await self.gateway.post_orders(self.writer.body(batch))
            progress.advance(len(batch))

    async def _receipts(self, baskets: Iterable[int]) -> dict[int, Receipt]:
        """Patron's ids of orders that were accepted: the same order again gets the same answer."""
        wanted = sorted(set(baskets))
        found: dict[int, Receipt] = {}
        for start in range(0, len(wanted), BATCH):
            batch = wanted[start : start + BATCH]
            results = await self.gateway.post_orders(self.writer.body(batch))
            for basket, result in zip(batch, results, strict=True):
                found[basket] = Receipt(result["id"], result["customer_id"])
        return found

    async def _tell_what_followed(self, position: int) -> None:
        """Returns and complaints of this month, of baskets of this month or the one before."""
        month, before = self.months[position], self.months[max(0, position - 1)]
        baskets = np.union1d(before.baskets, month.baskets)
        baskets = baskets[self.rank[baskets] < self.wanted]
        begins, ends = int(before.ends.timestamp()) if position else 0, min(int(month.ends.timestamp()), self.now)
        shift = self.writer.shift
        returns = [one for one in draw_returns(self.purchases, baskets, shift) if begins <= one.at < ends]
        cases = [one for one in draw_complaints(self.purchases, baskets, shift, self.now) if begins <= one.at < ends]
        receipts = await self._receipts([one.basket for one in returns] + [one.basket for one in cases])

        async def bring_back(one: Return) -> None:
            body = one.body(instant(one.at), int(self.purchases.basket[one.basket]))
            await self.gateway.post(f"/v1/orders/{receipts[one.basket].order_id}/returns", body)

        async def complain(one: Complaint) -> None:
            order_ref, bought_at = str(self.purchases.basket[one.basket]), self.writer.placed_at(one.basket)
            customer = receipts[one.basket].customer_id
            await complaints.work_through(self.gateway, one, customer, order_ref, bought_at, self.now)

        await in_turn(sorted(returns, key=lambda one: one.at), bring_back)
        await in_turn(sorted(cases, key=lambda one: one.at), complain)

    async def _review(self, month: Month) -> None:
        """Ask for the review as of the month's end and wait until it is applied. Each is asked for once."""
        as_of = month.ends.isoformat()
        if as_of in self.state.reviews:
            return
        run = await self.gateway.post("/v1/evaluations", {"as_of": as_of}, key=f"demo-review-{as_of}")
        deadline, pause = time.monotonic() + REVIEW_SECONDS, 0.02
        while run["finished_at"] is None:
            if time.monotonic() > deadline:
                raise ReviewNotApplied(
                    f"the review as of {as_of} is still {run['status']} after {REVIEW_SECONDS:.0f} s"
                )
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 0.25)
            run = await self.gateway.get(f"/v1/evaluations/{run['id']}")
        self.state.reviews[as_of] = run["id"]

    # --- files and teams ---

    async def _write_files(self) -> None:
        """A file for each household, under the reference that its orders carry."""
        known = demographics()
        ranks = range(self.state.files, self.wanted)

        async def write(rank: int) -> None:
            household = int(self.ranked[rank])
            file = file_of(household, rank, known.get(household, {}))
            reference = {"source": SOURCE, "ref": str(household)}
            await unless_there(self.gateway.post("/v1/customers", file | {"reference": reference}))

        await in_turn(ranks, write, at_once=3)
        self.state.files = max(self.state.files, self.wanted)

    async def _assign_managers(self) -> None:
        """The largest customers get a manager of their own, the very largest a sponsor too."""
        if self.state.team >= self.wanted:
            return
        for employee, name, extension in staff.EMPLOYEES:
            body = {"employee_id": employee, "name": name, "phone_extension": extension}
            await unless_there(self.gateway.post("/v1/employees", body))
        largest = self._largest()
        receipts = await self._receipts(largest)

        async def assign(place: int) -> None:
            team = f"/v1/customers/{receipts[largest[place]].customer_id}/team"
            manager = staff.MANAGERS[place % len(staff.MANAGERS)]
            await unless_there(
                self.gateway.post(team, {"employee_id": manager, "role": "account_manager"}, until_known=True)
            )
            if place < staff.SPONSORED:
                await unless_there(self.gateway.post(team, {"employee_id": staff.SPONSOR, "role": "executive_sponsor"}))

        await in_turn(range(len(largest)), assign)
        self.state.team = self.wanted
        self.state.write(self.data)

    def _largest(self) -> list[int]:
        """One basket of each of the households that spent most, the largest first."""
        spent = np.bincount(self.rank, weights=self.purchases.cents_of_baskets())[: self.wanted]
        ranks = np.argsort(-spent, kind="stable")[: max(1, round(self.wanted * staff.LOOKED_AFTER))]
        first_basket = {int(rank): basket for basket, rank in reversed(list(enumerate(self.rank.tolist())))}
        return [first_basket[int(rank)] for rank in ranks]


async def in_turn(items: Sequence[T], act: Callable[[T], Awaitable[None]], *, at_once: int = AT_ONCE) -> None:
    """Each item once, a few at a time, begun in their order."""
    waiting = iter(items)

    async def work() -> None:
        for item in waiting:
            await act(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(work())


async def unless_there(request: Awaitable[Any]) -> None:
    """What an earlier run made already is fine as it is."""
    try:
        await request
    except Refused as refusal:
        if refusal.status != 409:
            raise
