"""`patron backup` and `patron restore`: all databases, files and keys in one file, while the services are stopped.

Stopped, because five dumps of a running system would be of five moments: a consumer could then remember facts that
their owner has forgotten.
"""

import asyncio
import json
import re
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.embedded.databases import PASSWORDS, ServiceDatabases, database_of, owner_of
from deploy.embedded.erasures import ErasedCustomer, erase_again, list_erased
from deploy.embedded.postgres import EmbeddedPostgres
from deploy.embedded.service import SERVICES
from deploy.embedded.state import DataDirLock, end_leftovers
from deploy.terminal import DEFAULT_DATA, CommandFailed, DataOption, console, patron

FORMAT = 1
EXPECTED = re.compile(
    r"manifest\.json|[a-z]+\.dump|keys/[a-z_-]+\.(private|public)\.pem|keys/bus\.keys|data/[a-z_-]+\.json"
    r"|files/[a-z]+/[0-9a-f]{32}/[0-9a-f]{32}"
)
# belongs to this start or this machine, not to the data
NOT_KEPT = {"ports.json", "state.json", PASSWORDS}
HIGHEST_EPOCH = """
select epoch from (select epoch from stream_epoch union all select epoch from stream_seen) as e
order by epoch desc nulls last limit 1
"""


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write, for example patron.tar.")],
    data: DataOption = DEFAULT_DATA,
) -> None:
    """Write all databases, files and keys into one file. The system must be stopped."""
    if not (data / "postgres").exists():
        raise CommandFailed(f"There is nothing to back up in {data}.")
    if file.exists():
        raise CommandFailed(f"{file} exists already; a backup never overwrites. Give it another name.")
    with _stopped_system(data) as postgres, tempfile.TemporaryDirectory(prefix="patron-backup-") as folder:
        work = Path(folder)
        kept = [name for name in SERVICES if database_of(name) in postgres.databases()]
        for name in kept:
            console.print(f"backing up {name}", style="dim")
            postgres.client("pg_dump", "--format=custom", f"--file={work / name}.dump", database_of(name))
        manifest = {"format": FORMAT, "taken_at": datetime.now(UTC).isoformat(), "services": kept}
        (work / "manifest.json").write_text(json.dumps(manifest, indent=2))
        shutil.copytree(data / "keys", work / "keys")
        (work / "data").mkdir()
        for extra in data.glob("*.json"):
            if extra.name not in NOT_KEPT:
                shutil.copy(extra, work / "data")
        _pack(work, file, data / "files")
    console.print(
        f"{file} holds {', '.join(kept)}, the files and the keys. It is not encrypted: keep it as you keep the data."
    )


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `patron backup` wrote.", exists=True, dir_okay=False)],
    data: DataOption = DEFAULT_DATA,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before replacing what is there.")] = False,
    epoch_after: Annotated[
        int, typer.Option(min=0, help="The highest number of an epoch that anybody has seen, where you know it.")
    ] = 0,
) -> None:
    """Put a backup back. Every service's stream begins a new epoch, so that nothing is mistaken for seen."""
    with tempfile.TemporaryDirectory(prefix="patron-restore-") as folder:
        work = Path(folder)
        manifest = _unpack(file, work)
        if (data / "postgres").exists() and not yes:
            typer.confirm(
                f"This replaces everything in {data} with the state of {manifest['taken_at']}. Go on?", abort=True
            )
        with _stopped_system(data) as postgres:
            ServiceDatabases(postgres).ensure_roles(manifest["services"])
            highest = max(epoch_after, asyncio.run(_highest_epoch(postgres)))
            erased = asyncio.run(_list_erased(postgres))
            for name in manifest["services"]:
                console.print(f"restoring {name}", style="dim")
                _load_beside(postgres, name, work / f"{name}.dump", highest)
            # beside what is there, under keys of their own: whatever no row names afterwards is swept
            if (work / "files").exists():
                shutil.copytree(work / "files", data / "files", dirs_exist_ok=True)
            # only now, with every one complete beside the old ones
            for name in manifest["services"]:
                asyncio.run(erase_again(postgres.url(_fresh(name)), erased))
                _exchange(postgres, name)
            shutil.copytree(work / "keys", data / "keys", dirs_exist_ok=True)
            # file by file: copytree would also give the data directory the mode of the temporary one
            for extra in (work / "data").iterdir():
                shutil.copy(extra, data)
    console.print(f"{data} is as it was at {manifest['taken_at']}. Start it with: {patron('up')}")


@contextmanager
def _stopped_system(data: Path) -> Iterator[EmbeddedPostgres]:
    """Postgres alone, under the lock that a running system holds."""
    lock = DataDirLock(data.absolute())
    lock.take()
    try:
        end_leftovers(data)
        postgres = EmbeddedPostgres(data)
        postgres.start()
        try:
            yield postgres
        finally:
            postgres.stop()
    finally:
        lock.release()


def _fresh(service: str) -> str:
    return f"{database_of(service)}_restored"


def _load_beside(postgres: EmbeddedPostgres, service: str, dump: Path, highest_epoch: int) -> None:
    postgres.drop_database(_fresh(service))
    """As the objects' owner, and with the rights that this release gives, whatever the backup says of either."""
    databases = ServiceDatabases(postgres)
    databases.create(service, _fresh(service), template="template0")
    as_owner = ["--no-owner", "--no-privileges", f"--role={owner_of(service)}"]
    postgres.client("pg_restore", "--exit-on-error", *as_owner, f"--dbname={_fresh(service)}", dump)
    databases.grant_rights(service, _fresh(service))
    asyncio.run(_renew_epoch(postgres.url(_fresh(service)), highest_epoch))


def _exchange(postgres: EmbeddedPostgres, service: str) -> None:
    postgres.drop_database(database_of(service))
    rename = f'ALTER DATABASE "{_fresh(service)}" RENAME TO "{database_of(service)}"'
    postgres.client("psql", "-d", "postgres", "-qXc", rename)


async def _highest_epoch(postgres: EmbeddedPostgres) -> int:
    """The highest number of an epoch that the databases which are to be replaced live in, or have seen of another.

    A backup may be older than an earlier restore. What can not be asked says so; its services tell the owners
    themselves when they run (`outrank_epoch`).
    """
    import asyncpg

    from shared.messaging.epochs import number_of

    highest = 0
    existing = set(postgres.databases())
    for name in SERVICES:
        if database_of(name) not in existing:
            continue
        try:
            connection = await asyncpg.connect(postgres.url(database_of(name)), timeout=10, command_timeout=300)
            try:
                seen = await connection.fetchval(HIGHEST_EPOCH)
            finally:
                await connection.close(timeout=5)
        except (OSError, TimeoutError, asyncpg.PostgresError) as error:
            console.print(f"{name}'s present database can not say which epochs it has seen: {error}", style="dim")
        else:
            highest = max(highest, 0 if seen is None else number_of(seen))
    return highest


async def _list_erased(postgres: EmbeddedPostgres) -> set[ErasedCustomer]:
    """Whose data any of the databases that are to be replaced knows to be erased: the backup may be older (P13)."""
    import asyncpg

    erased: set[ErasedCustomer] = set()
    for name in (name for name in SERVICES if database_of(name) in postgres.databases()):
        try:
            erased |= await list_erased(postgres.url(database_of(name)))
        except (OSError, TimeoutError, asyncpg.PostgresError) as error:
            console.print(f"{name}'s present database can not say what was erased: {error}", style="dim")
    return erased


async def _renew_epoch(url: str, highest_seen: int) -> None:
    """Facts told after the backup was taken are forgotten here but not by their hearers: new facts need a new epoch."""
    import asyncpg

    from shared.messaging.outbox.event_log import renew_epoch

    connection = await asyncpg.connect(url, timeout=30, command_timeout=1800)  # it copies all heads
    try:
        await renew_epoch(connection, highest_seen=highest_seen)
    finally:
        await connection.close()


def _pack(work: Path, file: Path, files: Path) -> None:
    unfinished = file.with_name(f"{file.name}.unfinished")
    unfinished.touch(mode=0o600)  # it holds personal data and keys
    with tarfile.open(unfinished, "w") as archive:
        archive.add(work / "manifest.json", "manifest.json")  # first, so that a look at the head tells what it is
        for path in sorted(work.iterdir()):
            if path.name != "manifest.json":
                archive.add(path, path.name)
        if files.exists():  # from where they lie: they may be larger than the disk has room for twice
            archive.add(files, "files")
    unfinished.rename(file)


def _unpack(file: Path, work: Path) -> dict[str, Any]:
    """Takes out plain files of the names a backup has, and nothing else: the file may come from anywhere."""
    for folder in ("keys", "data"):
        (work / folder).mkdir(mode=0o700)
    try:
        with tarfile.open(file) as archive:
            for member in archive:
                content = archive.extractfile(member) if EXPECTED.fullmatch(member.name) else None
                if content is not None:
                    target = work / member.name
                    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                    target.touch(mode=member.mode & 0o644)
                    with target.open("wb") as output:
                        shutil.copyfileobj(content, output)
        manifest: dict[str, Any] = json.loads((work / "manifest.json").read_text())
    except (tarfile.TarError, OSError, ValueError) as error:
        raise CommandFailed(f"{file} is not a backup of Patron: {error}") from error
    if manifest.get("format") != FORMAT:
        raise CommandFailed(f"{file} has format {manifest.get('format')}; this release reads format {FORMAT}.")
    if not set(manifest["services"]) <= set(SERVICES):
        raise CommandFailed(f"{file} names services this release does not know: {manifest['services']}.")
    return manifest
