"""Group commit: requests hand in what they want written; a writer takes all that wait and commits them together.

A commit costs a flush of the log whether it holds one order or a hundred. Nobody waits for company: an idle writer
starts at once, and what arrives while it commits is its next group. Each caller gets its own answer after the commit.
Where batches come in, a second writer decides the next group while the database works on the first.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar, cast

from shared.messaging import Database, Transaction
from shared.messaging.failures import is_transient

Item = TypeVar("Item")
Answer = TypeVar("Answer")

AT_MOST = 500  # items a transaction: what a customer's events share is paid once; some 40 ms
WRITERS = 2  # more only wait for each other, on customers that both have orders of
ENOUGH = 100  # items that must wait before another writer begins: small groups are better off together


class _Answers(Generic[Answer]):
    """What the items of one request are answered. One future for all of them: one an item cost as much as its row."""

    def __init__(self, how_many: int) -> None:
        self._missing = how_many
        self._given: list[Answer | Exception | None] = [None] * how_many
        self.complete: asyncio.Future[list[Answer | Exception]] = asyncio.get_running_loop().create_future()

    def give(self, place: int, answer: Answer | Exception) -> None:
        self._given[place] = answer
        self._missing -= 1
        if self._missing == 0 and not self.complete.done():  # the caller may have gone; the orders stand all the same
            self.complete.set_result(cast("list[Answer | Exception]", self._given))


class GroupCommit(Generic[Item, Answer]):
    """`decide` writes a group in the transaction it is given and returns for each item, in order, its answer or why
    there is none."""

    def __init__(
        self,
        database: Database,
        decide: Callable[[Transaction, Sequence[Item]], Awaitable[Sequence[Answer | Exception]]],
        *,
        at_most: int = AT_MOST,
    ) -> None:
        self.database = database
        self.decide = decide
        self.at_most = at_most
        self._waiting: deque[tuple[Item, _Answers[Answer], int]] = deque()
        self._writers: set[asyncio.Task[None]] = set()

    async def submit(self, item: Item) -> Answer:
        """The answer to one item, once it is committed; raises the refusal or what went wrong."""
        [answer] = await self.submit_all([item])
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def submit_all(self, items: Sequence[Item]) -> list[Answer | Exception]:
        """The answers to many, in order; a refusal or a failure stands in the place of its item."""
        if not items:
            return []
        answers: _Answers[Answer] = _Answers(len(items))
        self._waiting.extend((item, answers, place) for place, item in enumerate(items))
        if not self._writers or (len(self._writers) < WRITERS and len(self._waiting) >= ENOUGH):
            self._writers.add(asyncio.create_task(self._write_while_there_is_work()))
        return await answers.complete

    async def _write_while_there_is_work(self) -> None:
        try:
            while self._waiting:
                await self._write([self._waiting.popleft() for _ in range(min(len(self._waiting), self.at_most))])
        finally:  # in the step that saw nothing waiting: what comes after it calls a writer anew
            self._writers.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    async def _write(self, group: "Sequence[tuple[Item, _Answers[Answer], int]]") -> None:
        """Write a group. An error that will not pass is narrowed down to the one item that causes it."""
        items = [item for item, _, _ in group]
        try:
            answers = await self.database.run(lambda tx: self.decide(tx, items))
        except Exception as error:
            if len(group) == 1 or is_transient(error):
                for _, waiting, place in group:
                    waiting.give(place, error)
                return
            half = len(group) // 2
            await self._write(group[:half])
            await self._write(group[half:])
        else:
            for (_, waiting, place), answer in zip(group, answers, strict=True):
                waiting.give(place, answer)
