"""The seal: an event that was changed does not verify; keys are added, made current and retired while events travel."""

import json
import os
from hashlib import blake2b
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.messaging.seal import BadKeyRing, KeyRing, KeyRingFile, NotAuthentic, sealed_bytes

PARTS = (b"patron.intake", b"key", b"7", b"/patron/gateway/e", b"id", b"type", b"2026-01-01", b"", b"payload")
TEXT = st.binary(max_size=8).filter(lambda part: b"\0" not in part)
parts = st.tuples(TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, st.binary(max_size=8))


def verify(ring: KeyRing, seal: bytes, event: tuple[bytes, ...]) -> None:
    ring.verify(seal, sealed_bytes(*event), len(event[-1]))


def fault(ring: KeyRing, seal: bytes | None, event: tuple[bytes, ...]) -> str:
    with pytest.raises(NotAuthentic) as refused:
        ring.verify(seal, sealed_bytes(*event), len(event[-1]))
    return refused.value.fault


def test_what_was_sealed_verifies_and_nothing_else() -> None:
    ring = KeyRing.generate()
    seal = ring.seal(sealed_bytes(*PARTS))
    verify(ring, seal, PARTS)
    for place, part in enumerate(PARTS):
        assert fault(ring, seal, (*PARTS[:place], part + b"x", *PARTS[place + 1 :])) == "wrong_seal"
    assert fault(ring, None, PARTS) == "no_seal"
    assert fault(ring, b"", PARTS) == "unknown_key"
    assert fault(KeyRing.generate("k2"), seal, PARTS) == "unknown_key"
    assert fault(KeyRing.generate("k1"), seal, PARTS) == "wrong_seal"


@given(parts, parts)
def test_two_events_never_have_the_same_bytes(event: tuple[bytes, ...], other: tuple[bytes, ...]) -> None:
    assume(event != other)
    assert sealed_bytes(*event) != sealed_bytes(*other)


@given(parts, st.integers(0, 7), st.binary(max_size=4), st.binary(max_size=4))
def test_a_part_with_the_divider_in_it_is_never_authentic(
    event: tuple[bytes, ...], place: int, before: bytes, after: bytes
) -> None:
    """Not even where somebody sealed it: no owner can have, for no text of a database holds NUL."""
    ring = KeyRing.generate()
    divided = (*event[:place], before + b"\0" + after, *event[place + 1 :])
    assert fault(ring, ring.seal(sealed_bytes(*divided)), divided) == "wrong_seal"


def test_the_form_of_the_header_is_the_keys_name_and_thirty_two_digits() -> None:
    digest = blake2b(b"anything", digest_size=16, key=bytes(32)).hexdigest()
    assert KeyRing("k7", {"k7": bytes(32)}).seal(b"anything") == f"k7:{digest}".encode()


def test_every_key_of_the_ring_verifies_and_the_current_one_signs() -> None:
    old = KeyRing.generate("k1")
    both = KeyRing("k1", old.keys | KeyRing.generate("k2").keys)
    turned = KeyRing("k2", both.keys)
    retired = KeyRing("k2", {"k2": both.keys["k2"]})
    by_old, by_new = (ring.seal(sealed_bytes(*PARTS)) for ring in (old, turned))
    assert by_new.startswith(b"k2:")
    for ring in (both, turned):
        verify(ring, by_old, PARTS)
        verify(ring, by_new, PARTS)
    verify(retired, by_new, PARTS)
    assert fault(retired, by_old, PARTS) == "unknown_key"


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"current": "k1"}', '{"current": "k1", "keys": {}}', '{"current": "k1", "keys": []}',
     '{"current": "k1", "keys": {"k1": "zz"}}', '{"current": "k1", "keys": {"k1": 7}}',
     '{"current": "k2", "keys": {"k1": "' + "00" * 32 + '"}}', '{"current": "k1", "keys": {"k1": "00"}}',
     '{"current": "k1", "keys": {"k1": "' + "00" * 65 + '"}}',
     '{"current": "a:b", "keys": {"a:b": "' + "00" * 32 + '"}}',
     '{"current": ["k1"], "keys": {"k1": "' + "00" * 32 + '"}}'],
)  # fmt: skip
def test_a_file_that_is_no_ring_is_refused_without_showing_a_key(text: str) -> None:
    with pytest.raises(BadKeyRing) as refused:
        KeyRing.parse(text)
    assert "00" not in str(refused.value)


def test_a_ring_is_read_again_when_its_file_changes_and_the_last_good_one_stays(tmp_path: Path) -> None:
    path = tmp_path / "bus.keys"
    file = KeyRingFile(path)
    with pytest.raises(FileNotFoundError):
        file.read()
    first, second = KeyRing.generate("k1"), KeyRing.generate("k2")
    path.write_text(first.as_json())
    assert file.read().keys == first.keys
    assert file.read() is file.read(), "it is not parsed again while it is the same"
    path.write_text("{")
    assert file.read().keys == first.keys, "half written"
    path.write_text(second.as_json())
    assert file.read().keys == second.keys
    replaced = tmp_path / "new"
    replaced.write_text(first.as_json())
    os.utime(replaced, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    replaced.replace(path)
    assert file.read().keys == first.keys, "another file of the same time"
    path.unlink()
    assert file.read().keys == first.keys
    assert json.loads(first.as_json())["current"] == "k1"


def test_a_file_that_was_read_before_all_of_it_was_written_is_read_again(tmp_path: Path) -> None:
    """Its time of change is that of the beginning of the writing."""
    path = tmp_path / "bus.keys"
    first, second = KeyRing.generate("k1"), KeyRing.generate("k1")
    path.write_text(first.as_json())
    file = KeyRingFile(path)
    assert file.read().keys == first.keys
    changed = path.stat()
    path.write_text(second.as_json())  # as long as the other
    os.utime(path, ns=(changed.st_atime_ns, changed.st_mtime_ns))
    assert file.read().keys == second.keys
    os.utime(path, ns=(0, 0))
    settled = file.read()
    path.write_text("{".ljust(len(second.as_json())))
    os.utime(path, ns=(0, 0))
    assert file.read() is settled, "one that was written long ago is not read each time"
