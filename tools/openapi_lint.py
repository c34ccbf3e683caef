"""Lint of the OpenAPI documents under docs/ by tools/openapi-rules.yaml: `python -m tools.openapi_lint`."""

import subprocess
import sys

from tools.npm_packages import ROOT, CannotRun, exit_code_of, install

RULES = ROOT / "tools" / "openapi-rules.yaml"


def main() -> int:
    try:
        folder = install()
    except CannotRun as reason:
        return exit_code_of(reason)
    documents = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs" / "openapi").glob("*.json"))
    command = [str(folder / "node_modules" / ".bin" / "spectral"), "lint", "--ruleset", str(RULES)]
    return subprocess.run([*command, "--fail-severity=warn", *documents], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
