"""Files and teams: a file for each household under the reference that its orders carry; managers for the largest."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import orjson

from deploy.demo import staff
from deploy.demo.gateway import Gateway, Refused
from deploy.demo.households import demographics, file_of
from deploy.demo.orders import SOURCE
from deploy.demo.purchases import Ints, Purchases
from deploy.demo.state import DemoState

T = TypeVar("T")

AT_ONCE = 8  # small requests in flight
FILES = 500  # of a batch


class Customers:
    """The first `wanted` of the ranked households, as Patron's customers."""

    def __init__(self, gateway: Gateway, ranked: Ints, wanted: int) -> None:
        self.gateway = gateway
        self.ranked = ranked
        self.wanted = wanted
        self._known = demographics()

    async def write_files(self, state: DemoState) -> None:
        for first in range(state.files, self.wanted, FILES):
            await self._open(range(first, min(first + FILES, self.wanted)))
        state.files = max(state.files, self.wanted)

    async def assign_managers(self, state: DemoState, data: Path, purchases: Purchases, rank: Ints) -> None:
        """The largest customers get a manager of their own, the very largest a sponsor too."""
        if state.team >= self.wanted:
            return
        for employee, name, extension in staff.EMPLOYEES:
            body = {"employee_id": employee, "name": name, "phone_extension": extension}
            await unless_there(self.gateway.post("/v1/employees", body))
        # a file that is there already only tells its customer's id
        customers = await self._open(self._largest(purchases, rank))

        async def assign(place: int) -> None:
            team = f"/v1/customers/{customers[place]}/team"
            manager = staff.MANAGERS[place % len(staff.MANAGERS)]
            await unless_there(self.gateway.post(team, {"employee_id": manager, "role": "account_manager"}))
            if place < staff.SPONSORED:
                await unless_there(self.gateway.post(team, {"employee_id": staff.SPONSOR, "role": "executive_sponsor"}))

        await in_turn(range(len(customers)), assign)
        state.team = self.wanted
        state.write(data)

    async def _open(self, ranks: Iterable[int]) -> list[str]:
        """The customers' ids; whoever has a file keeps it."""
        return await self.gateway.post_files(b"\n".join(orjson.dumps(self._file(rank)) for rank in ranks))

    def _file(self, rank: int) -> dict[str, Any]:
        household = int(self.ranked[rank])
        file = file_of(household, rank, self._known.get(household, {}))
        return file | {"reference": {"source": SOURCE, "ref": str(household)}}

    def _largest(self, purchases: Purchases, rank: Ints) -> list[int]:
        """The households that spent most, by rank, the largest first."""
        spent = np.bincount(rank, weights=purchases.cents_of_baskets())[: self.wanted]
        largest: list[int] = np.argsort(-spent, kind="stable")[
            : max(1, round(self.wanted * staff.LOOKED_AFTER))
        ].tolist()
        return largest


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
