"""The table of jobs as the SQL for migrations makes it is the one the code declares."""

from dataclasses import fields

from sqlalchemy import MetaData

from shared.jobs import Job, job_columns, job_of, job_table
from tests.shared.jobs.world import World


async def test_the_table_is_the_one_the_code_declares(world: World) -> None:
    rows = await world.database.run(
        lambda tx: tx.raw.fetch(
            """select column_name, is_nullable = 'YES' as nullable from information_schema.columns
               where table_name = 'job' order by ordinal_position"""
        )
    )
    table = job_table(MetaData())
    assert [tuple(row) for row in rows] == [(column.name, bool(column.nullable)) for column in table.columns]
    assert {field.name for field in fields(Job)} <= set(table.c.keys())


async def test_a_subject_is_read_together_with_its_job(world: World) -> None:
    requested = await world.ask()
    row = await world.database.run(
        lambda tx: tx.raw.fetchrow(f"select 1 as mine, {job_columns('j')} from job j where id = $1", requested.id)
    )
    assert row is not None
    assert job_of(row) == requested
