"""Messages whose seal does not verify: all counted, a few kept for a person to see, and none of them believed.

They belong to no stream, whatever they say of themselves: what is kept of one is parked with the reason `not_authentic`
beside the events, blocks no key and moves no position. If a genuine event is behind one (sealed under a key that was
retired, or spoiled on its way), it is missing from its stream, and is pulled from its owner like any that is missing.
"""

import asyncio
from collections import Counter
from hashlib import blake2b
from uuid import UUID

import structlog

from shared.messaging.broker.interface import Message
from shared.messaging.database.failures import is_transient
from shared.messaging.database.transaction import Database, Transaction
from shared.messaging.inbox.parked import NOT_AUTHENTIC
from shared.messaging.inbox.received import MAX_KEY_BYTES
from shared.messaging.seal import Fault

log = structlog.get_logger(__name__)

MAX_KEPT = 20  # a topic; who floods one fills no database
MAX_PAYLOAD_BYTES = 4096
LONGEST_TYPE = 200
FULL_SECONDS = 5.0  # how long a topic of which so many are kept is not looked at again
LOG_SECONDS = 1.0  # a line for each fault at most so often

DETAILS: dict[Fault, str] = {
    "no_seal": "it carries no seal",
    "unknown_key": "it is sealed under a key that this service does not have",
    "wrong_seal": "its seal is not the one of its envelope and payload",
}

KEEP = f"""
insert into parked (parked_id, topic, key, seq, type, payload, reason, detail, recorded_at, tries, parked_at)
select $1, $2, $3, $4, $5, $6, '{NOT_AUTHENTIC}', $7, $8, 0, $8
where (select count(*) from parked where topic = $2 and reason = '{NOT_AUTHENTIC}' and ended_at is null) < {MAX_KEPT}
on conflict (parked_id) do nothing
"""


class UnverifiedMessages:
    """One a process, beside its consumer; `total` counts messages since the start."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.total = 0
        self._to_keep: dict[str, list[tuple[Message, Fault]]] = {}  # by topic
        self._full_until: dict[str, float] = {}  # the event loop's time, by topic
        self._unlogged: Counter[Fault] = Counter()
        self._log_at: dict[Fault, float] = {}

    def add(self, message: Message, fault: Fault) -> None:
        """Count a message, log it unless a line of its kind has just been written, and keep it if there is room."""
        now = asyncio.get_running_loop().time()
        self.total += 1
        self._unlogged[fault] += 1
        if now >= self._log_at.get(fault, 0.0):
            self._log_at[fault] = now + LOG_SECONDS
            log.error("messages_not_authentic", fault=fault, messages=self._unlogged.pop(fault), topic=message.topic,
                      partition=message.partition, offset=message.offset)  # fmt: skip
        kept = self._to_keep.setdefault(message.topic, [])
        if len(kept) < MAX_KEPT and now >= self._full_until.get(message.topic, 0.0):
            kept.append((message, fault))

    async def keep(self) -> None:
        """Park what there is room for. A database that is away does not hold the events behind them up."""
        if not any(self._to_keep.values()):
            return
        to_keep, self._to_keep = self._to_keep, {}
        try:
            full = await self.database.run(lambda tx: _keep(tx, to_keep))
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("not_authentic_not_kept", error=type(error).__name__)
            return
        until = asyncio.get_running_loop().time() + FULL_SECONDS
        self._full_until.update(dict.fromkeys(full, until))


async def _keep(tx: Transaction, to_keep: dict[str, list[tuple[Message, Fault]]]) -> list[str]:
    """Returns the topics that have no room for more."""
    full = []
    for topic, kept in to_keep.items():
        for message, fault in kept:
            await tx.raw.execute(
                KEEP, _id_of(message), topic, _text(message.key, MAX_KEY_BYTES), _seq_of(message), _type_of(message),
                message.value[:MAX_PAYLOAD_BYTES], DETAILS[fault], tx.at,
            )  # fmt: skip
        count = await tx.raw.fetchval(
            f"select count(*) from parked where topic = $1 and reason = '{NOT_AUTHENTIC}' and ended_at is null", topic
        )
        if count >= MAX_KEPT:
            full.append(topic)
    return full


def _id_of(message: Message) -> UUID:
    """The same for the same message: one that comes again, or is read again, is kept once."""
    digest = blake2b(digest_size=16)
    for part in (message.topic.encode(), message.key or b"", message.value, repr(message.headers).encode()):
        digest.update(len(part).to_bytes(8, "big") + part)
    return UUID(bytes=digest.digest())


def _seq_of(message: Message) -> int:
    """The number it claims, 0 where it claims none that a stream could have."""
    claimed = dict(message.headers).get("ce_seq") or b""
    return int(claimed) if claimed.isdigit() and len(claimed) < 19 else 0


def _type_of(message: Message) -> str:
    return _text(dict(message.headers).get("ce_type"), LONGEST_TYPE)


def _text(value: bytes | None, longest: int) -> str:
    """Bytes of anybody's as text that a database keeps and a terminal shows."""
    text = (value or b"")[:longest].decode("utf-8", "replace").replace("\0", "\ufffd")
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
