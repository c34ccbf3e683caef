"""The command behind `patron verify`: finds the databases, checks, prints, and says by its exit code what it found."""

import asyncio
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import asyncpg
from rich.console import Console
from rich.status import Status

from deploy.verify.check import verify
from deploy.verify.invariant import ALL_SERVICES
from deploy.verify.report import print_report
from deploy.verify.stored_bytes import file_location


class NothingToVerify(RuntimeError):
    """No system is known to be there."""


def run(data: Path, as_json: bool = False, everybody: bool = False) -> int:
    """The exit code: 0 when every invariant holds, 1 when one is broken, 2 when the databases do not answer."""
    errors = Console(stderr=True, highlight=False)
    file_location.set(files_of(data))
    try:
        with Status("Checking", console=errors) as status:  # silent where nobody watches
            report = asyncio.run(
                verify(database_urls(data), progress=partial(_show_progress, status), everybody=everybody)
            )
    except NothingToVerify as error:
        errors.print(str(error))
        return 2
    except (OSError, asyncpg.PostgresConnectionError, asyncpg.InvalidAuthorizationSpecificationError) as error:
        errors.print(f"The databases can not be reached ({error}). Is the system running? `patron status` says.")
        return 2
    if as_json:
        print(report.as_json())
    else:
        print_report(report, Console(highlight=False))
    return 0 if report.holds else 1


def _show_progress(status: Status, code: str, done: int, total: int) -> None:
    status.update(f"Checking {code}: {done:,} of {total:,}")


def database_urls(data: Path, environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """From PATRON_DATABASE_URL_<SERVICE> where set (production), else of the embedded system on this directory."""
    environment = os.environ if environment is None else environment
    named = {service: environment.get(f"PATRON_DATABASE_URL_{service.upper()}") for service in ALL_SERVICES}
    if all(named.values()):
        return {service: url for service, url in named.items() if url}
    if any(named.values()):
        missing = [f"PATRON_DATABASE_URL_{service.upper()}" for service, url in named.items() if not url]
        raise NothingToVerify(f"Set also {', '.join(missing)}, or none of them for the embedded system.")
    return embedded_urls(data)


def files_of(data: Path, environment: Mapping[str, str] | None = None) -> str | None:
    """Where files lie: as PATRON_FILES says, else in the folder of the embedded system; None where neither is."""
    environment = os.environ if environment is None else environment
    folder = data / "files"
    return environment.get("PATRON_FILES") or (str(folder) if folder.is_dir() else None)


def embedded_urls(data: Path) -> dict[str, str]:
    from deploy.embedded.postgres import USER
    from deploy.embedded.state import State

    state = State.read(data)
    postgres = state.processes.get("postgres") if state else None
    if state is None or postgres is None or not state.alive:
        raise NothingToVerify(f"No system runs on {data}: start one with `patron up --data {data}`.")
    password = (data / "postgres" / "password").read_text().strip()
    return {
        service: f"postgresql://{USER}:{password}@127.0.0.1:{postgres.port}/{state.databases[service]}"
        for service in ALL_SERVICES
    }
