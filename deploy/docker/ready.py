"""The container's health check: is the service in here ready?"""

import sys
import urllib.error
import urllib.request

READY = "http://127.0.0.1:8000/readyz"


def main(url: str = READY) -> int:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return 0 if answer.status == 200 else 1
    except (urllib.error.URLError, OSError):
        return 1


if __name__ == "__main__":
    sys.exit(main())
