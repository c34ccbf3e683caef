"""Files and teams: a file for each household under the reference that its orders carry; managers for the largest."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import orjson

from deploy.demo import staff
from deploy.demo.gateway import Gateway, RequestRefused
from deploy.demo.households import demographics, file_of
from deploy.demo.orders import SOURCE
from deploy.demo.purchases import Ints, Purchases
from deploy.demo.state import DemoState

T = TypeVar("T")

CONCURRENCY = 8  # small requests in flight
FILES = 500  # of a batch


class Customers:
    """The first `sample_size` of the ranked households, as Patron's customers."""

    def __init__(self, gateway: Gateway, ranked: Ints, sample_size: int) -> None:
        self.gateway = gateway
        self.ranked = ranked
        self.sample_size = sample_size
        self._demographics = demographics()

    async def write_files(self, state: DemoState) -> None:
        for first in range(state.files, self.sample_size, FILES):
            await self._post_files(range(first, min(first + FILES, self.sample_size)))
        state.files = max(state.files, self.sample_size)

    async def assign_managers(self, state: DemoState, data: Path, purchases: Purchases, rank: Ints) -> None:
        """The largest customers get a manager of their own, the very largest a sponsor too."""
        if state.team >= self.sample_size:
            return
        for unit in staff.units():
            await ignore_conflict(self.gateway.post("/v1/units", unit))
        for employee in staff.employees():
            await ignore_conflict(self.gateway.post("/v1/employees", employee))
        # a file that is there already only gives its customer's id
        customers = await self._post_files(self._largest(purchases, rank))

        async def assign(position: int) -> None:
            team = f"/v1/customers/{customers[position]}/team"
            manager = staff.MANAGERS[position % len(staff.MANAGERS)]
            await ignore_conflict(self.gateway.post(team, {"employee_id": manager, "role": "account_manager"}))
            if position < staff.SPONSORED_CUSTOMERS:
                await ignore_conflict(
                    self.gateway.post(team, {"employee_id": staff.SPONSOR, "role": "executive_sponsor"})
                )

        await for_each_concurrently(range(len(customers)), assign)
        state.team = self.sample_size
        state.write(data)

    async def _post_files(self, ranks: Iterable[int]) -> list[str]:
        """The customers' ids; whoever has a file keeps it."""
        return await self.gateway.post_files(b"\n".join(orjson.dumps(self._file(rank)) for rank in ranks))

    def _file(self, rank: int) -> dict[str, Any]:
        household = int(self.ranked[rank])
        file = file_of(household, rank, self._demographics.get(household, {}))
        return file | {"reference": {"source": SOURCE, "ref": str(household)}}

    def _largest(self, purchases: Purchases, rank: Ints) -> list[int]:
        """The households that spent most, by rank, the largest first."""
        spent = np.bincount(rank, weights=purchases.cents_of_baskets())[: self.sample_size]
        largest: list[int] = np.argsort(-spent, kind="stable")[
            : max(1, round(self.sample_size * staff.MANAGED_SHARE))
        ].tolist()
        return largest


async def for_each_concurrently(
    items: Sequence[T], act: Callable[[T], Awaitable[None]], *, concurrency: int = CONCURRENCY
) -> None:
    """Each item once, a few at a time, begun in their order."""
    waiting = iter(items)

    async def work() -> None:
        for item in waiting:
            await act(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(concurrency):
            group.create_task(work())


async def ignore_conflict(request: Awaitable[Any]) -> None:
    """409 is no error: an earlier run made it already."""
    try:
        await request
    except RequestRefused as refusal:
        if refusal.status != 409:
            raise
