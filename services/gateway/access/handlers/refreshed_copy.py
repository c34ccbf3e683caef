"""A copy in the process of a list that lies in the database, so that all replicas hear of a change.

Each process reads what is new at most two seconds after it was written, when somebody asks. While the database is away
the copy is used on for half a minute. Times are of the monotonic clock.
"""

import asyncio
import time
from abc import ABC, abstractmethod
from datetime import timedelta
from typing import Generic, TypeVar

import structlog

from shared.messaging import Database, Transaction

log = structlog.get_logger(__name__)

FRESH_SECONDS = 2.0
STALE_SECONDS = 30.0
PAUSE_SECONDS = 1.0  # between two questions while the database does not answer
READ_SECONDS = 1.0
OVERLAP = timedelta(seconds=60)  # read again each time: what was written before and committed since


Change = TypeVar("Change")


class RefreshedCopy(ABC, Generic[Change]):
    """The copy of one list; what it consists of is said by who extends it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.fresh_until = 0.0
        self._usable_until = 0.0
        self._lock = asyncio.Lock()

    @abstractmethod
    async def read_new(self, tx: Transaction) -> set[Change]:
        """Read what is new into the copy. Returns what changed by it."""

    async def refresh(self) -> set[Change]:
        """Read what is new, unless somebody just did. Returns what changed meanwhile.

        Raises the database's error when it is away and the copy is too old to be believed.
        """
        async with self._lock:
            now = time.monotonic()
            if now < self.fresh_until:
                return set()
            try:
                async with asyncio.timeout(READ_SECONDS), self.database.transaction() as tx:
                    changed = await self.read_new(tx)
            except Exception as error:
                if time.monotonic() >= self._usable_until:
                    raise
                log.warning("copy_not_read", copy=type(self).__name__, error=type(error).__name__)
                self.fresh_until = time.monotonic() + PAUSE_SECONDS
                return set()
            self.fresh_until, self._usable_until = now + FRESH_SECONDS, now + STALE_SECONDS
            return changed
