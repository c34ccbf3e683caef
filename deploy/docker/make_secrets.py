"""Makes what compose needs and what must never be committed: the services' key pairs and the database's password.

python -m deploy.docker.make_secrets              # into .patron/compose (once; what exists is kept)
docker compose --env-file .patron/compose/compose.env up --build
"""

import os
import secrets
import sys
from pathlib import Path

from deploy.embedded.keys import OPERATOR, ensure_keys
from deploy.embedded.service import SERVICES


def make(directory: Path) -> Path:
    """Returns the file for `--env-file`. Containers run as the one who owns the keys, so nobody else can read them."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    ensure_keys(directory / "keys", (*SERVICES, OPERATOR))
    file = directory / "compose.env"
    if not file.exists():
        lines = {
            "PATRON_SECRETS": str(directory.absolute()),
            "PATRON_DATABASE_PASSWORD": secrets.token_urlsafe(24),
            "PATRON_UID": str(os.getuid()),
            "PATRON_GID": str(os.getgid()),
        }
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
            output.writelines(f"{name}={value}\n" for name, value in lines.items())
    return file


if __name__ == "__main__":
    made = make(Path(sys.argv[1] if len(sys.argv) > 1 else ".patron/compose"))
    print(f"docker compose --env-file {made} up --build")
