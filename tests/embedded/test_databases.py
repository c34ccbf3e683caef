"""Two roles a service: the one it signs in as owns nothing, enters no other database, and rules nothing of the cluster;
the owner of its tables is for migrations."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from deploy.embedded import EmbeddedPostgres, scratch_data_dir
from deploy.embedded.databases import ServiceDatabases, database_of, owner_of
from deploy.embedded.failures import StartFailed
from deploy.embedded.service import SERVICES
from shared.chassis.migrations import upgrade
from shared.messaging import Database
from shared.messaging.outbox.partitions import make_partitions
from shared.messaging.outbox.retention import drop_old_months
from tests import harness

Query = Callable[[str, str], object]


@pytest.fixture(scope="module")
def cluster() -> Iterator[EmbeddedPostgres]:
    with scratch_data_dir() as folder:
        postgres = EmbeddedPostgres(folder)
        postgres.start()
        databases = ServiceDatabases(postgres)
        databases.ensure(SERVICES)
        for service in SERVICES:
            migrate(databases, service)
        yield postgres
        postgres.stop()


def migrate(databases: ServiceDatabases, service: str) -> None:
    url = by_asyncpg(databases.owner_url(service))
    asyncio.run(upgrade(harness.migrations_of(service), url, database_of(service)))


def by_asyncpg(url: str) -> str:
    return url.replace("postgresql://", "postgresql+asyncpg://")


@pytest.mark.parametrize("service", SERVICES)
def test_the_owner_migrates_and_the_services_role_reads_and_writes_rows(
    cluster: EmbeddedPostgres, query: Query, service: str
) -> None:
    databases = ServiceDatabases(cluster)
    migrate(databases, service)  # again, as at every start
    url = databases.url(service)
    assert query(url, "select current_user") == database_of(service)
    objects = "from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'S')"
    assert query(url, f"select array_agg(distinct pg_get_userbyid(relowner)::text) {objects}") == [owner_of(service)]
    tables = f"{objects} and relkind <> 'S' and relname <> 'alembic_version'"
    for right in ("select", "insert", "update", "delete"):
        assert query(url, f"select every(has_table_privilege(oid, '{right}')) {tables}") is True, right
    views = "from pg_class where relnamespace = 'public'::regnamespace and relkind = 'v'"
    assert query(url, f"select coalesce(every(has_table_privilege(oid, 'select')), true) {views}") is True
    assert query(url, "select count(*) from outbox") == 0
    assert query(url, "select nextval('outbox_position') > 0") is True


@pytest.mark.parametrize("service", SERVICES)
def test_it_cannot_switch_off_what_keeps_rows_as_they_were_written(
    cluster: EmbeddedPostgres, query: Query, service: str
) -> None:
    databases = ServiceDatabases(cluster)
    url, owner = databases.url(service), owner_of(service)
    for statement in (
        "alter table outbox disable trigger all",
        "alter table outbox disable trigger outbox_stays",
        "drop trigger outbox_stays on outbox",
        "create trigger mine before insert on outbox for each row execute function refuse_change()",
        "create or replace function refuse_change() returns trigger language plpgsql as $$ begin return new; end $$",
        "truncate outbox",
        "drop table outbox",
        "drop table parked",
        "create table mine (n int)",
        "create temporary table outbox (n int)",
        "set session_replication_role = replica",
        f"set role {owner}",
        f"set session authorization {owner}",
        f"grant {owner} to current_user",
        "update alembic_version set version_num = 'another'",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            query(url, statement)
    tables = "from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')"
    assert query(url, f"select bool_or(has_table_privilege(oid, 'truncate, references, trigger')) {tables}") is False
    assert query(url, "select count(*) from pg_trigger where tgenabled = 'D'") == 0
    assert query(url, "select count(*) from pg_auth_members where member = current_user::regrole") == 0


class PastEverything:
    """A subscriber that is behind in nothing."""

    async def reason_to_keep(self, topic: str, epoch: UUID, last_seqs: Mapping[str, int]) -> str | None:
        return None


EVENT = """with logged as (
               insert into outbox (recorded_at, event_id, topic, key, seq, type, payload, digest, occurred_at, shard)
               values ('2025-01-20Z', gen_random_uuid(), 'patron.profile', '1', 1, 'x', '{}', '', now(), 0)
               returning position, recorded_at, shard)
           insert into outbox_unsent select position, recorded_at, shard from logged"""


def test_months_of_the_log_come_and_go_with_the_services_role(cluster: EmbeddedPostgres, query: Query) -> None:
    databases = ServiceDatabases(cluster)
    url = databases.url("profile")
    january, june = datetime(2025, 1, 20, tzinfo=UTC), datetime(2025, 6, 1, tzinfo=UTC)
    months = (
        "select array_agg(inhrelid::regclass::text order by 1) from pg_inherits where inhparent = 'outbox'::regclass"
    )

    async def make(now: datetime) -> None:
        database = Database(by_asyncpg(url))
        try:
            for _ in range(2):  # the second finds them there
                await database.run(lambda tx: make_partitions(tx.raw, now))
        finally:
            await database.close()

    async def drop() -> list[str]:
        database = Database(by_asyncpg(url))
        try:
            return await drop_old_months(database, PastEverything(), 30, june)
        finally:
            await database.close()

    asyncio.run(make(january))
    asyncio.run(make(datetime.now(UTC)))
    query(url, EVENT)
    assert query(url, "select tableoid::regclass::text from outbox") == "outbox_2025_01"
    assert query(url, "select count(*) from outbox_2025_01") == 1, "a new month is the service's to read as well"
    assert query(url, "select pg_get_userbyid(relowner) from pg_class where relname = 'outbox_2025_01'") == (
        owner_of("profile")
    )
    for name in ("outbox_default", "parked", "outbox_2025_1", "outbox_2019_01", "outbox_2025_01; drop table parked"):
        with pytest.raises(asyncpg.InvalidParameterValueError):
            query(url, f"select drop_outbox_partition('{name}')")
    for name in ("outbox_2025_01", f"outbox_{datetime.now(UTC):%Y_%m}"):  # not sent; not over
        with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError):
            query(url, f"select drop_outbox_partition('{name}')")
    with pytest.raises(asyncpg.InvalidParameterValueError):
        query(url, "select make_outbox_partition('2025-01-02')")
    with pytest.raises(asyncpg.CheckViolationError):
        query(url, "delete from outbox")

    query(url, "delete from outbox_unsent")
    assert asyncio.run(drop()) == ["outbox_2025_01", "outbox_2025_02"]
    left = query(url, months)
    assert isinstance(left, list)
    assert "outbox_2025_01" not in left
    assert query(url, "select seq from outbox_cut") == 1


def test_a_database_that_the_services_role_owns_is_refused_in_words(data_dir: Path) -> None:
    postgres = EmbeddedPostgres(data_dir)
    postgres.start()
    databases = ServiceDatabases(postgres)
    databases.ensure(["loyalty"])
    postgres.execute("alter database patron_loyalty owner to patron_loyalty")
    with pytest.raises(StartFailed, match="belongs to patron_loyalty, not to patron_loyalty_owner"):
        databases.ensure(["loyalty"])
    postgres.stop()


@pytest.mark.parametrize("service", SERVICES)
def test_it_enters_no_other_database(cluster: EmbeddedPostgres, query: Query, service: str) -> None:
    databases = ServiceDatabases(cluster)
    for url in (databases.url(service), databases.owner_url(service)):
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
    assert set(passwords) == {role for service in SERVICES for role in (database_of(service), owner_of(service))}
    assert len({*passwords.values(), postgres.password}) == 2 * len(SERVICES) + 1
    assert file.stat().st_mode & 0o077 == 0
    databases.ensure(SERVICES)
    assert json.loads(file.read_text()) == passwords
    with pytest.raises(asyncpg.InvalidPasswordError):
        query(databases.url("loyalty").replace(passwords["patron_loyalty"], passwords["patron_profile"]), "select 1")

    file.unlink()  # lost: the next start makes new ones, and they count
    databases.ensure(SERVICES)
    assert query(databases.url("loyalty"), "select current_user") == "patron_loyalty"
    postgres.stop()
