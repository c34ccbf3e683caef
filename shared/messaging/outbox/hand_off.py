"""From the commit to the relay past the database: events that this process has just committed need not be read back.

What is handed over may be sent only if nothing older of its stream is unsent. That is sure of a stream's first event,
and of one whose predecessor this relay has sent; whether commits are told in their order does not matter then, nor what
other processes have committed meanwhile. Everything else is left to the sweep, which reads the notes of unsent events.
"""

from collections import deque
from collections.abc import Collection, Sequence

from shared.messaging.database.outbox_writer import OutboxRow

MOST_WAITING = 20_000  # rows; a broker that is away fills no memory
MOST_STREAMS = 100_000  # whose last sent number is remembered


class HandOff:
    """A queue of committed events in front of one relay; `sweep_due` where some unsent event is not, or not yet, in it.

    Its users are in one event loop.
    """

    def __init__(self) -> None:
        self.sweep_due = True
        self._waiting: deque[OutboxRow] = deque()
        self._positions: set[int] = set()  # of those
        self._last_sent: dict[tuple[str, str], int] = {}  # of each stream, those sent lately last

    def add(self, rows: Sequence[OutboxRow]) -> None:
        """Events of a transaction of this process that is committed, in their order."""
        if len(self._waiting) + len(rows) > MOST_WAITING:
            self._waiting.clear()
            self._positions.clear()
            self.sweep_due = True
        else:
            self._waiting.extend(rows)
            self._positions.update([row.position for row in rows])

    def take(self, shards: Collection[int], most: int) -> list[OutboxRow]:
        """The next events of these shards that may be sent now, at most so many; the others are not kept here."""
        taken: list[OutboxRow] = []
        reached: dict[tuple[str, str], int] = {}
        while self._waiting and len(taken) < most:
            row = self._waiting.popleft()
            self._positions.discard(row.position)
            if row.shard not in shards:  # another process sends it
                continue
            stream = row.topic, row.key
            last = reached.get(stream) or self._last_sent.get(stream, 0)
            if row.seq == last + 1:
                taken.append(row)
                reached[stream] = row.seq
            elif row.seq > last:
                self.sweep_due = True
        return taken

    def has(self, row: OutboxRow) -> bool:
        """Whether a row that the sweep found was handed over as well."""
        return row.position in self._positions

    def have_been_sent(self, rows: Sequence[OutboxRow]) -> None:
        """What the relay has sent, in order per stream, wherever it had it from."""
        for row in rows:
            stream = row.topic, row.key
            self._last_sent.pop(stream, None)
            self._last_sent[stream] = row.seq
        while len(self._last_sent) > MOST_STREAMS:
            del self._last_sent[next(iter(self._last_sent))]

    def forget(self) -> None:
        """Nothing is known any more of what is sent: a send or a connection broke, or shards were taken over."""
        self._waiting.clear()
        self._positions.clear()
        self._last_sent.clear()
        self.sweep_due = True
