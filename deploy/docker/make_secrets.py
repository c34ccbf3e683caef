"""Makes what compose needs and what must never be committed: the services' keys and the passwords.

python -m deploy.docker.make_secrets              # into .patron/compose (what exists is kept)
docker compose --env-file .patron/compose/compose.env up --build
"""

import os
import secrets
import sys
from pathlib import Path

from deploy.embedded.keys import OPERATOR, ensure_keys
from deploy.embedded.service import SERVICES
from deploy.kafka.certificate import make_certificate, on_one_line
from shared.messaging.seal import FILE_NAME as BUS_KEYS

KAFKA_HOST = "kafka"  # in compose's network
KAFKA_CA = "kafka.ca.public.pem"
KAFKA_CERTIFICATE_DAYS = 3650
IMAGE_USER = 10001  # the image's own account, uid and gid; see the Dockerfile


def make(directory: Path, uid: int | None = None, gid: int | None = None) -> Path:
    """Returns the file for `--env-file`. Containers run as whoever may read the keys, and nobody else can: the user
    who calls this, or, when that is root, the image's own account, which is then given the keys."""
    uid, gid = os.getuid() if uid is None else uid, os.getgid() if gid is None else gid
    container_uid, container_gid = (IMAGE_USER, IMAGE_USER) if uid == 0 else (uid, gid or IMAGE_USER)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = directory / "keys"
    ensure_keys(keys, (*SERVICES, OPERATOR))
    if uid == 0:
        for file in (*keys.glob("*.pem"), keys / BUS_KEYS):
            os.chown(file, container_uid, container_gid)
    passwords = [
        "PATRON_DATABASE_PASSWORD",
        *(f"PATRON_DATABASE_PASSWORD_{service.upper()}{role}" for service in SERVICES for role in ("", "_OWNER")),
        *(f"PATRON_KAFKA_PASSWORD_{user.upper()}" for user in (*SERVICES, OPERATOR)),
    ]
    environment = directory / "compose.env"
    kept = read(environment)
    values = {
        "PATRON_SECRETS": str(directory.absolute()),
        **{name: kept.get(name) or secrets.token_urlsafe(24) for name in passwords},
        "PATRON_UID": str(container_uid),
        "PATRON_GID": str(container_gid),
    }
    if not {"PATRON_KAFKA_CERTIFICATE", "PATRON_KAFKA_KEY"} <= kept.keys() or not (keys / KAFKA_CA).exists():
        certificate, key = make_certificate(KAFKA_HOST, KAFKA_CERTIFICATE_DAYS)
        (keys / KAFKA_CA).write_bytes(certificate)
        (keys / KAFKA_CA).chmod(0o644)  # services trust the node by it; it is no secret
        values |= {"PATRON_KAFKA_CERTIFICATE": on_one_line(certificate), "PATRON_KAFKA_KEY": on_one_line(key)}
    write(environment, kept | values)
    return environment


def read(file: Path) -> dict[str, str]:
    """The variables of an env file that was written here; none when there is no file yet."""
    if not file.exists():
        return {}
    return dict(line.split("=", 1) for line in file.read_text().splitlines() if "=" in line)


def write(file: Path, values: dict[str, str]) -> None:
    temporary = file.with_suffix(".tmp")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as output:
        output.writelines(f"{name}={value}\n" for name, value in values.items())
    temporary.replace(file)


if __name__ == "__main__":
    path = make(Path(sys.argv[1] if len(sys.argv) > 1 else ".patron/compose"))
    print(f"docker compose --env-file {path} up --build")
