"""Clients generated from the public contract; each is a function that uses it: (URL, token) -> what it says."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tools.npm_packages import ROOT, install

CONTRACT = ROOT / "docs" / "openapi" / "gateway.json"
PROGRAMS = Path(__file__).parent / "programs"
BIN = Path(sys.executable).parent
# Their bodies are NDJSON, which generators do not know: the only operations that a client may lack.
NOT_GENERATED = frozenset({"POST /v1/orders:batch", "POST /v1/customers:batch", "PATCH /v1/uploads/{upload_id}"})
REFUSED = "WARNING parsing "

Use = Callable[[str, str], str]


class ClientFailed(Exception):
    """A client that could not be generated, compiled or used; the message is what the tool said."""


def python_client(folder: Path) -> Use:
    """By openapi-python-client. Raises ClientFailed when it leaves out an operation that it need not."""
    command = [
        *(str(BIN / "openapi-python-client"), "generate", "--meta", "none", "--path", str(CONTRACT)),
        *("--output-path", str(folder / "patron_client"), "--overwrite"),
    ]
    output = _run(command, folder, {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"})
    left_out = {operation_of(line) for line in output.splitlines() if line.startswith(REFUSED)} - NOT_GENERATED
    if left_out:
        raise ClientFailed(f"openapi-python-client leaves out or shortens {', '.join(sorted(left_out))}:\n{output}")
    program = PROGRAMS / "use_client.py"
    return lambda url, token: _run([sys.executable, str(program), url, token], folder, {"PYTHONPATH": str(folder)})


def operation_of(line: str) -> str:
    """`WARNING parsing POST /v1/orders:batch within orders. Endpoint …` is about `POST /v1/orders:batch`."""
    return line.removeprefix(REFUSED).partition(" within ")[0]


def typescript_client(folder: Path) -> Use:
    """By openapi-typescript for openapi-fetch, compiled strictly. Raises CannotRun where npm can not be used."""
    npm = install()
    bin_folder = npm / "node_modules" / ".bin"
    # npm's packages are found beside the program
    work = folder / "typescript"
    work.mkdir()
    (work / "node_modules").symlink_to(npm / "node_modules")
    (work / "package.json").write_text('{"type": "module"}\n')
    (work / "use_client.ts").write_text((PROGRAMS / "use_client.ts").read_text())
    _run([str(bin_folder / "openapi-typescript"), str(CONTRACT), "--output", "patron.d.ts"], work)
    options = ["--strict", "--target", "es2022", "--module", "nodenext", "--skipLibCheck"]
    _run([str(bin_folder / "tsc"), *options, "use_client.ts"], work)
    return lambda url, token: _run(["node", "use_client.js", url, token], work)


def _run(command: list[str], folder: Path, more: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        command, cwd=folder, env=os.environ | (more or {}), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise ClientFailed(f"{Path(command[0]).name}: {(done.stdout + done.stderr).strip()[-4000:]}")
    return done.stdout + done.stderr
