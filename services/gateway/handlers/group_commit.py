"""Group commit: requests hand in what they want written; one writer takes all that wait and commits them together.

A commit costs a flush of the log whether it holds one order or a hundred. Nobody waits for company: an idle writer
starts at once, and what arrives while it commits is its next group. Each caller gets its own answer after the commit.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from shared.messaging import Database, Transaction
from shared.messaging.failures import is_transient

Item = TypeVar("Item")
Answer = TypeVar("Answer")

AT_MOST = 200  # items a transaction; keeps it short


class GroupCommit(Generic[Item, Answer]):
    """`decide` writes a group in the transaction it is given and returns one answer for each item, in order."""

    def __init__(
        self,
        database: Database,
        decide: Callable[[Transaction, Sequence[Item]], Awaitable[Sequence[Answer]]],
        *,
        at_most: int = AT_MOST,
    ) -> None:
        self.database = database
        self.decide = decide
        self.at_most = at_most
        self._waiting: deque[tuple[Item, asyncio.Future[Answer]]] = deque()
        self._writer: asyncio.Task[None] | None = None

    async def submit(self, item: Item) -> Answer:
        """The answer to one item, once it is committed."""
        return await self._hand_in(item)

    async def submit_all(self, items: Sequence[Item]) -> list[Answer | BaseException]:
        """The answers to many, in order; a failure stands in the place of its item."""
        return await asyncio.gather(*[self._hand_in(item) for item in items], return_exceptions=True)

    def _hand_in(self, item: Item) -> "asyncio.Future[Answer]":
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_while_there_is_work())
        return answer

    async def _write_while_there_is_work(self) -> None:
        while self._waiting:
            group = [self._waiting.popleft() for _ in range(min(len(self._waiting), self.at_most))]
            await self._write(group)

    async def _write(self, group: "Sequence[tuple[Item, asyncio.Future[Answer]]]") -> None:
        """Write a group. An error that will not pass is narrowed down to the one item that causes it."""
        items = [item for item, _ in group]
        try:
            answers = await self.database.run(lambda tx: self.decide(tx, items))
        except Exception as error:
            if len(group) == 1 or is_transient(error):
                for _, answer in group:
                    if not answer.done():
                        answer.set_exception(error)
                return
            half = len(group) // 2
            await self._write(group[:half])
            await self._write(group[half:])
        else:
            for (_, waiting), answer_ in zip(group, answers, strict=True):
                if not waiting.done():  # its caller may have gone; the order stands all the same
                    waiting.set_result(answer_)
