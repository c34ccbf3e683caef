"""Alembic, the same for every service: `env.py` is `from shared.chassis.migrations import run; run()`.

At its start a service brings its own database up to date, under an advisory lock so that replicas take turns. It does
so as the owner of the tables, where there is one beside the service's own role (`shared.database_rights`).
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.database_rights import rights_of
from shared.messaging.database.connections import Connection as PostgresConnection
from shared.messaging.database.connections import migration_settings
from shared.messaging.epochs import new_epoch

SHARED = Path(__file__).resolve().parent.parent / "migrations"  # dated SQL, frozen
LOCK = 7_061_726_721  # any number, the same in all replicas


def config_of(directory: Path, url: str = "") -> Config:
    """Alembic's configuration without a file; '%' is doubled because ConfigParser reads it."""
    config = Config()
    config.set_main_option("script_location", str(directory).replace("%", "%%"))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def execute_file(op: Any, file: Path) -> None:
    """Run a dated SQL file of a migration. Statements end in a semicolon and an empty line, so that functions' bodies
    stay whole."""
    for statement in file.read_text().split(";\n\n"):
        if statement.strip():
            op.execute(text(statement.replace(":", "\\:")))


def create_shared_tables(op: Any, dated: str) -> None:
    """The tables that every service has, as they were on a day; the first epoch of the event log begins here."""
    for part in ("backbone", "chassis", "customers", "jobs", "erasure"):
        execute_file(op, SHARED / f"{dated}_{part}.sql")
    op.execute(
        text("insert into stream_epoch (one_row, epoch, started_at) values (1, :epoch, now())").bindparams(
            epoch=new_epoch(1)
        )
    )


def create_people_tables(op: Any, dated: str) -> None:
    """The tables of `shared.people` as they were on a day, in a database that has copies of people: all but profile's,
    whose own tables answer the same questions."""
    execute_file(op, SHARED / f"{dated}_people.sql")


def create_rule_set_tables(op: Any, dated: str) -> None:
    """The tables of `shared.rule_sets` as they were on a day, in a database that has such rules."""
    execute_file(op, SHARED / f"{dated}_rule_sets.sql")


def create_file_tables(op: Any, dated: str) -> None:
    """The tables of `shared.files` as they were on a day, in a database whose service keeps files."""
    execute_file(op, SHARED / f"{dated}_files.sql")


def install_rule_sets(op: Any, dated: str, rule_sets: Sequence[Mapping[str, Any]]) -> None:
    """Shipped rules, in force since ever or as drafts: each a kind, id, slot, name (or None), document and status."""
    statement = text((SHARED / f"{dated}_install_rule_sets.sql").read_text())
    op.get_bind().execute(statement, {"rule_sets": json.dumps(rule_sets, ensure_ascii=False)})


def run() -> None:
    """What a service's `env.py` calls. Runs on the connection `upgrade` opened, or opens one itself (alembic's CLI)."""
    connection: Connection | None = context.config.attributes.get("connection")
    if connection is not None:
        _migrate(connection)
    else:
        asyncio.run(_open_and(_migrate, context.config.get_main_option("sqlalchemy.url") or ""))


def _migrate(connection: Connection) -> None:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


async def _open_and(work: Any, url: str) -> None:
    connect = {"server_settings": migration_settings(), "timeout": 10, "connection_class": PostgresConnection}
    engine = create_async_engine(url, poolclass=NullPool, connect_args=connect)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(work)
            await connection.commit()
    finally:
        await engine.dispose()


async def upgrade(directory: Path, url: str, service_role: str | None = None) -> None:
    """To the newest version, as the role in `url`. Replicas that start together wait for the one that does it.

    `service_role` is the service's login role where that is another one: it is given its rights over the rows.
    Raises a transient error when the database is out of reach.
    """

    def in_turn(connection: Connection) -> None:
        connection.execute(text("select pg_advisory_lock(:lock)"), {"lock": LOCK})
        connection.commit()  # the lock is the session's, not the transaction's
        try:
            config = config_of(directory, url)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            if service_role is not None:
                connection.exec_driver_sql(rights_of(service_role))
                connection.commit()
        finally:
            connection.rollback()
            connection.execute(text("select pg_advisory_unlock(:lock)"), {"lock": LOCK})
            connection.commit()

    await _open_and(in_turn, url)
