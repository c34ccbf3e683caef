"""The replay: month by month, orders in order of time, then what came back, complaints, and the month's review.

A household's orders go through one lane, one request after the other, so their order of time holds; lanes run side by
side. A month's review waits for all of them. Complaints are worked through beside the months that follow, as in life.
Everything may be sent again: a run that was cut short goes on where it was.
"""

import asyncio
import time
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from deploy.demo import complaints
from deploy.demo.customers import Customers, for_each_concurrently
from deploy.demo.dates import Month, months
from deploy.demo.gateway import Gateway
from deploy.demo.orders import OrderWriter, instant
from deploy.demo.progress import ProgressLine
from deploy.demo.purchases import WEEK, Ints, Purchases, ranked_households
from deploy.demo.state import DemoState
from deploy.demo.synthetic import Complaint, Return, baskets_with_follow_up, draw_complaints, draw_returns

LANES = 4
BATCH = 500
CONCURRENT_COMPLAINTS = 3  # complaints worked through at once, while orders come in
REVIEW_SECONDS = 300.0


class ReviewNotApplied(RuntimeError):
    """A month's review did not come to its end in time."""


@dataclass(frozen=True)
class Receipt:
    order_id: str
    customer_id: str


class Replay:
    """One run. `sample_size` is how many of the ranked households there shall be in the end."""

    def __init__(
        self, gateway: Gateway, data: Path, state: DemoState, purchases: Purchases, sample_size: int, now: datetime
    ) -> None:
        self.gateway = gateway
        self.data = data
        self.state = state
        self.purchases = purchases
        self.now = int(now.timestamp()) - 60  # nothing is reported that has just happened
        self.ranked = ranked_households(purchases)
        self.sample_size = min(sample_size, len(self.ranked))
        self.writer = OrderWriter(purchases, state.weeks * WEEK)
        order = np.argsort(self.ranked)
        self.rank: Ints = order[np.searchsorted(self.ranked[order], purchases.household)]  # of each basket's household
        self.months = list(months(purchases.placed_at, self.writer.shift))
        self.with_follow_up = baskets_with_follow_up(purchases)
        self.receipts: dict[int, Receipt] = {}  # of those, once they were sent
        self.reviewed: datetime | None = None  # as of when the last review was applied

    # --- what there is to do ---

    def orders_to_send(self) -> int:
        return sum(len(self._baskets_to_send(month)) for month in self.months)

    def _baskets_to_send(self, month: Month) -> Ints:
        """Those of households that were not sent for this month yet."""
        rank = self.rank[month.baskets]
        return month.baskets[(rank >= self.state.households.get(month.name, 0)) & (rank < self.sample_size)]

    # --- the run ---

    async def run(self, progress: ProgressLine) -> None:
        background_tasks = [asyncio.create_task(self._files_and_teams())]
        try:
            for position, month in enumerate(self.months):
                baskets = self._baskets_to_send(month)
                cases: list[Complaint] = []
                if len(baskets):
                    progress.describe(f"{month.name}: orders")
                    await self._send_orders(baskets, progress)
                    progress.describe(f"{month.name}: returns")
                    returns, cases = self._events_of_month(position)
                    await self._send_returns(returns)
                if month.complete:
                    progress.describe(f"{month.name}: review")
                    await self._review(month)
                background_tasks.append(asyncio.create_task(self._finish(month, cases, after=background_tasks[-1])))
                raise_failures(background_tasks)
            progress.describe("complaints, teams")
            await background_tasks[-1]
            if self.reviewed is not None:
                progress.describe("early warnings")
                await self._wait_for_sweep(self.reviewed)
        finally:
            for task in background_tasks:
                task.cancel()

    async def _send_orders(self, baskets: Ints, progress: ProgressLine) -> None:
        lanes = [baskets[self.rank[baskets] % LANES == lane] for lane in range(LANES)]
        async with asyncio.TaskGroup() as group:
            for lane in lanes:
                group.create_task(self._send_lane(lane, progress))

    async def _send_lane(self, baskets: Ints, progress: ProgressLine) -> None:
        for start in range(0, len(baskets), BATCH):
            batch = baskets[start : start + BATCH].tolist()
            await self._send_batch(batch)
            progress.advance(len(batch))

    async def _send_batch(self, baskets: Sequence[int]) -> None:
        """Send orders; keep Patron's ids of those that have a story to come."""
        results = await self.gateway.post_orders(self.writer.body(baskets))
        for basket, result in zip(baskets, results, strict=True):
            if basket in self.with_follow_up:
                self.receipts[basket] = Receipt(result["id"], result["customer_id"])

    def _events_of_month(self, position: int) -> tuple[list[Return], list[Complaint]]:
        """Returns and complaints of this month, of baskets of this month or the one before, in order of time."""
        month, before = self.months[position], self.months[max(0, position - 1)]
        baskets = np.union1d(before.baskets, month.baskets)
        baskets = baskets[self.rank[baskets] < self.sample_size]
        begins, ends = int(before.ends.timestamp()) if position else 0, min(int(month.ends.timestamp()), self.now)
        shift = self.writer.shift
        returns = [event for event in draw_returns(self.purchases, baskets, shift) if begins <= event.at < ends]
        cases = [
            event for event in draw_complaints(self.purchases, baskets, shift, self.now) if begins <= event.at < ends
        ]
        return sorted(returns, key=lambda event: event.at), sorted(cases, key=lambda event: event.at)

    async def _need_receipts(self, baskets: Iterable[int]) -> None:
        """An earlier run sent some of these orders: the same order again gets the same answer."""
        missing = sorted(set(baskets) - self.receipts.keys())
        for start in range(0, len(missing), BATCH):
            await self._send_batch(missing[start : start + BATCH])

    async def _send_returns(self, returns: Sequence[Return]) -> None:
        await self._need_receipts(order_return.basket for order_return in returns)

        async def send_return(order_return: Return) -> None:
            body = order_return.body(instant(order_return.at), int(self.purchases.basket[order_return.basket]))
            await self.gateway.post(f"/v1/orders/{self.receipts[order_return.basket].order_id}/returns", body)

        await for_each_concurrently(returns, send_return)

    async def _finish(self, month: Month, cases: Sequence[Complaint], *, after: Awaitable[None]) -> None:
        """The month's complaints, when those of the month before are through; then the month is done with."""
        await after
        await self._need_receipts(complaint.basket for complaint in cases)

        async def complain(complaint: Complaint) -> None:
            order_ref, bought_at = str(self.purchases.basket[complaint.basket]), self.writer.placed_at(complaint.basket)
            customer = self.receipts[complaint.basket].customer_id
            await complaints.file_and_process(self.gateway, complaint, customer, order_ref, bought_at, self.now)

        await for_each_concurrently(cases, complain, concurrency=CONCURRENT_COMPLAINTS)
        self.state.households[month.name] = max(self.sample_size, self.state.households.get(month.name, 0))
        self.state.write(self.data)

    async def _review(self, month: Month) -> None:
        """Ask for the review as of the month's end and wait until it is applied: the next orders raise from there.

        The sweep for warnings that follows is of the month's end whatever comes in meanwhile: only the last is awaited.
        """
        as_of = month.ends.isoformat()
        if as_of in self.state.reviews:
            return
        run = await self.gateway.post("/v1/evaluations", {"as_of": as_of}, key=f"demo-review-{as_of}")
        deadline, pause = time.monotonic() + REVIEW_SECONDS, 0.03
        while run["finished_at"] is None:
            if time.monotonic() > deadline:
                raise ReviewNotApplied(
                    f"the review as of {as_of} is still {run['status']} after {REVIEW_SECONDS:.0f} s"
                )
            await asyncio.sleep(pause)
            pause = min(pause * 1.1, 0.1)
            run = await self.gateway.get(f"/v1/evaluations/{run['id']}")
        self.state.reviews[as_of] = run["id"]
        if run["result"] == "applied":
            self.reviewed = month.ends

    async def _wait_for_sweep(self, by: datetime) -> None:
        deadline, pause = time.monotonic() + REVIEW_SECONDS, 0.02
        while not await self._is_swept(by):
            if time.monotonic() > deadline:
                raise ReviewNotApplied(f"the sweep for warnings as of {by.isoformat()} is not done")
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 0.1)

    async def _is_swept(self, by: datetime) -> bool:
        """Each applied review is followed by a sweep for warnings, unless a later day has been swept before."""
        newest = next(iter((await self.gateway.get("/v1/warnings/runs", limit="1"))["items"]), None)
        return (
            newest is not None and newest["finished_at"] is not None and datetime.fromisoformat(newest["as_of"]) >= by
        )

    async def _files_and_teams(self) -> None:
        customers = Customers(self.gateway, self.ranked, self.sample_size)
        await customers.write_files(self.state)
        await customers.assign_managers(self.state, self.data, self.purchases, self.rank)


def raise_failures(tasks: Iterable[asyncio.Task[None]]) -> None:
    for task in tasks:
        if task.done():
            task.result()
