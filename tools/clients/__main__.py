"""`make check-clients`: generates a client in each language, starts the system, and uses the clients on it."""

import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from deploy.embedded import System, scratch_data_dir
from deploy.embedded.ports import free_port
from tools.clients.generated import ClientFailed, Use, python_client, typescript_client
from tools.npm_packages import REQUIRED, CannotRun

GENERATORS = {"Python": python_client, "TypeScript": typescript_client}


def main() -> int:
    failed = 0
    with TemporaryDirectory(prefix="patron-clients-") as folder:
        clients: dict[str, Use] = {}
        for language, generate in GENERATORS.items():
            try:
                started = time.monotonic()
                clients[language] = generate(Path(folder))
                print(f"{language}: generated ({time.monotonic() - started:.1f} s)", flush=True)
            except CannotRun as reason:
                failed += bool(os.environ.get(REQUIRED))
                print(f"SKIPPED {language}: {reason}", flush=True)
            except ClientFailed as reason:
                failed += 1
                print(f"FAILED {language}: {reason}", flush=True)
        with scratch_data_dir() as data, System(data, free_port()) as system:
            for language, use in clients.items():
                try:
                    print(use(system.gateway_url, _token(system.gateway_url)).strip(), flush=True)
                except ClientFailed as reason:
                    failed += 1
                    print(f"FAILED {language}: {reason}", flush=True)
    print("clients: all well" if not failed else f"clients: {failed} failed")
    return 1 if failed else 0


def _token(gateway: str) -> str:
    answer = httpx.post(f"{gateway}/dev/token", json={"role": "manager"})
    answer.raise_for_status()
    token: str = answer.json()["access_token"]
    return token


if __name__ == "__main__":
    sys.exit(main())
