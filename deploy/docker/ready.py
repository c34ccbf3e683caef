"""The container's health check: is the service in here ready?"""

import sys
import urllib.error
import urllib.request

from deploy.docker.serve import INTERNAL_PORT

# at the internal port: a flood of callers does not make a container unhealthy
READY = f"http://127.0.0.1:{INTERNAL_PORT}/readyz"


def main(url: str = READY) -> int:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return 0 if answer.status == 200 else 1
    except (urllib.error.URLError, OSError):
        return 1


if __name__ == "__main__":
    sys.exit(main())
