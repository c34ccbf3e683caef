"""What a container runs: the one service that PATRON_SERVICE names, with its ports in one place."""

import os
import sys

PORT, INTERNAL_PORT = 8000, 8001

SERVICES = ("profile", "tiering", "complaint", "loyalty", "gateway")


def command(service: str) -> list[str]:
    """Both ports are on all addresses of the container: what may reach which is the network's to say."""
    package = "services.gateway" if service == "gateway" else f"services.{service}_svc"
    return [sys.executable, "-m", "shared.chassis.server", f"{package}.app:create_app", "--host", "0.0.0.0",
            "--port", str(PORT), "--internal-port", str(INTERNAL_PORT)]  # fmt: skip


def main() -> None:
    service = os.environ.get("PATRON_SERVICE", "")
    if service not in SERVICES:
        raise SystemExit(f"PATRON_SERVICE is {service or 'not set'}; it names one of {', '.join(SERVICES)}")
    arguments = [*command(service), *sys.argv[1:]]  # --check: only say whether it may start
    os.execv(arguments[0], arguments)


if __name__ == "__main__":
    main()
