"""The seal of an event on its way: a keyed digest that shows that a service of this deployment sent it, unaltered.

The header `patron-seal` is `<key id>:<hex of BLAKE2b-128>`, keyed under a bus key, over every part of the envelope that
an inbox reads and the payload. The keys are a ring in a file: one signs, all verify, and it is read again when the file
changes, so that a key is added, made current and retired while everything runs.

A seal does not say that a message is new: one that comes twice is as good the second time, and a position in its stream
has passed it.
"""

import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from hashlib import blake2b
from hmac import compare_digest
from pathlib import Path
from typing import Literal

import structlog

log = structlog.get_logger(__name__)

SEAL = "patron-seal"
FILE_NAME = "bus.keys"
DIGEST_BYTES = 16
KEY_BYTES = 32
DIVIDERS = 8  # in front of the payload
KEY_ID_FORM = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
LONGEST_FILE = 65_536
SETTLED_NS = 2_000_000_000  # a file that was written longer ago is whole

Version = tuple[int, int, int]  # a file's time of change in nanoseconds, its inode, its size

Fault = Literal["no_seal", "unknown_key", "wrong_seal"]


class NotAuthentic(Exception):
    """A message that no service of this deployment has sealed as it is; `fault` says how that shows."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault: Fault = fault


class BadKeyRing(ValueError):
    """A file that is no key ring. The text says what is wrong, and holds no key."""


class KeyRing:
    """Keys by their ids: `current` signs, all of them verify. Immutable. BadKeyRing when it could do neither."""

    def __init__(self, current: str, keys: Mapping[str, bytes]) -> None:
        for key_id, key in keys.items():
            if not KEY_ID_FORM.fullmatch(key_id):
                raise BadKeyRing("a key's id is small letters, digits, dots and dashes, at most 32")
            if not KEY_BYTES <= len(key) <= blake2b.MAX_KEY_SIZE:
                raise BadKeyRing(f"the key {key_id} is not {KEY_BYTES} to {blake2b.MAX_KEY_SIZE} bytes long")
        if current not in keys:
            raise BadKeyRing("the current key is not one of the keys")
        self.current = current
        self.keys = dict(keys)
        # keyed once: a copy of that state costs a fifth of keying anew
        self._keyed = {id_.encode(): blake2b(digest_size=DIGEST_BYTES, key=key) for id_, key in keys.items()}
        self._signing = self._keyed[current.encode()]
        self._prefix = f"{current}:"

    @classmethod
    def generate(cls, key_id: str = "k1") -> "KeyRing":
        """A ring of one new key."""
        return cls(key_id, {key_id: secrets.token_bytes(KEY_BYTES)})

    @classmethod
    def parse(cls, text: str) -> "KeyRing":
        """The ring of a file's JSON, `{"current": "k1", "keys": {"k1": "<hex>"}}`. Raises BadKeyRing."""
        try:
            document = json.loads(text)
            keys = {key_id: bytes.fromhex(key) for key_id, key in document["keys"].items()}
            return cls(document["current"], keys)
        except BadKeyRing:
            raise
        except (ValueError, KeyError, TypeError, AttributeError):
            raise BadKeyRing('it is not JSON like {"current": "k1", "keys": {"k1": "<hex>"}}') from None

    def as_json(self) -> str:
        """What `parse` reads."""
        return json.dumps({"current": self.current, "keys": {k: key.hex() for k, key in self.keys.items()}}, indent=2)

    def seal(self, sealed: bytes) -> bytes:
        """The seal under the current key of what `sealed_bytes` made of an event."""
        digest = self._signing.copy()
        digest.update(sealed)
        return (self._prefix + digest.hexdigest()).encode()

    def verify(self, seal: bytes | None, sealed: bytes, payload_size: int) -> None:
        """Raises NotAuthentic unless `seal` is that of these bytes, which end in the payload, under one of the keys."""
        if seal is None:
            raise NotAuthentic("no_seal")
        key_id, _, tag = seal.partition(b":")
        keyed = self._keyed.get(key_id)
        if keyed is None:
            raise NotAuthentic("unknown_key")
        digest = keyed.copy()
        digest.update(sealed)
        is_sealed = compare_digest(digest.hexdigest().encode(), tag)
        if not is_sealed or sealed.count(b"\0", 0, len(sealed) - payload_size) != DIVIDERS:
            raise NotAuthentic("wrong_seal")


ReadKeyRing = Callable[[], KeyRing]
"""The ring as it is now: `KeyRingFile.read`, or in a test a ring that stays."""


class KeyRingFile:
    """A ring in a file that operators change while services run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ring: KeyRing | None = None
        self._text = ""
        self._version: Version | None = None  # of the text, once it is certain that it belongs together
        self._complained_of: Version | None = None

    def read(self) -> KeyRing:
        """The ring as the file has it now; asked once a batch, for a look at the file's times costs 2 us.

        A file that went away or cannot be read leaves the last good ring in force. Without one: BadKeyRing or OSError.
        """
        try:
            stat = self.path.stat()
            version = (stat.st_mtime_ns, stat.st_ino, stat.st_size)
            if self._ring is not None and version == self._version:
                return self._ring
            return self._take(version, self._read_text(stat.st_size))
        except OSError:
            if self._ring is None:
                raise
            return self._ring

    def _read_text(self, size: int) -> str:
        return self.path.read_text(errors="replace") if size <= LONGEST_FILE else ""

    def _take(self, version: Version, text: str) -> KeyRing:
        # a file that was written a moment ago may have been read before all of it was, under the same time
        self._version = version if time.time_ns() - version[0] > SETTLED_NS else None
        if self._ring is not None and text == self._text:
            return self._ring
        try:
            ring = KeyRing.parse(text)
        except BadKeyRing as error:
            if self._ring is None:
                raise
            if version != self._complained_of:
                self._complained_of = version
                log.error("key_ring_unreadable", file=self.path.name, error=str(error))
            return self._ring
        if self._ring is not None:
            log.info("key_ring_changed", current=ring.current, keys=sorted(ring.keys))
        self._ring, self._text = ring, text
        return ring


def sealed_bytes(
    topic: bytes, key: bytes, seq: bytes, source: bytes, event_id: bytes, type_: bytes, recorded_at: bytes,
    traceparent: bytes, payload: bytes,
) -> bytes:  # fmt: skip
    """An event's envelope as it travels, and its payload, as bytes that no other event has.

    `source` names the owner and its epoch; `traceparent` is empty where there is none. NUL divides the parts, and none
    but the payload, the last, may hold it (`KeyRing.verify` sees to that): so they cannot shift, at a third of what
    writing lengths costs.
    """
    return b"\0".join((topic, key, seq, source, event_id, type_, recorded_at, traceparent, payload))
