"""Ways to forge a message for a topic, each by its name: what somebody can send who reaches the broker and has no key.

Each takes a genuine message and returns one that no service has sealed.
"""

import json
from collections.abc import Callable
from hashlib import blake2b
from uuid import uuid4

from shared.messaging.broker.interface import Message
from shared.messaging.seal import KeyRing

Forge = Callable[[Message], Message]

SEAL = "patron-seal"
SEALED_HEADERS = ("ce_id", "ce_type", "ce_source", "ce_recordedat", "ce_seq")


def header(message: Message, name: str) -> bytes:
    return dict(message.headers)[name]


def with_header(message: Message, name: str, value: bytes | None) -> Message:
    """The message with another value of a header, or without it."""
    others = [(other, was) for other, was in message.headers if other != name]
    return message._replace(headers=others if value is None else [*others, (name, value)])


def own_ring(message: Message) -> Message:
    """Sealed in the right form, under a key of the forger's own by the name of the genuine one."""
    key_id = header(message, SEAL).partition(b":")[0].decode()
    return with_header(message, SEAL, KeyRing.generate(key_id).seal(b"".join(parts_of(message))))


def parts_of(message: Message) -> list[bytes]:
    return [message.topic.encode(), message.key or b"", *(header(message, n) for n in SEALED_HEADERS), message.value]


def unkeyed(message: Message) -> Message:
    """The digest without a key, of everything, under the genuine key's name."""
    key_id = header(message, SEAL).partition(b":")[0]
    digest = blake2b(b"\0".join(parts_of(message)), digest_size=16).hexdigest().encode()
    return with_header(message, SEAL, key_id + b":" + digest)


def shifted(message: Message) -> Message:
    """The end of the key moved to the front of the number: the same bytes in a row, divided elsewhere."""
    key = message.key or b""
    return with_header(message._replace(key=key[:-1]), "ce_seq", key[-1:] + header(message, "ce_seq"))


def divided(message: Message) -> Message:
    """The divider and what follows moved into a part: joined, the same bytes."""
    key, seq = message.key or b"", header(message, "ce_seq")
    return with_header(message._replace(key=key + b"\0" + seq), "ce_seq", header(message, "ce_source"))


def richer(message: Message) -> Message:
    """One more field in the payload."""
    return message._replace(value=json.dumps(json.loads(message.value) | {"points": 5_000_000}).encode())


def resealed(seal: bytes | None) -> Forge:
    return lambda message: with_header(message, SEAL, seal)


def changed(name: str, value: bytes) -> Forge:
    return lambda message: with_header(message, name, value)


def dropped(name: str) -> Forge:
    return lambda message: with_header(message, name, None)


def next_number(message: Message) -> Message:
    return with_header(message, "ce_seq", b"%d" % (int(header(message, "ce_seq")) + 1))


def seal_with(change: Callable[[bytes], bytes]) -> Forge:
    return lambda message: with_header(message, SEAL, change(header(message, SEAL)))


FORGERIES: dict[str, Forge] = {
    # no seal, or none of ours
    "no seal": dropped(SEAL),
    "empty seal": resealed(b""),
    "a seal of NUL": resealed(b"\0"),
    "a seal that is no text": resealed(b"\xff\xfe:\xff"),
    "a name without a digest": seal_with(lambda seal: seal.partition(b":")[0]),
    "a name and nothing": seal_with(lambda seal: seal.partition(b":")[0] + b":"),
    "a digest without a name": seal_with(lambda seal: seal.partition(b":")[2]),
    "another key's name": seal_with(lambda seal: b"k999:" + seal.partition(b":")[2]),
    "an empty key's name": seal_with(lambda seal: b":" + seal.partition(b":")[2]),
    "a key's name with a blank": seal_with(lambda seal: b" " + seal),
    "a digest of zeros": seal_with(lambda seal: seal.partition(b":")[0] + b":" + b"0" * 32),
    "the first half of the digest": seal_with(lambda seal: seal[:-16]),
    "a digest twice": seal_with(lambda seal: seal + seal.partition(b":")[2]),
    "a digest in capitals": seal_with(lambda seal: seal.upper()),
    "a digest with one bit off": seal_with(lambda seal: seal[:-1] + (b"1" if seal[-1:] != b"1" else b"2")),
    "a digest and a blank": seal_with(lambda seal: seal + b" "),
    "a megabyte of seal": seal_with(lambda seal: seal * 20_000),
    "sealed under a key of the forger's": own_ring,
    "a digest without a key": unkeyed,
    "the seal in another header": lambda m: with_header(with_header(m, "seal", header(m, SEAL)), SEAL, None),
    # what is sealed, changed
    "another payload": lambda m: m._replace(value=m.value.replace(b'"', b'" ', 1)),
    "one more field": richer,
    "no payload": lambda m: m._replace(value=b""),
    "a payload and a blank": lambda m: m._replace(value=m.value + b" "),
    "a payload and NUL": lambda m: m._replace(value=m.value + b"\0"),
    "a payload that begins with NUL": lambda m: m._replace(value=b"\0" + m.value),
    "a payload that is no JSON": lambda m: m._replace(value=b"\xff" * 40),
    "a payload of another form": lambda m: m._replace(value=b"[]"),
    "the next number": next_number,
    "a far number": changed("ce_seq", b"9000"),
    "number zero": changed("ce_seq", b"0"),
    "a number below": changed("ce_seq", b"-1"),
    "a number that is none": changed("ce_seq", b"one"),
    "a number too great": changed("ce_seq", b"9223372036854775808"),
    "a number of 5,000 digits": changed("ce_seq", b"9" * 5000),
    "no number": dropped("ce_seq"),
    "another key": lambda m: m._replace(key=str(uuid4()).encode()),
    "no key": lambda m: m._replace(key=None),
    "an empty key": lambda m: m._replace(key=b""),
    "a long key": lambda m: m._replace(key=b"k" * 4000),
    "a key with NUL": lambda m: m._replace(key=b"a\0b"),
    "a key that is no text": lambda m: m._replace(key=b"\xff\xfe"),
    "another type": changed("ce_type", b"complaint.closed.v1"),
    "an unknown type": changed("ce_type", b"intake.not_yet_known.v1"),
    "a type with NUL": changed("ce_type", b"intake\0"),
    "no type": dropped("ce_type"),
    "another id": lambda m: with_header(m, "ce_id", str(uuid4()).encode()),
    "an id that is none": changed("ce_id", b"42"),
    "no id": dropped("ce_id"),
    "another owner": lambda m: with_header(m, "ce_source", header(m, "ce_source").replace(b"/patron/", b"/patron/x")),
    "a later epoch": lambda m: with_header(m, "ce_source", header(m, "ce_source")[:-36] + b"f" * 36),
    "no source": dropped("ce_source"),
    "recorded at another time": changed("ce_recordedat", b"2020-01-01T00:00:00+00:00"),
    "recorded at no time": changed("ce_recordedat", b"yesterday"),
    "not recorded": dropped("ce_recordedat"),
    "a trace put to it": lambda m: with_header(m, "traceparent", b"00-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01"),
    "a trace of NUL": changed("traceparent", b"\0"),
    "parts that are shifted": shifted,
    "parts that are divided elsewhere": divided,
    # nothing of ours at all
    "no headers": lambda m: m._replace(headers=[]),
    "no headers and no key": lambda m: m._replace(headers=[], key=None, value=b""),
    "a header twice, the last one changed": lambda m: m._replace(headers=[*m.headers, ("ce_seq", b"77")]),
}
