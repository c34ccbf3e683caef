"""What a container runs: the one service that PATRON_SERVICE names, with uvicorn's flags in one place."""

import os
import sys

SERVICES = ("profile", "tiering", "complaint", "loyalty", "gateway")


def command(service: str) -> list[str]:
    """`--http httptools`: the other parser executes a smuggled request. An open stream must not hold a shutdown up."""
    package = "services.gateway" if service == "gateway" else f"services.{service}_svc"
    flags = "--loop uvloop --http httptools --no-server-header --no-access-log --timeout-graceful-shutdown 10"
    return [sys.executable, "-m", "uvicorn", "--factory", f"{package}.app:create_app", "--host", "0.0.0.0",
            "--port", "8000", *flags.split()]  # fmt: skip


def main() -> None:
    service = os.environ.get("PATRON_SERVICE", "")
    if service not in SERVICES:
        raise SystemExit(f"PATRON_SERVICE is {service or 'not set'}; it names one of {', '.join(SERVICES)}")
    arguments = command(service)
    os.execv(arguments[0], arguments)


if __name__ == "__main__":
    main()
