"""Group commit: requests hand in what they want written; a writer takes all that wait and commits them together.

A commit costs a flush of the log whether it holds one order or a hundred. Nobody waits for company: an idle writer
starts at once, and what arrives while it commits is its next group. Each caller gets its own answer after the commit.
Where batches come in, a second writer decides the next group while the database works on the first.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from typing import Generic, TypeVar, cast

from shared.messaging import Database, Transaction
from shared.messaging.database.failures import is_transient
from shared.messaging.tracing import current_traceparent

Item = TypeVar("Item")
Result = TypeVar("Result")

traces_of_items: ContextVar[Sequence[str | None]] = ContextVar("traces_of_items", default=())
"""Of the group that is being written: the trace of each item's request, in order."""

MOST_ITEMS = 500  # items a transaction: what a customer's events share is paid once; some 40 ms
WRITERS = 2  # more only wait for each other, on customers that both have orders of
# items that must wait before another writer begins: small groups are better off together
ENOUGH_FOR_A_SECOND_WRITER = 100


class _PendingResults(Generic[Result]):
    """The results of the items of one request. One future for all of them: one an item cost as much as its row."""

    def __init__(self, how_many: int) -> None:
        self._missing = how_many
        self._results: list[Result | Exception | None] = [None] * how_many
        self.complete: asyncio.Future[list[Result | Exception]] = asyncio.get_running_loop().create_future()

    def give(self, index: int, result: Result | Exception) -> None:
        """Put one item's result in its place; the last one completes the request."""
        self._results[index] = result
        self._missing -= 1
        if self._missing == 0 and not self.complete.done():  # the caller may have gone; the orders stand all the same
            self.complete.set_result(cast("list[Result | Exception]", self._results))


class GroupCommit(Generic[Item, Result]):
    """`decide` writes a group in the transaction it is given and returns for each item, in order, its answer or why
    there is none."""

    def __init__(
        self,
        database: Database,
        decide: Callable[[Transaction, Sequence[Item]], Awaitable[Sequence[Result | Exception]]],
        *,
        most_items: int = MOST_ITEMS,
    ) -> None:
        self.database = database
        self.decide = decide
        self.most_items = most_items
        self._waiting: deque[tuple[Item, _PendingResults[Result], int, str | None]] = deque()
        self._writers: set[asyncio.Task[None]] = set()

    async def submit(self, item: Item) -> Result:
        """The answer to one item, once it is committed; raises the refusal or what went wrong."""
        [result] = await self.submit_all([item])
        if isinstance(result, Exception):
            raise result
        return result

    async def submit_all(self, items: Sequence[Item]) -> list[Result | Exception]:
        """The answers to many, in order; a refusal or a failure stands in the place of its item."""
        if not items:
            return []
        results: _PendingResults[Result] = _PendingResults(len(items))
        trace = current_traceparent.get()
        self._waiting.extend((item, results, index, trace) for index, item in enumerate(items))
        if not self._writers or (len(self._writers) < WRITERS and len(self._waiting) >= ENOUGH_FOR_A_SECOND_WRITER):
            self._writers.add(asyncio.create_task(self._write_while_there_is_work()))
        return await results.complete

    async def _write_while_there_is_work(self) -> None:
        try:
            while self._waiting:
                await self._write([self._waiting.popleft() for _ in range(min(len(self._waiting), self.most_items))])
        finally:  # in the step that saw nothing waiting: what comes after it calls a writer anew
            self._writers.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    async def _write(self, group: "Sequence[tuple[Item, _PendingResults[Result], int, str | None]]") -> None:
        """Write a group. An error that will not pass is narrowed down to the one item that causes it."""
        items = [item for item, _, _, _ in group]
        traces_of_items.set([trace for _, _, _, trace in group])
        try:
            results = await self.database.run(lambda tx: self.decide(tx, items))
        except Exception as error:
            if len(group) == 1 or is_transient(error):
                for _, waiting, index, _ in group:
                    waiting.give(index, error)
                return
            half = len(group) // 2
            await self._write(group[:half])
            await self._write(group[half:])
        else:
            for (_, waiting, index, _), result in zip(group, results, strict=True):
                waiting.give(index, result)
