"""`patron bus-key`: a key is added, made current and retired, and services that run follow."""

import json
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.commands import bus_key
from deploy.embedded.keys import ensure_keys
from deploy.terminal import CommandFailed
from shared.messaging.seal import KeyRing, KeyRingFile, NotAuthentic, sealed_bytes

EVENT = sealed_bytes(b"topic", b"key", b"1", b"source", b"id", b"type", b"at", b"", b"payload")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    ensure_keys(tmp_path / "keys", ["profile"])
    return tmp_path


def run(data: Path, *arguments: str) -> str:
    result = CliRunner().invoke(bus_key.app, [*arguments, "--data", str(data)])
    if result.exception is not None:
        raise result.exception
    return result.output


def ring_of(data: Path) -> KeyRing:
    return KeyRing.parse((data / "keys" / "bus.keys").read_text())


def test_a_key_is_added_made_current_and_retired_while_services_run(data: Path) -> None:
    service = KeyRingFile(data / "keys" / "bus.keys")
    sealed_before = service.read().seal(EVENT)
    inode = (data / "keys" / "bus.keys").stat().st_ino
    run(data, "add")
    assert (service.read().current, list(service.read().keys)) == ("k1", ["k1", "k2"])
    run(data, "use", "k2")
    assert service.read().seal(EVENT).startswith(b"k2:")
    service.read().verify(sealed_before, EVENT, len(b"payload"))
    run(data, "retire", "k1")
    with pytest.raises(NotAuthentic):
        service.read().verify(sealed_before, EVENT, len(b"payload"))
    assert list(ring_of(data).keys) == ["k2"]
    file = data / "keys" / "bus.keys"
    assert file.stat().st_ino == inode, "a container has that very file mounted"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in (data / "keys").iterdir() if path.name.startswith("bus")] == ["bus.keys"]


def test_the_list_names_keys_and_shows_none(data: Path) -> None:
    run(data, "add", "spring")
    shown, as_json = run(data, "list"), run(data, "list", "--json")
    assert json.loads(as_json) == {"current": "k1", "keys": ["k1", "spring"]}
    for key in ring_of(data).keys.values():
        assert key.hex() not in shown + as_json
    assert "k1  signs and verifies" in shown


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["use", "k9"], "There is no key k9"),
        (["retire", "k9"], "There is no key k9"),
        (["retire", "k1"], "k1 signs"),
        (["add", "k1"], "There is a key k1 already"),
        (["add", "a:b"], "A key's name is"),
        (["add", "k" * 33], "A key's name is"),
    ],
)
def test_what_can_not_be_done_is_said_and_changes_nothing(data: Path, arguments: list[str], sentence: str) -> None:
    before = (data / "keys" / "bus.keys").read_text()
    with pytest.raises(CommandFailed, match=sentence):
        run(data, *arguments)
    assert (data / "keys" / "bus.keys").read_text() == before


def test_a_file_that_is_missing_or_no_ring_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="can not be read"):
        run(tmp_path, "list")
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "bus.keys").write_text("{")
    with pytest.raises(CommandFailed, match="is no ring of keys"):
        run(tmp_path, "list")


def test_keys_are_made_once(data: Path) -> None:
    ring = ring_of(data)
    ensure_keys(data / "keys", ["profile"])
    assert ring_of(data).keys == ring.keys
