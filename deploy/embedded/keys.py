"""What services know one another by, made once per data directory: each one's own Ed25519 key pair, and the ring of bus
keys that all of them seal their events with.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.messaging.seal import FILE_NAME as BUS_KEYS
from shared.messaging.seal import KeyRing

# Not a service: the key the `patron` command signs with when it calls /internal.
OPERATOR = "operator"


def ensure_keys(directory: Path, names: Iterable[str]) -> None:
    """Creates `<name>.private.pem` (0600) and `<name>.public.pem` for each name that has none, and the bus keys (0600)
    where there are none."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in names:
        if not (directory / f"{name}.public.pem").exists():
            _create(directory, name)
    if not (directory / BUS_KEYS).exists():
        _write(directory / BUS_KEYS, KeyRing.generate().as_json().encode(), 0o600)


def overwrite_bus_keys(directory: Path, ring: KeyRing) -> None:
    """Put another ring in the place of the present one, in the same file: a container has that very file mounted.

    A copy stands beside it until that is done, for whoever loses the machine in between.
    """
    copy = directory / f"{BUS_KEYS}.new"
    file = directory / BUS_KEYS
    content = ring.as_json().encode()
    with os.fdopen(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as output:
        output.write(content)
        output.flush()
        os.fsync(output.fileno())
    with os.fdopen(os.open(file, os.O_WRONLY), "wb") as output:
        output.write(content)
        output.truncate()
        output.flush()
        os.fsync(output.fileno())
    copy.unlink()


def private_key(directory: Path, name: str) -> bytes:
    return (directory / f"{name}.private.pem").read_bytes()


def _create(directory: Path, name: str) -> None:
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    _write(directory / f"{name}.private.pem", private, 0o600)
    # last: its presence says that the pair is complete
    _write(directory / f"{name}.public.pem", public, 0o644)


def _write(file: Path, content: bytes, mode: int) -> None:
    temporary = file.with_suffix(".tmp")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as output:
        output.write(content)
    temporary.replace(file)
