"""One role a service: it owns its own database, enters no other, and rules nothing else of the cluster."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from deploy.embedded import EmbeddedPostgres, scratch_data_dir
from deploy.embedded.databases import ServiceDatabases, database_of
from deploy.embedded.service import SERVICES
from shared.chassis.migrations import upgrade
from tests import harness

Query = Callable[[str, str], object]


@pytest.fixture(scope="module")
def cluster() -> Iterator[EmbeddedPostgres]:
    with scratch_data_dir() as folder:
        postgres = EmbeddedPostgres(folder)
        postgres.start()
        ServiceDatabases(postgres).ensure(SERVICES)
        yield postgres
        postgres.stop()


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_migrates_and_writes_with_its_own_role(cluster: EmbeddedPostgres, query: Query, service: str) -> None:
    url = ServiceDatabases(cluster).url(service)
    asyncio.run(upgrade(harness.migrations_of(service), url.replace("postgresql://", "postgresql+asyncpg://")))
    assert query(url, "select current_user") == database_of(service)
    assert query(url, "select count(*) from outbox") == 0
    others = f"select count(*) from pg_tables where schemaname = 'public' and tableowner <> '{database_of(service)}'"
    assert query(url, others) == 0


@pytest.mark.parametrize("service", SERVICES)
def test_it_enters_no_other_database(cluster: EmbeddedPostgres, query: Query, service: str) -> None:
    url = ServiceDatabases(cluster).url(service)
    for other in [*(database_of(other) for other in SERVICES if other != service), "postgres"]:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for database"):
            query(url.rpartition("/")[0] + f"/{other}", "select 1")


@pytest.mark.parametrize("service", SERVICES)
def test_it_rules_nothing_else_of_the_cluster(cluster: EmbeddedPostgres, query: Query, service: str) -> None:
    url = ServiceDatabases(cluster).url(service)
    rights = "rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls"
    assert query(url, f"select {rights} from pg_roles where rolname = current_user") is False
    assert query(url, "select count(*) from pg_auth_members where member = current_user::regrole") == 0
    for statement in ("create database mine", "create role friend", "alter system set fsync = off"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            query(url, statement)


def test_it_sees_the_transactions_of_its_own_replicas(cluster: EmbeddedPostgres) -> None:
    """K2: the heads of streams are settled only when no transaction that began before is open, at any replica."""
    url = ServiceDatabases(cluster).url("profile")

    async def open_transactions() -> int:
        writer, reader = await asyncpg.connect(url), await asyncpg.connect(url)
        try:
            async with writer.transaction():
                return int(
                    await reader.fetchval(
                        """select count(*) from pg_stat_activity
                           where datname = current_database() and xact_start is not null and pid <> pg_backend_pid()"""
                    )
                )
        finally:
            await writer.close()
            await reader.close()

    assert asyncio.run(open_transactions()) == 1


def test_passwords_differ_are_private_and_hold_from_start_to_start(data_dir: Path, query: Query) -> None:
    postgres = EmbeddedPostgres(data_dir)
    postgres.start()
    databases = ServiceDatabases(postgres)
    databases.ensure(SERVICES)
    file = data_dir / "passwords.json"
    passwords = json.loads(file.read_text())
    assert len({*passwords.values(), postgres.password}) == len(SERVICES) + 1
    assert file.stat().st_mode & 0o077 == 0
    databases.ensure(SERVICES)
    assert json.loads(file.read_text()) == passwords
    with pytest.raises(asyncpg.InvalidPasswordError):
        query(databases.url("loyalty").replace(passwords["loyalty"], passwords["profile"]), "select 1")

    file.unlink()  # lost: the next start makes new ones, and they count
    databases.ensure(SERVICES)
    assert query(databases.url("loyalty"), "select current_user") == "patron_loyalty"
    postgres.stop()
