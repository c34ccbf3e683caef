"""A key that this service does not know yet: its streams are pulled from their owners while a caller waits.

Who has just opened a customer may use it at once, at any service. An event takes its time, so a service that does not
know a key asks its owners before it refuses. What they have is applied as the consumer would, each slice in a
transaction of its own under the stream's lock; what the broker brings later is seen.

Keys can be made up by anybody, so this is bounded: a key is pulled once at a time, few keys at once, each within a time
budget, and that the owners have nothing of a key is remembered for a moment.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Collection
from enum import Enum, auto

import structlog

from shared.messaging.inbox.inbox import Inbox
from shared.messaging.inbox.positions import read_position
from shared.messaging.inbox.pull_queue import finish_or_cancel

log = structlog.get_logger(__name__)

BUDGET_SECONDS = 1.5  # a caller waits no longer, and no slice is asked for after it
CONCURRENT_KEYS = 8
MAX_WAITING = 200  # keys; who comes on top of them is not made to wait
REMEMBER_SECONDS = 1.0
MAX_REMEMBERED = 10_000


class Answer(Enum):
    """What is known of a key after a pull."""

    ABSENT = auto()  # no owner has anything of it, nor has this service
    CAUGHT_UP = auto()  # all that the owners had of it has taken effect here
    UNKNOWN = auto()  # an owner did not answer, or not all of it has taken effect: in time, or until an operator acts


class PullOnDemand:
    """Pulls a key's streams of these topics when somebody asks. One a process, beside the consumer."""

    def __init__(self, inbox: Inbox, topics: Collection[str], *, budget_seconds: float = BUDGET_SECONDS) -> None:
        self.inbox = inbox
        self.topics = sorted(topics)
        self.budget_seconds = budget_seconds
        self._running: dict[str, asyncio.Task[Answer]] = {}
        self._slots = asyncio.Semaphore(CONCURRENT_KEYS)
        self._absent_until: OrderedDict[str, float] = OrderedDict()  # the event loop's time, oldest first

    async def pull(self, key: str) -> Answer:
        """Pull what this service has not seen of a key; answers within the budget. Raises nothing but cancellation.

        Never called inside a transaction: it takes connections of its own.
        """
        now = asyncio.get_running_loop().time()
        if self._absent_until.get(key, now) > now:
            return Answer.ABSENT
        task = self._running.get(key)
        if task is None:
            if len(self._running) >= MAX_WAITING:
                return Answer.UNKNOWN
            task = self._running[key] = asyncio.create_task(self._pull_key(key, now + self.budget_seconds))
            task.add_done_callback(lambda _: self._running.pop(key, None))
        await asyncio.wait({task}, timeout=self.budget_seconds)  # who gives up leaves it to the others
        return task.result() if task.done() and not task.cancelled() else Answer.UNKNOWN

    async def stop(self, *, grace_seconds: float) -> None:
        """Let what was begun finish for so long, then cancel it."""
        await finish_or_cancel(list(self._running.values()), grace_seconds=grace_seconds)

    async def _pull_key(self, key: str, deadline: float) -> Answer:
        loop = asyncio.get_running_loop()
        async with self._slots:
            if loop.time() >= deadline:  # all who wanted to know have gone
                return Answer.UNKNOWN
            answers = await asyncio.gather(*(self._pull_stream(topic, key, deadline) for topic in self.topics))
        answer = max(answers, key=lambda each: each.value, default=Answer.ABSENT)
        if answer is Answer.ABSENT:
            self._remember_absent(key, until=loop.time() + REMEMBER_SECONDS)
        return answer

    async def _pull_stream(self, topic: str, key: str, deadline: float) -> Answer:
        try:
            pulled = await self.inbox.pull_slice(topic, key)
            while not pulled.is_last and asyncio.get_running_loop().time() < deadline:
                pulled = await self.inbox.pull_slice(topic, key)
            if pulled.blocked:
                return Answer.UNKNOWN
            position = await self.inbox.database.run(lambda tx: read_position(tx, topic, key))
        except Exception as error:  # whatever it is, the consumer meets it again, and reports it
            log.warning("not_pulled_on_demand", topic=topic, error=type(error).__name__)
            return Answer.UNKNOWN
        if position.blocked or position.last_seq < pulled.head:
            return Answer.UNKNOWN
        return Answer.CAUGHT_UP if position.last_seq else Answer.ABSENT

    def _remember_absent(self, key: str, *, until: float) -> None:
        self._absent_until.pop(key, None)
        self._absent_until[key] = until
        if len(self._absent_until) > MAX_REMEMBERED:
            self._absent_until.popitem(last=False)
